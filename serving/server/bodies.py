"""Reading a request's head and body: media types, the cap, and the drain before a 413."""

from collections.abc import Awaitable, Callable, Mapping

from serving.server.answers import BINARY, CLOSE, JSON, Message
from serving.server.refusals import Refusal, shown

Receive = Callable[[], Awaitable[Message]]

PLAIN_JSON = frozenset({JSON, b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
PLAIN = PLAIN_JSON | {BINARY}
"""Content types that need no second look, without and with Inference-Header-Content-Length."""
HEADER_LENGTH = b"inference-header-content-length"
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


async def read_rest(receive: Receive, first: Message, most: int) -> bytes:
    """The whole body, of which `first` is the first message; more than `most` bytes are drained and refused."""
    message, size, parts = first, len(first.get("body", b"")), [first.get("body", b"")]
    while message.get("more_body") and size <= most:
        message = await _next(receive)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > most:
        del parts
        raise await _drained(receive, message, most)
    return b"".join(parts)


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
