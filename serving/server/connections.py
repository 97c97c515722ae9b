"""Connections that cannot be held open by trickling, and whose errors are JSON too.

uvicorn limits neither the size nor the time of a request's head, nor the time of its body. A watchdog that looks at
all connections once a second does, at no cost for a request.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.server.answers import error

MOST_HEAD = 64 << 10
"""Bytes of a request's head, or of chunk headers and trailers without any body between them."""
_PROGRESS = 256 << 10
"""Bytes of a body for which its sender is given the time again."""
_LONGEST_ANSWER = 60.0
_EVERY = 1.0


class Connection(HttpToolsProtocol):
    """uvicorn's connection with a cap on what is neither a whole request nor body."""

    _seen: tuple[str, Any, int] = ("", None, 0)
    _since = 0.0
    _counted: Any = None
    _received = _unfinished = 0
    _owed = 0

    def data_received(self, data: bytes) -> None:
        """Parse what came; a request that is complete with it, as nearly all are, costs one comparison more."""
        self._unset_keepalive_if_required()
        if self._owed:
            data = self._take_body(data)
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except HttpParserError:
            self.refuse(400, "this is not a valid HTTP/1.1 request; see /openapi.json")
        cycle = self.cycle
        if cycle is None or cycle.more_body or "method" not in self.scope:
            self._count_unfinished(len(data))

    def on_body(self, body: bytes) -> None:
        """Keep a body that comes in one piece as it is: uvicorn copies it twice."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        if not cycle.body:
            cycle.body = body  # type: ignore[assignment]
        elif isinstance(cycle.body, bytearray):
            cycle.body += body
        else:
            cycle.body = bytearray(cycle.body) + body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def _count_unfinished(self, received: int) -> None:
        in_head = self.cycle is None or "method" not in self.scope
        if self._counted is not self.scope:
            self._counted, self._received, self._unfinished = self.scope, 0, 0
        self._received += received
        if in_head or not (self.cycle.body or self.cycle.response_complete):
            self._unfinished += received
        else:
            self._unfinished = 0
        if self._unfinished > MOST_HEAD:
            self.refuse(431, f"head and trailers are larger than {MOST_HEAD} bytes; send a shorter head")

    def _decline_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1, as for clients that offer HTTP/2 with each request: the parser left out the body."""
        headers = dict(self.headers)
        if b"transfer-encoding" in headers:
            self.refuse(400, "an upgrade is not offered, and needs a content-length with its body; send neither")
            return
        self._owed = int(headers.get(b"content-length", b"0"))
        if self._owed:
            self.cycle.more_body = True
        if rest:
            self.data_received(rest)

    def _take_body(self, data: bytes) -> bytes:
        body, rest = data[: self._owed], data[self._owed :]
        self._owed -= len(body)
        self.on_body(body)
        if not self._owed:
            self.on_message_complete()
        return rest

    def is_new(self) -> bool:
        """Whether it was accepted, but has not had a request yet."""
        return self.cycle is None and not self.transport.is_closing()

    def drain(self) -> None:
        """Close with the answer that is being waited for."""
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def refuse(self, status: int, reason: str) -> None:
        """Answer on the bare connection, unless an earlier answer is still being sent, and close it."""
        cycle = self.cycle
        if self.transport.is_closing():
            return
        if cycle is None or cycle.response_complete or not (cycle.response_started or self.pipeline):
            content = error(reason)
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(content)
            self.transport.write(STATUS_LINE[status] + head + content)
            self.config.app.count_refused(status)  # type: ignore[union-attr]
        self.transport.close()

    def _phase(self) -> tuple[str, Any]:
        """What the connection is waiting for, and the scope or cycle that waits."""
        cycle = self.cycle
        if self.transport.is_closing():
            return "closing", None
        if self.scope is None:
            return "idle", None
        if "method" not in self.scope or cycle is None:
            return "head", self.scope
        if not cycle.response_complete:
            return ("body" if cycle.more_body else "answer"), cycle
        return ("discard" if cycle.more_body else "idle"), cycle

    def look(self, now: float, limits: dict[str, float]) -> None:
        """End the connection if it has been in its phase for too long; a large body only has to go on coming."""
        phase, owner = self._phase()
        seen = (phase, owner, self._received // _PROGRESS if phase == "body" else 0)
        waits_for_us = phase == "body" and self.flow.read_paused
        if waits_for_us or self._since == 0.0 or not _same(seen, self._seen):
            self._seen, self._since = seen, now  # held, so that no other cycle can be taken for this one
        elif now - self._since > limits[phase]:
            self._end(phase, limits[phase])

    def _end(self, phase: str, seconds: float) -> None:
        if phase in ("head", "body"):
            self.refuse(408, f"the request's {phase} did not arrive within {seconds:g} s; send it faster")
        elif phase in ("idle", "discard"):
            self.transport.close()
        else:
            self.transport.abort()


def _same(one: tuple[str, Any, int], other: tuple[str, Any, int]) -> bool:
    return one[0] == other[0] and one[1] is other[1] and one[2] == other[2]


async def watch(connections: Callable[[], Iterable[Any]], read_seconds: float, idle_seconds: float) -> None:
    """Look at every connection once a second, for ever."""
    limits = {
        "head": read_seconds,
        "body": read_seconds,
        "discard": read_seconds,
        "idle": idle_seconds,
        "answer": _LONGEST_ANSWER,
        "closing": read_seconds,
    }
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_EVERY)
        for connection in list(connections()):
            connection.look(loop.time(), limits)


def quiet() -> None:
    """Malformed requests are counted, not logged one by one."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
