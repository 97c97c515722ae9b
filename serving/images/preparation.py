"""From any picture to what a network was trained on, by the same operations in the same order."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from serving.images.decoding import whole

if TYPE_CHECKING:
    from PIL.Image import Image

    from serving.model_folder.fields import Fields

STEPS = {
    "orientation": "turned upright as the EXIF data say",
    "transparency": "laid on black",
    "grey": "ITU-R 601-2 luma",
    "resize": "bicubic, the whole picture, with antialiasing",
}
"""What is done to a picture; a model folder says the same, or is refused."""
_ORIENTATION = 0x0112
_SIDES = 4096


@dataclass(frozen=True)
class Preparation:
    """The shape that a network takes: channels, 1 (grey) or 3 (RGB), height and width in pixels."""

    channels: int
    height: int
    width: int

    @classmethod
    def read(cls, fields: "Fields") -> Self:
        """Check model.json's input; raises BrokenModel."""
        sides = {}
        for name in ("channels", "height", "width"):
            value, accepted = fields.values.get(name), (1, 3) if name == "channels" else range(1, _SIDES + 1)
            if type(value) is not int or value not in accepted:
                raise fields.refuse(name, "1 or 3" if name == "channels" else f"from 1 to {_SIDES}")
            sides[name] = value
        if fields.listing("range") != [0, 255]:
            raise fields.refuse("range", "[0, 255]")
        if fields.part("preparation").values != STEPS:
            raise fields.refuse("preparation", f"{STEPS}")
        return cls(**sides)

    def to_json(self) -> dict[str, Any]:
        """The entry of model.json that `read` reads."""
        sides = {"channels": self.channels, "height": self.height, "width": self.width}
        return {**sides, "range": [0, 255], "preparation": dict(STEPS)}

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return self.channels, self.height, self.width

    def of_picture(self, picture: "Image") -> np.ndarray:
        """The pixels of a picture that was opened by `open_image`, (c, h, w) uint8; raises BadImage."""
        with whole():
            picture.load()
            return self._resized(_plain(_upright(picture), self.channels))

    def of_pixels(self, pixels: np.ndarray) -> np.ndarray:
        """Images (n, 1 or 3, any height, any width) uint8 in this shape, (n, c, h, w) uint8."""
        if pixels.shape[1:] == self.shape:
            return pixels
        from PIL import Image

        found = np.empty((len(pixels), *self.shape), dtype=np.uint8)
        for at, own in enumerate(pixels):
            values = own[0] if len(own) == 1 else np.ascontiguousarray(own.transpose(1, 2, 0))
            found[at] = self._resized(_plain(Image.fromarray(values), self.channels))
        return found

    def _resized(self, picture: "Image") -> np.ndarray:
        from PIL.Image import Resampling

        if picture.size != (self.width, self.height):
            picture = picture.resize((self.width, self.height), Resampling.BICUBIC)
        values = np.asarray(picture)
        return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


def _upright(picture: "Image") -> "Image":
    from PIL.ImageOps import exif_transpose

    turned = picture.getexif().get(_ORIENTATION, 1) in range(2, 9)
    return exif_transpose(picture) if turned else picture


def _plain(picture: "Image", channels: int) -> "Image":
    """The picture as grey or RGB without transparency."""
    from PIL import Image

    if picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    if picture.mode in ("RGBA", "LA", "PA"):
        picture = picture.convert("RGBA")
        if picture.getchannel("A").getextrema() != (255, 255):
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, (0, 0, 0, 255)), picture)
    return picture.convert("L" if channels == 1 else "RGB")
