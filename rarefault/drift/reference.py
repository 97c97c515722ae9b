"""The training reference: few enough of a model's training rows to be kept with it, so that drift can be measured."""

import numpy as np

from rarefault.datasets.table import Table

FOLDER = "reference"
"""Where a registered classifier's folder keeps it."""
BLOCK = 50
"""Rows that stay together: what follows one another on a line is alike (a lot, a shift, an hour of warm weather)."""
_MOST_ROWS, _MOST_VALUES, _FEWEST_ROWS = 5_000, 1_000_000, 500


def compact(table: Table) -> Table:
    """At most 5,000 rows of `table` (fewer of a table of more than 200 features, never below 500), in its order.

    A longer table is thinned to whole blocks of 50 consecutive rows, evenly spread over it.
    """
    most = min(_MOST_ROWS, max(_FEWEST_ROWS, _MOST_VALUES // max(1, len(table.schema.columns))))
    if len(table) <= most:
        return Table(table.X, table.y, table.schema)
    blocks = np.linspace(0, len(table) // BLOCK - 1, most // BLOCK).round().astype(np.int64)
    rows = table.rows((blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel())
    return Table(rows.X, rows.y, rows.schema)
