"""One request and its answer: the body is collected before the app is woken, the answer leaves in one write."""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from serving.server.answers import CLOSE, Message

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_SMALL_PART = 4096


class Exchange(RequestResponseCycle):
    """uvicorn's cycle with fewer copies, system calls and wake-ups; most: the largest body the app takes.

    size: how many bytes of the body have come. A body over `most` is handed on as it comes, for the app to drain.
    """

    def __init__(self, most: int, **named: Any) -> None:
        super().__init__(**named)
        self.size, self._most = 0, most
        self._parts: list[bytes | bytearray] = []
        self._start: Message = {}

    @property
    def too_large(self) -> bool:
        """Whether more has come than the app takes."""
        return self.size > self._most

    def keep(self, part: bytes) -> None:
        """Keep the next part of the body; small ones are joined at once, large ones stay as they came."""
        self.size += len(part)
        parts = self._parts
        if len(part) >= _SMALL_PART or not parts:
            parts.append(part)
        elif isinstance(parts[-1], bytearray):
            parts[-1] += part
        else:
            parts.append(bytearray(part))
        if self.too_large:
            self.message_event.set()

    @property
    def waiting(self) -> bool:
        """Whether a part is kept that the app has not taken."""
        return bool(self._parts)

    async def receive(self) -> Any:
        """The whole body; of one that is too large, what has come since."""
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(_CONTINUE)
            self.waiting_for_100_continue = False
        if self.too_large:
            self.flow.resume_reading()
        if not self.disconnected and not self.response_complete:
            await self.message_event.wait()
            self.message_event.clear()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        parts, self._parts = self._parts, []
        return {"type": "http.request", "body": b"".join(parts), "more_body": self.more_body}

    async def send(self, message: Any) -> None:
        """Keep the start of an answer, and write it together with the content."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if message["type"] == "http.response.start":
            self.response_started, self.waiting_for_100_continue = True, False
            self._start = message
        else:
            self._finish(self._start, message["body"])

    def _finish(self, start: Message, content: bytes) -> None:
        fields = [*self.default_headers, *start["headers"]]
        if CLOSE in fields:
            self.keep_alive = False
        elif not self.keep_alive:
            fields.append(CLOSE)
        lines = [b"%b: %b\r\n" % field for field in fields]
        shown = b"" if self.scope["method"] == "HEAD" else content
        self.transport.write(b"".join([STATUS_LINE[start["status"]], *lines, b"\r\n", shown]))
        self._parts, self.response_complete = [], True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class Places:
    """How many connections may send a large body at once; the others wait for a place, unread."""

    def __init__(self, n: int) -> None:
        self._n, self._taken = n, set[Any]()
        self._waiting: dict[Any, Callable[[], bool]] = {}

    def take(self, owner: Any, go_on: Callable[[], bool]) -> bool:
        """Whether the owner has a place, now or already; if not, go_on is called with one, and says if it is used."""
        if owner not in self._taken and len(self._taken) >= self._n:
            self._waiting[owner] = go_on
            return False
        self._taken.add(owner)
        return True

    def leave(self, owner: Any) -> None:
        """Give the owner's place, if it has one, to the first who can use it."""
        self._waiting.pop(owner, None)
        if owner not in self._taken:
            return
        self._taken.remove(owner)
        while self._waiting and len(self._taken) < self._n:
            first = next(iter(self._waiting))
            if self._waiting.pop(first)():
                self._taken.add(first)
