"""How a registered model of images answers: pictures as base64 text in a table, as MLflow passes them."""

import base64
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from rarefault.datasets.images.picture import read_picture
from rarefault.errors import InputError

Answer = Callable[[pd.DataFrame], pd.DataFrame]


def inspector_answer(folder: str | Path) -> Answer:
    """For each row's `image`: the probability of each class, and the most likely one as `label`."""
    from rarefault.classifiers.image import Inspector

    inspector = Inspector.load(folder)

    def answer(rows: pd.DataFrame) -> pd.DataFrame:
        images = read(rows["image"].tolist(), inspector.shape_)
        return told(inspector.probabilities(images), inspector.classes_)

    return answer


def generator_answer(folder: str | Path) -> Answer:
    """As many images of each row's class `label` as its `n` says, as `image`."""
    from rarefault.generators.image import load_image_generator

    generator = load_image_generator(folder)

    def draw(rows: pd.DataFrame) -> pd.DataFrame:
        parts = [generator.sample(int(n), str(label)) for n, label in zip(rows["n"], rows["label"], strict=True)]
        return pd.DataFrame({"image": written(np.concatenate(parts))})

    return draw


def told(probabilities: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Probabilities (n, k) as a table with a column for each class, and `label`."""
    answer = pd.DataFrame(probabilities.astype(np.float64), columns=list(classes))
    answer["label"] = [classes[code] for code in probabilities.argmax(axis=1)]
    return answer


def written(images: np.ndarray) -> list[str]:
    """Images (n, c, h, w) uint8 as PNG files in base64."""
    texts = []
    for pixels in images:
        buffer = io.BytesIO()
        values = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))
        Image.fromarray(values).save(buffer, "png")
        texts.append(base64.b64encode(buffer.getvalue()).decode())
    return texts


def read(texts: Sequence[str], shape: tuple[int, ...]) -> np.ndarray:
    """Pictures in base64 as (n, c, h, w) uint8 of `shape` (c, h, w), prepared as those of the training were.

    Raises InputError for what is no picture, or has more than 8 bits a channel: its brightest value cannot be known.
    """
    images = np.empty((len(texts), *shape), dtype=np.uint8)
    for at, text in enumerate(texts):
        try:
            picture = read_picture(io.BytesIO(base64.b64decode(text, validate=True)), shape[-1], shape[0])
        except ValueError as problem:
            raise InputError(
                f"row {at}: image cannot be used: {problem}; accepted: a PNG or JPEG in base64"
            ) from problem
        if picture.pixels.dtype != np.uint8:
            raise InputError(f"row {at}: image has more than 8 bits a channel; accepted: PNG or JPEG with 8 bits")
        images[at] = picture.pixels
    return images
