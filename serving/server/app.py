"""The ASGI application: one dictionary look-up, one body, one handler, one answer."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, cast

from serving.server.answers import Answer, Message, Send, refused, send_answer, send_json
from serving.server.bodies import (
    HEADER_LENGTH,
    PLAIN,
    PLAIN_JSON,
    Disconnected,
    check_head,
    expects_too_much,
    read_rest,
    refuse_body,
    too_large,
)
from serving.server.exchanges import Places
from serving.server.kinds import Content, Context
from serving.server.limits import Limits
from serving.server.metrics import Metrics, Traffic
from serving.server.refusals import Refusal, shown
from serving.server.routes import Route, Routes, State, routes_of, unknown_path
from serving.server.states import States
from serving.server.work import Work

if TYPE_CHECKING:
    from serving.server.request_log import RequestLog

_LARGE_BODIES = 16

Receive = Callable[[], Awaitable[Message]]


class App:
    """Serves the models it is given; `show` gives it others, with one assignment, between two requests."""

    def __init__(self, max_body: int, limits: Limits, states: States | None = None) -> None:
        self.metrics = Metrics()
        self.state = State({}, {})
        self.max_body = max_body
        self.states = states or States()
        self._context = Context(limits, None, Work(), self.states)
        self._routes: Routes = {}
        self.large_bodies = Places(_LARGE_BODIES)
        self._other = self.metrics.traffic("", "other")
        self.show(self.state)

    def log_to(self, log: "RequestLog") -> None:
        """Log every accepted request from now on."""
        self._context = replace(self._context, log=log)
        self.show(self.state)

    def show(self, state: State) -> None:
        """Serve the models of `state` from now on."""
        for name, model in self.state.models.items():
            if state.models.get(name) is not model:
                self.metrics.retire(model)
        self._routes = routes_of(state, self.metrics, self._context)
        self.state = state

    def count_refused(self, status: int) -> None:
        """Count a refusal of something that never became a request."""
        self._other.refused(status)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _lifespan(scope, receive, send)
            return
        route = self._routes.get(scope["path"])
        if route is None or route.method != "POST" or scope["method"] != "POST":
            await self._answer_without_body(route, scope, send)
            return
        headers = dict(scope["headers"])
        traffic, unread = route.binary if HEADER_LENGTH in headers else route.traffic, True
        try:
            if (
                headers.get(b"content-type", b"") not in (PLAIN if HEADER_LENGTH in headers else PLAIN_JSON)
                or b"content-encoding" in headers
                or b"transfer-encoding" in headers
                or b"expect" in headers
            ):
                self._check(headers)
            message = await receive()
            body = message.get("body", b"")
            if not body or message.get("more_body") or len(body) > self.max_body:
                body = await read_rest(receive, message, self.max_body)
            unread = False
            started = perf_counter()
            content = route.handler(headers, body)
        except Refusal as refusal:
            traffic.refused(refusal.status)
            await send_answer(send, refused(refusal, close=unread and b"expect" in headers))
            return
        except Disconnected:
            return
        if type(content) is bytes:
            await send_json(send, content)
        elif isinstance(content, Answer):
            await send_answer(send, content)
        elif not await self._answer_later(cast(Awaitable[Content], content), traffic, send):
            return
        traffic.answered(perf_counter() - started)

    async def _answer_later(self, content: Awaitable[Content], traffic: Traffic, send: Send) -> bool:
        """Send what takes a while; whether it was accepted."""
        try:
            found = await content
        except Refusal as refusal:
            traffic.refused(refusal.status)
            await send_answer(send, refused(refusal))
            return False
        await send_answer(send, found if isinstance(found, Answer) else Answer(found))
        return True

    def _check(self, headers: dict[bytes, bytes]) -> None:
        check_head(headers)
        if expects_too_much(headers, self.max_body):
            raise too_large(self.max_body, close=True)

    async def _answer_without_body(self, route: Route | None, scope: Message, send: Send) -> None:
        headers = dict(scope["headers"])
        traffic = self._other if route is None else route.traffic
        try:
            if route is None:
                raise unknown_path(scope["path"], self.state)
            if scope["method"] not in (("GET", "HEAD") if route.method == "GET" else ("POST",)):
                raise _wrong_method(scope["method"], route.method)
            refuse_body(headers)
            started = perf_counter()
            content = route.handler(headers, b"")
        except Refusal as refusal:
            traffic.refused(refusal.status)
            await send_answer(send, refused(refusal, close=b"expect" in headers))
            return
        await send_answer(send, content if isinstance(content, Answer) else Answer(cast(bytes, content)))
        if isinstance(content, Answer) and content.status != 200:
            traffic.refused(content.status)
        else:
            traffic.answered(perf_counter() - started)


def _wrong_method(method: str, needed: str) -> Refusal:
    allowed = "GET, HEAD" if needed == "GET" else needed
    return Refusal(405, f"method {shown(method)} is not accepted here; send {allowed}", ((b"allow", allowed.encode()),))


async def _lifespan(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
