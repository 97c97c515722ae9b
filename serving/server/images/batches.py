"""The images of one request, checked from their heads and prepared a few at a time."""

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from serving.images.decoding import BadImage, TooLarge, check_size, open_image
from serving.images.preparation import Preparation
from serving.server.limits import Limits
from serving.server.refusals import Refusal, bad

if TYPE_CHECKING:
    from PIL.Image import Image

Where = Callable[[int], str]
"""How an image is called in a message."""


class Batch(Protocol):
    """Images in the order of the request."""

    def __len__(self) -> int: ...

    def take(self, first: int, n: int, preparation: Preparation) -> np.ndarray:
        """At most n images from the first on, prepared, (m, c, h, w) uint8; once each. A 400 for a damaged one."""
        ...

    def log(self) -> list[dict[str, Any]]:
        """What the request log tells of each image: never its pixels."""
        ...


class Encoded:
    """PNG or JPEG files; a 400 or 413 for one that is not accepted, before any is unpacked."""

    def __init__(self, contents: Sequence[bytes], where: Where, limits: Limits) -> None:
        check_count(len(contents), limits)
        self._contents, self._where, left = contents, where, limits.pixels
        self._pictures: list[Image | None] = []
        self._sizes: list[tuple[int, int]] = []
        for at, content in enumerate(contents):
            try:
                picture = open_image(content)
            except BadImage as problem:
                raise _refused(where(at), problem) from None
            width, height = picture.size
            left -= width * height
            if left < 0:
                raise _too_many_pixels(f"{where(at)} has {width} x {height} pixels", len(contents), limits)
            self._pictures.append(picture)
            self._sizes.append(picture.size)

    def __len__(self) -> int:
        return len(self._contents)

    def take(self, first: int, n: int, preparation: Preparation) -> np.ndarray:
        """Unpack and prepare the next images."""
        found = []
        for at in range(first, min(first + n, len(self))):
            picture, self._pictures[at] = self._pictures[at], None  # its pixels go as soon as it is prepared
            assert picture is not None
            try:
                found.append(preparation.of_picture(picture))
            except BadImage as problem:
                raise _refused(self._where(at), problem) from None
        return np.stack(found)

    def log(self) -> list[dict[str, Any]]:
        """Fingerprint, size of the file, size of the picture."""
        sized = zip(self._contents, self._sizes, strict=True)
        return [_entry(hashlib.sha256(content), len(content), *size) for content, size in sized]


class Pixels:
    """Images (n, 1 or 3, h, w) uint8, or a list of such arrays without the first dimension."""

    def __init__(self, images: Sequence[np.ndarray] | np.ndarray, where: Where, limits: Limits) -> None:
        check_count(len(images), limits)
        self._images, left = images, limits.pixels
        for at, pixels in enumerate(images):
            _, height, width = pixels.shape
            try:
                check_size(width, height)
            except BadImage as problem:
                raise _refused(where(at), problem) from None
            left -= width * height
            if left < 0:
                raise _too_many_pixels(f"{where(at)} has {width} x {height} pixels", len(images), limits)

    def __len__(self) -> int:
        return len(self._images)

    def take(self, first: int, n: int, preparation: Preparation) -> np.ndarray:
        """Prepare the next images."""
        images = self._images[first : first + n]
        if isinstance(images, np.ndarray):
            return preparation.of_pixels(images)
        return np.concatenate([preparation.of_pixels(own[None]) for own in images])

    def log(self) -> list[dict[str, Any]]:
        """Fingerprint, number of pixel values, size of the picture."""
        return [_entry(hashlib.sha256(own.tobytes()), own.size, *own.shape[:0:-1]) for own in self._images]


def check_count(n: int, limits: Limits) -> None:
    """A 400 for no images and for too many."""
    if n == 0:
        raise bad("there is no image; at least one is needed")
    if n > limits.images:
        raise bad(f"there are {n} images; at most {limits.images} are accepted in a request")


def _entry(digest: Any, size: int, width: int, height: int) -> dict[str, Any]:
    return {"sha256": digest.hexdigest(), "bytes": size, "width": width, "height": height}


def _refused(where: str, problem: BadImage) -> Refusal:
    return Refusal(413 if isinstance(problem, TooLarge) else 400, f"{where} {problem}")


def _too_many_pixels(what: str, n: int, limits: Limits) -> Refusal:
    together = "" if n == 1 else ", which with those before it are too many"
    return Refusal(413, f"{what}{together}; at most {limits.pixels} pixels are accepted in a request")
