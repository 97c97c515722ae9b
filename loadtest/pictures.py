"""Pictures to send to a model of images: made for the shape that its metadata tells."""

import struct
import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np

_PICTURES = 16


def shape_of(metadata: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """(channels, height, width) of the images that a model takes; None where it takes none."""
    inputs = metadata.get("inputs") or []
    shape: list[int] = inputs[0].get("shape", []) if len(inputs) == 1 else []
    if len(shape) != 4 or inputs[0].get("datatype") != "UINT8" or shape[1] not in (1, 3):
        return None
    return shape[1], shape[2], shape[3]


def drawn(shape: tuple[int, int, int], seed: int = 0) -> list[str]:
    """PNG files in base64: soft shades under noise, as large a file as a photograph of that size."""
    rng = np.random.default_rng(seed)
    channels, height, width = shape
    shade = np.linspace(60, 180, width)[None, :, None] + np.zeros((height, 1, channels))
    found = []
    for _ in range(_PICTURES):
        noisy = shade + rng.normal(0, 20, (height, width, channels))
        found.append(b64encode(_png(noisy.clip(0, 255).astype(np.uint8))).decode())
    return found


def _png(pixels: np.ndarray) -> bytes:
    """The file of pixels (h, w, 1 or 3)."""
    height, width, channels = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
