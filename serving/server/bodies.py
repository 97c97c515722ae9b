"""Reading a request's head and body: media types, the cap, and the drain before a 413."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from serving.server.answers import BINARY, CLOSE, JSON, Message
from serving.server.refusals import Refusal, shown

Receive = Callable[[], Awaitable[Message]]

PLAIN_JSON = frozenset({JSON, b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
"""Content types that need no second look."""
HEADER_LENGTH = b"inference-header-content-length"
_SMALL = 256 << 10
_PARTS = 1000
_DRAINED = 64 << 20
"""How many bytes beyond the cap are read and thrown away, so that the sender gets to read the 413."""


class Disconnected(Exception):  # noqa: N818 - nothing went wrong here
    """The sender is gone; nobody waits for an answer."""


def check_head(headers: Mapping[bytes, bytes]) -> None:
    """A 415 for a body that is neither JSON nor binary tensors, or is compressed."""
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"identity", b""):
        raise Refusal(415, f"content-encoding {_text(encoding)} is not accepted; send the body uncompressed")
    transfer = headers.get(b"transfer-encoding", b"chunked").strip().lower()
    if transfer != b"chunked":
        raise Refusal(415, f"transfer-encoding {_text(transfer)} is not accepted; only chunked is")
    media, _, parameters = headers.get(b"content-type", JSON).partition(b";")
    media = media.strip().lower()
    if media == BINARY and HEADER_LENGTH in headers:
        return
    if media not in (JSON, b""):
        raise Refusal(415, f"content-type {_text(media)} is not accepted; send application/json{_binary(media)}")
    charset = parameters.replace(b" ", b"").replace(b'"', b"").lower()
    if charset.startswith(b"charset=") and charset not in (b"charset=utf-8", b"charset=utf8", b"charset=us-ascii"):
        raise Refusal(415, f"{_text(charset)} is not accepted; JSON is sent as UTF-8")


def _binary(media: bytes) -> str:
    return ", or binary tensors with Inference-Header-Content-Length" if media == BINARY else ""


def _text(value: bytes) -> str:
    return shown(value.decode("latin-1"))


async def read_rest(receive: Receive, first: Message, most: int, large: asyncio.Semaphore) -> bytes:
    """The whole body, of which `first` is the first message; more than `most` bytes are drained and refused.

    large: how many bodies of more than a few packets may be in memory at once; the others wait, unread.
    """
    body = Body()
    message = body.add(first)
    while message.get("more_body") and body.size <= _SMALL:
        message = body.add(await _next(receive))
    if message.get("more_body") and body.size <= most:
        async with large:
            while message.get("more_body") and body.size <= most:
                message = body.add(await _next(receive))
    if body.size > most:
        del body
        raise await _drained(receive, message, most)
    return body.whole()


class Body:
    """A body in parts: large ones are joined once, of small ones no more than a few are kept apart."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def add(self, message: Message) -> Message:
        """Keep the message's part; returns the message."""
        part = message.get("body", b"")
        self.size += len(part)
        self._parts.append(part)
        if len(self._parts) > _PARTS:
            self._parts = [b"".join(self._parts)]
        return message

    def whole(self) -> bytes:
        """All parts."""
        return b"".join(self._parts)


async def _drained(receive: Receive, message: Message, most: int) -> Refusal:
    drained = 0
    while message.get("more_body") and drained <= _DRAINED:
        message = await _next(receive)
        drained += len(message.get("body", b""))
    return too_large(most, close=bool(message.get("more_body")))


def too_large(most: int, close: bool) -> Refusal:
    """The 413; close where the rest of the body was not read."""
    reason = f"the body is larger than {most} bytes; send fewer rows in a request"
    return Refusal(413, reason, (CLOSE,) if close else ())


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    return message


def refuse_body(headers: Mapping[bytes, bytes]) -> None:
    """A 400 if a request that takes no body has one."""
    if headers.get(b"content-length", b"0").strip(b"0 ") or b"transfer-encoding" in headers:
        raise Refusal(400, "a GET request takes no body; send it without one", (CLOSE,))


def expects_too_much(headers: Mapping[bytes, bytes], most: int) -> bool:
    """Whether the sender asks first (Expect: 100-continue) and its body is over the cap."""
    length = headers.get(b"content-length", b"")
    return b"expect" in headers and length.isdigit() and int(length[:19]) > most
