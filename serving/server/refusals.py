"""What the server answers to a request it does not accept."""

from collections.abc import Mapping, Sequence

_SHOWN = 80


class Refusal(Exception):  # noqa: N818 - an answer, not an error of the server
    """A request that is not accepted: an HTTP status and one line that names the cause and what is accepted."""

    def __init__(self, status: int, reason: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, tuple(headers)


def bad(reason: str) -> Refusal:
    """A 400: the content of the request is not what the model takes."""
    return Refusal(400, reason)


def shown(value: object) -> str:
    """A value as it may stand in a message: JSON's words, one line, clipped."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = ascii(value) if len(value) <= _SHOWN else ascii(value[:_SHOWN]) + "..."
        return text
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return f"an object of {len(value)}" if isinstance(value, dict) else type(value).__name__


def listed(names: Sequence[str] | Mapping[str, object], most: int = 8) -> str:
    """Names in quotes, the first few of them."""
    some = list(names)[:most]
    text = ", ".join(shown(name) for name in some) or "none"
    return text if len(names) <= most else f"{text} and {len(names) - most} more"


def counted(n: int, noun: str) -> str:
    """'1 row', '2 rows'."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
