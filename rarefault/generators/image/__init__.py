"""Generators of synthetic surface images: fit on real images, make new ones, save and load.

To add one, write a subclass of `rarefault.generators.image.base.ImageGenerator` and one line in IMAGE_GENERATORS.
"""

import json
from pathlib import Path

from rarefault.errors import InputError
from rarefault.generators.image.base import ImageGenerator
from rarefault.registries import LazyRegistry

IMAGE_GENERATORS: LazyRegistry[ImageGenerator] = LazyRegistry(
    "image generator",
    {
        "dcgan": "rarefault.generators.image.dcgan:DCGAN",
        "lsgan": "rarefault.generators.image.dcgan:LSGAN",
        "pegan": "rarefault.generators.image.pegan:PEGAN",
        "stargan": "rarefault.generators.image.stargan:StarGAN",
        "cyclegan": "rarefault.generators.image.cyclegan:CycleGAN",
    },
)


def load_image_generator(folder: str | Path) -> ImageGenerator:
    """Load whichever image generator was saved in `folder`; raises InputError when there is none."""
    try:
        model = json.loads((Path(folder) / "model.json").read_text())
    except FileNotFoundError:
        raise InputError(f"{folder} holds no model.json; expected a folder written by a generator's save") from None
    if model.get("kind") != "image-generator":
        raise InputError(f"{folder} holds a {model.get('kind')!r} model, expected an image generator")
    return IMAGE_GENERATORS[model["name"]].load(folder)


__all__ = ["IMAGE_GENERATORS", "ImageGenerator", "load_image_generator"]
