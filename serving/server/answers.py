"""Answers, and how they are sent: what can be prepared once is prepared once."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from serving.server.refusals import Refusal

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

JSON = b"application/json"
BINARY = b"application/octet-stream"
CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class Answer:
    """Anything but a plain 200 with JSON: that is just its bytes."""

    content: bytes
    status: int = 200
    media: bytes = JSON
    headers: Headers = ()


def _start(status: int, media: bytes, length: int, headers: Headers = ()) -> Message:
    fields = [(b"content-type", media), (b"content-length", b"%d" % length), *headers]
    return {"type": "http.response.start", "status": status, "headers": fields}


_PREPARED = [_start(200, JSON, length) for length in range(1024)]


async def send_json(send: Send, content: bytes) -> None:
    """A 200 with JSON."""
    length = len(content)
    await send(_PREPARED[length] if length < 1024 else _start(200, JSON, length))
    await send({"type": "http.response.body", "body": content})


async def send_answer(send: Send, answer: Answer) -> None:
    """Any other answer."""
    await send(_start(answer.status, answer.media, len(answer.content), answer.headers))
    await send({"type": "http.response.body", "body": answer.content})


def refused(refusal: Refusal, close: bool = False) -> Answer:
    """A refusal as one line of JSON; close: the connection, too."""
    headers = (*refusal.headers, CLOSE) if close and CLOSE not in refusal.headers else refusal.headers
    return Answer(error(refusal.reason), refusal.status, JSON, headers)


def error(reason: str) -> bytes:
    """{"error": reason}, whatever the reason holds."""
    return orjson.dumps({"error": reason.encode("utf-8", "backslashreplace").decode("utf-8")})
