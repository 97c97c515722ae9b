"""Encoded images, judged by their heads before they are unpacked: 8-bit PNG or JPEG, one picture each.

A few thousand bytes can unpack to gigabytes or take minutes to read, so what they are to become is known first.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SHORTEST_SIDE, LONGEST_SIDE = 8, 16_384
"""Pixels on a side: training leaves smaller pictures out, and a longer side is no camera's."""
FORMATS = ("PNG", "JPEG")
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_DEPTH = struct.Struct(">8sI4sIIB")
"""The beginning of a PNG: signature, length and name of the first chunk, width, height, bits a channel."""
_SCAN = b"\xff\xda"
_MOST_SCANS = 64
"""A progressive JPEG has about ten; each goes over all pixels and can be a few bytes long."""
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}
_BROKEN = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
"""What Pillow raises for damaged files."""


class BadImage(ValueError):  # noqa: N818  # it names what the image is
    """An image is refused; the message goes on from where the image stands, and names what is accepted."""


class TooLarge(BadImage):
    """The image has too many pixels."""


def open_image(content: bytes) -> "Image":
    """The picture of which only the head was read, its size within the limits of a side; raises BadImage."""
    from PIL import Image

    _check_head(content)
    try:
        with whole():
            picture = Image.open(BytesIO(content), formats=FORMATS)
            frames = getattr(picture, "n_frames", 1)
    except Image.DecompressionBombError:
        raise TooLarge("has far too many pixels; send a smaller one") from None
    check_size(*picture.size)
    if frames > 1 and picture.format == "PNG":  # a phone's JPEG may hold a preview as second frame
        raise BadImage(f"is animated ({frames} frames); send one picture")
    if picture.mode not in _MODES:
        raise BadImage(f"has the mode {picture.mode}; grey and RGB with 8 bits are accepted")
    return picture


@contextmanager
def whole() -> Iterator[None]:
    """Turn what Pillow raises for a damaged file into BadImage."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pixels and of odd metadata
            yield
    except BadImage:
        raise
    except _BROKEN:
        raise _damaged() from None


def check_size(width: int, height: int) -> None:
    """Raise BadImage for a side that is too short, and TooLarge for one that is too long."""
    if min(width, height) < SHORTEST_SIDE:
        raise BadImage(f"has {width} x {height} pixels; at least {SHORTEST_SIDE} on a side are needed")
    if max(width, height) > LONGEST_SIDE:
        raise TooLarge(f"has {width} x {height} pixels; at most {LONGEST_SIDE} on a side are accepted")


def _check_head(content: bytes) -> None:
    if not content:
        raise BadImage("is empty; a PNG or JPEG image is needed")
    if content.startswith(_PNG):
        if len(content) < _DEPTH.size or content[12:16] != b"IHDR":
            raise _damaged()
        *_, width, height, bits = _DEPTH.unpack_from(content)
        check_size(width, height)
        if bits > 8:  # Pillow would cut three colours of 16 bits down to 8 without a word
            raise BadImage(f"has {bits} bits a channel; at most 8 are accepted")
    elif content.startswith(_JPEG):
        scans = content.count(_SCAN)
        if scans > _MOST_SCANS:
            raise BadImage(f"is a JPEG of {scans} scans; at most {_MOST_SCANS} are accepted")
    else:
        raise BadImage(f"is neither PNG nor JPEG: it begins with {content[:4].hex(' ')}")


def _damaged() -> BadImage:
    return BadImage("is damaged or cut off; a whole PNG or JPEG image is needed")
