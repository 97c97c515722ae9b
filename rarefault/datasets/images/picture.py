"""Read one picture file as pixels of one size, whatever its format, depth, colours and orientation."""

import io
import re
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.errors import InputError

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")
MAX_PIXELS = 80_000_000
"""A picture with more is refused after its header was read: small files can unpack to many gigabytes."""
MIN_SIDE = 8
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_SQUASHED = 1.25  # a longer side beyond this times the shorter one is worth a sentence
_BROKEN = (
    OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error, zlib.error,
)  # fmt: skip


class UnusableError(ValueError):
    """A file that gives no picture; the message says why in a few words that follow "left out ...:"."""


@dataclass
class Picture:
    """Pixels of one picture.

    pixels: (c, size, size), uint8, or float32 with the file's own values where it has more than 8 bits; top: the
    largest value of such a deep picture; changes: what was done to it; origin: format, width and height of the file.
    """

    pixels: np.ndarray
    top: float = 0.0
    changes: list[str] = field(default_factory=list)
    origin: tuple[str, int, int] = ("", 0, 0)


def read_picture(source: Path | io.BytesIO, size: int, channels: int) -> Picture:
    """The picture in a file, or in a file's bytes, as (channels, size, size).

    The whole picture is resized to a square, with antialiasing: a crop could cut away the defect it is named for.
    Raises UnusableError for a file without a usable picture, InputError for one with too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pixels, of odd metadata: what matters is checked or told here
            with Image.open(source, formats=FORMATS) as opened:
                return _read(opened, source, size, channels)
    except Image.DecompressionBombError as problem:
        pixels = re.search(r"\d+", str(problem))  # Pillow's own limit stops the largest before their size is known here
        raise _too_large(source, f"{int(pixels[0]):,} pixels" if pixels else str(problem)) from problem
    except PermissionError as problem:
        raise UnusableError("may not be read") from problem
    except UnidentifiedImageError as problem:
        raise UnusableError(_unidentified(source)) from problem
    except (InputError, UnusableError):
        raise
    except _BROKEN as problem:
        raise UnusableError("damaged or truncated") from problem


def _read(opened: Image.Image, source: Path | io.BytesIO, size: int, channels: int) -> Picture:
    width, height = opened.size
    if width * height > MAX_PIXELS:
        raise _too_large(source, f"{width:,} x {height:,} = {width * height:,} pixels")
    if min(width, height) < MIN_SIDE:
        raise UnusableError(f"smaller than {MIN_SIDE} pixels on a side")
    read = Picture(np.empty(0), origin=(opened.format or "", width, height))
    if getattr(opened, "n_frames", 1) > 1 and opened.format != "MPO":  # a phone's MPO holds a preview as second frame
        opened.seek(0)
        read.changes.append("took the first frame of {}")
    if opened.format == "JPEG":
        opened.draft(opened.mode, (4 * size, 4 * size))  # decodes a large photograph at a fraction of its size
    opened.load()
    picture = _upright(opened, read)
    if picture.mode in _DEEP:
        _resize_deep(picture, read, size, channels)
    else:
        plain = _plain(picture, read, channels)
        read.pixels = channels_first(np.asarray(_resized(plain, read, size)))
    return read


def _upright(picture: Image.Image, read: Picture) -> Image.Image:
    if picture.getexif().get(0x0112, 1) in range(2, 9):  # the tag Orientation
        read.changes.append("turned {} upright as the EXIF data say")
        return ImageOps.exif_transpose(picture)
    return picture


def _plain(picture: Image.Image, read: Picture, channels: int) -> Image.Image:
    """The picture as 8-bit grey or RGB without transparency."""
    if picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        picture = picture.convert("RGBA")
        if picture.getchannel("A").getextrema() != (255, 255):
            read.changes.append("laid transparent parts of {} on black")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, (0, 0, 0, 255)), picture)
    if picture.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        read.changes.append(f"turned the {picture.mode} values of {{}} into RGB")
    if channels == 1:
        colourful = picture.mode not in ("1", "L", "LA") and not _is_grey(picture.convert("RGB"))
        if colourful:
            read.changes.append("turned {} from colour to grey")
        return picture.convert("L")
    return picture.convert("RGB")


def _is_grey(picture: Image.Image) -> bool:
    small = np.asarray(picture.resize((32, 32), Image.Resampling.BOX), dtype=np.int16)
    return int(np.ptp(small, axis=2).max()) <= 8


def _resize_deep(picture: Image.Image, read: Picture, size: int, channels: int) -> None:
    values = np.asarray(picture, dtype=np.float32)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 65_535:
        raise UnusableError("with values that are no brightness (accepted: 0 to 65,535, or 0 to 1)")
    if picture.mode == "F" and values.max() <= 1:
        values = values * np.float32(65_535)
    read.top = float(values.max())
    resized = np.asarray(_resized(Image.fromarray(values), read, size)).clip(0, None)
    read.pixels = np.repeat(resized[None], channels, axis=0)


def _resized(picture: Image.Image, read: Picture, size: int) -> Image.Image:
    width, height = picture.size
    if (width, height) == (size, size):
        return picture
    read.changes.append(f"resized {{}} to {size} x {size}")
    if max(width, height) > _SQUASHED * min(width, height):
        read.changes.append("squashed {}, which are not square, into a square")
    if min(width, height) < size:
        read.changes.append(f"enlarged {{}}, which are smaller than {size} pixels on a side")
    return picture.resize((size, size), Image.Resampling.BICUBIC)


def channels_first(values: np.ndarray) -> np.ndarray:
    """(h, w) or (h, w, c) -> (c, h, w)."""
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


def _too_large(source: Path | io.BytesIO, found: str) -> InputError:
    name = one_line_path(source) if isinstance(source, Path) else "the picture"
    return InputError(f"{name} is too large: {found}; accepted: at most {MAX_PIXELS:,} pixels")


def _unidentified(source: Path | io.BytesIO) -> str:
    length = source.stat().st_size if isinstance(source, Path) else source.getbuffer().nbytes
    return "no picture" if length else "empty"
