"""Tiny images of three classes, a small network that tells them apart, and its model folder."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from rarefault.classifiers.image import Inspector
from rarefault.datasets.images import ImageFacts, ImageSet
from serving.exporting import export_image

CLASSES = ("intact", "pits", "rust")
SIZE = 32


@dataclass(frozen=True)
class Inspected:
    """A model folder, the inspector it came from, the images it was trained on, and what the export returned."""

    folder: Path
    inspector: Inspector
    images: ImageSet
    parity: dict


def make_images(channels=1, n=48, background="intact", seed=0):
    """Grey noise, with a dark square for pits, and with bright stripes for rust."""
    rng = np.random.default_rng(seed)
    labels = np.array([CLASSES[at % 3] for at in range(n)], dtype=object)
    images = rng.integers(90, 150, (n, channels, SIZE, SIZE)).astype(np.uint8)
    images[labels == "pits", :, 8:20, 8:20] -= 80
    images[labels == "rust", 0, :, ::4] += 100
    return ImageSet(images, labels, ImageFacts(CLASSES, background, name="surfaces"))


def fit(images):
    """An inspector that has learned the images in about a second."""
    params = {"network": "table5-cnn", "width": 0.25, "epochs": 8, "batch": 16, "lr": 2e-3, "device": "cpu"}
    return Inspector.from_params(params).fit(images.images, images.codes, images.facts.classes)


def inspect(folder, channels=1, background="intact", inspector=None, **options):
    """Export an inspector as `steel`, version 3."""
    images = make_images(channels, background=background)
    inspector = inspector or fit(images)
    parity = export_image(inspector, images, folder, **{"name": "steel", "version": "3", **options})
    return Inspected(folder, inspector, images, parity)


def file_of(pixels, kind="PNG", **options):
    """An image file of pixels (c, h, w), or of a PIL picture."""
    if isinstance(pixels, np.ndarray):
        pixels = Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    content = io.BytesIO()
    pixels.save(content, kind, **options)
    return content.getvalue()


def b64(content):
    """The V1 instance of a file."""
    return {"b64": base64.b64encode(content).decode()}
