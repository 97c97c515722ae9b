"""Connections that cannot be held open by trickling, and whose errors are JSON too.

uvicorn limits neither the size nor the time of a request's head, nor the time of its body. A watchdog that looks at
all connections once a second does, at no cost for a request.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserUpgrade, parse_url
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.server.answers import error
from serving.server.app import App
from serving.server.exchanges import Exchange

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
    _received = _unfinished = _size = 0
    _owed = 0
    cycle: Exchange

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self._app = cast(App, self.config.app)
        self._places = self._app.large_bodies

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

    def on_headers_complete(self) -> None:
        """Begin the exchange, or queue it behind the one that is not answered yet."""
        scope, parser, before = self.scope, self.parser, self.cycle
        url, version = parse_url(self.url), parser.get_http_version()
        path = url.path.decode("ascii")
        scope["method"], scope["http_version"] = parser.get_method().decode("ascii"), version
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"], scope["query_string"] = url.path, url.query or b""
        self.cycle = Exchange(
            self._app.max_body,
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body; the sender of a large one waits until there is a place for it."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        more = cycle.waiting
        cycle.keep(body)
        if cycle.too_large:
            self._places.leave(self)
            if more:
                self.flow.pause_reading()
        elif cycle.size > HIGH_WATER_LIMIT and not self._places.take(self, self._go_on):
            self.flow.pause_reading()

    def _go_on(self) -> bool:
        wanted = self.cycle.more_body and not (self.cycle.response_complete or self.transport.is_closing())
        if wanted:
            self.flow.resume_reading()
        return wanted

    def on_response_complete(self) -> None:
        """Go on with the next request."""
        self._places.leave(self)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._places.leave(self)
        super().connection_lost(exc)

    def _count_unfinished(self, received: int) -> None:
        if self._counted is not self.scope:
            self._counted, self._received, self._unfinished, self._size = self.scope, 0, 0, 0
        self._received += received
        size = -1 if self.cycle is None or "method" not in self.scope else self.cycle.size
        if size > self._size or (size >= 0 and self.cycle.response_complete):
            self._size, self._unfinished = size, 0
        else:
            self._unfinished += received
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
            self._app.count_refused(status)
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
