"""What stays the same from one request to the next: the JSON around the row."""

from typing import Any

import orjson

_HOLE = "\0"
_LONGEST, _EVERY = 1024, 64


class Frame:
    """The text around the `data` of a V2 request of one tensor, which most senders repeat byte for byte.

    A request with the same text around another value says the same of another value, so only that is read and checked.
    """

    def __init__(self) -> None:
        self._before = self._after = b""
        self._misses = 0

    def data(self, body: bytes) -> list[Any] | None:
        """The value in a known frame, if it is an array without a boolean; None if anything is otherwise."""
        before, after = self._before, self._after
        if not (after and body.startswith(before) and body.endswith(after)):
            return None
        text = body[len(before) : -len(after)]
        if b"r" in text or b"l" in text:  # true, false, null
            return None
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        return found if type(found) is list else None

    def learn(self, body: bytes) -> None:
        """Take the frame of a request that was accepted; of many different ones only some, for it takes a while."""
        self._misses += 1
        if self._misses % _EVERY != 1:
            return
        start = body.find(b"[", body.find(b'"data"'))
        before, after = body[:start], body[body.find(b"]", start) + 1 :]
        if start < 0 or len(before) + len(after) > _LONGEST:
            return
        try:
            holed = orjson.loads(before + orjson.dumps(_HOLE) + after)
        except orjson.JSONDecodeError:
            return
        if holed["inputs"][0].get("data") == _HOLE:
            self._before, self._after = before, after
