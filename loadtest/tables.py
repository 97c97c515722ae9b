"""Plain-text tables: words to the left, numbers to the right."""

import re
from collections.abc import Sequence

NUMBER = re.compile(r"-|[-+]?[\d.,]+(e[-+]\d+)?%?|nan")


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart; a column is right-aligned when every cell in it is a number."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(NUMBER.fullmatch(cell) for cell in column[1:]) for column in columns]
    lines = [
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)).rstrip()
        for row in (header, ["-" * width for width in widths], *rows)
    ]
    return "\n".join(lines)
