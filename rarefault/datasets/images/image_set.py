"""The image artifact: surfaces with a class each, as a folder of PNG files with an index and a JSON sidecar."""

import csv
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

INDEX, SIDECAR, PICTURES = "index.csv", "images.json", "images"
_FIELDS = ("file", "label", "group", "source")


@dataclass(frozen=True)
class ImageFacts:
    """What the images mean.

    classes: names in a fixed order; background: the class without a defect, or empty; notes say where the images come
    from (a simulation says so here), repairs lists what ingest changed or left out and warnings what a reader of the
    results must know, one sentence each; grouped_by: what a group is ("position"), or empty where nothing was known
    and near-copies alone make groups.
    """

    classes: tuple[str, ...]
    background: str = ""
    name: str = "images"
    notes: str = ""
    repairs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    grouped_by: str = ""

    def __post_init__(self) -> None:
        if not self.classes or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes must be one or more different names, got {self.classes}")
        if self.background and self.background not in self.classes:
            raise ValueError(f"background must be one of {list(self.classes)} or empty, got {self.background!r}")

    @property
    def defects(self) -> tuple[str, ...]:
        """The classes but the background."""
        return tuple(name for name in self.classes if name != self.background)

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ImageFacts":
        """Read what `to_json` wrote."""
        texts = ("classes", "repairs", "warnings")
        return cls(**{**values, **{name: tuple(values.get(name, ())) for name in texts}})


@dataclass(frozen=True)
class ImageSet:
    """Images of one size.

    images: (n, c, h, w) uint8, c = 1 (grey) or 3 (RGB); labels: (n,) class names; groups: (n,) texts: images of one
    group (a position, a strip, a source image) never stand on both sides of a split, or None where nothing is known;
    sources: (n,) where each came from, for people.
    """

    images: np.ndarray
    labels: np.ndarray
    facts: ImageFacts
    groups: np.ndarray | None = None
    sources: np.ndarray | None = None

    def __post_init__(self) -> None:
        shape = self.images.shape
        if self.images.dtype != np.uint8 or len(shape) != 4 or shape[1] not in (1, 3):
            raise ValueError(f"images must be uint8 (n, 1 or 3, h, w), got {self.images.dtype} {shape}")
        for name, values in (("labels", self.labels), ("groups", self.groups), ("sources", self.sources)):
            if values is not None and len(values) != len(self.images):
                raise ValueError(f"there are {len(self.images)} images but {len(values)} {name}")
        unknown = sorted(set(self.labels.tolist()) - set(self.facts.classes))
        if unknown:
            raise ValueError(f"labels {unknown} are not among the classes {list(self.facts.classes)}")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def codes(self) -> np.ndarray:
        """The position of each label among the classes, (n,) int64."""
        at = {name: code for code, name in enumerate(self.facts.classes)}
        return np.array([at[label] for label in self.labels.tolist()], dtype=np.int64)

    @property
    def counts(self) -> dict[str, int]:
        """How many images each class has, in the order of the classes."""
        return {name: int((self.labels == name).sum()) for name in self.facts.classes}

    def rows(self, index: np.ndarray) -> "ImageSet":
        """The images at integer positions `index` (or where a boolean mask is true)."""
        return replace(
            self,
            images=self.images[index],
            labels=self.labels[index],
            groups=None if self.groups is None else self.groups[index],
            sources=None if self.sources is None else self.sources[index],
        )

    def of(self, label: str) -> np.ndarray:
        """The images of one class, (m, c, h, w)."""
        return np.asarray(self.images[self.labels == label])

    def write(self, folder: str | Path) -> None:
        """Write the images as PNG files, index.csv (file, label, group, source) and images.json into `folder`."""
        folder = Path(folder)
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)
        rows = []
        for at, pixels in enumerate(self.images):
            file = f"{PICTURES}/{at:06d}.png"
            _picture(pixels).save(folder / file, compress_level=1)
            group = "" if self.groups is None else self.groups[at]
            rows.append((file, self.labels[at], group, "" if self.sources is None else self.sources[at]))
        with (folder / INDEX).open("w", newline="", encoding="utf-8") as index:
            csv.writer(index).writerows([_FIELDS, *rows])
        n, channels, height, width = self.images.shape
        sidecar = {
            "count": n,
            "channels": channels,
            "height": height,
            "width": width,
            "grouped": self.groups is not None,
            "facts": self.facts.to_json(),
        }
        (folder / SIDECAR).write_text(json.dumps(sidecar, indent=1))

    @classmethod
    def read(cls, folder: str | Path) -> "ImageSet":
        """Read what `write` wrote."""
        folder = Path(folder)
        sidecar = json.loads((folder / SIDECAR).read_text())
        with (folder / INDEX).open(newline="", encoding="utf-8") as index:
            rows = list(csv.DictReader(index))
        images = np.empty((len(rows), sidecar["channels"], sidecar["height"], sidecar["width"]), dtype=np.uint8)
        for at, row in enumerate(rows):
            with Image.open(folder / row["file"]) as picture:
                images[at] = _pixels(picture)
        return cls(
            images,
            _texts(rows, "label"),
            ImageFacts.from_json(sidecar["facts"]),
            _texts(rows, "group") if sidecar["grouped"] else None,
            _texts(rows, "source"),
        )


def _texts(rows: list[dict[str, str]], field: str) -> np.ndarray:
    return np.array([row[field] for row in rows], dtype=object)


def _picture(pixels: np.ndarray) -> Image.Image:
    """A picture of pixels (c, h, w)."""
    return Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))


def _pixels(picture: Image.Image) -> np.ndarray:
    """The pixels (c, h, w) of a picture."""
    values = np.asarray(picture)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
