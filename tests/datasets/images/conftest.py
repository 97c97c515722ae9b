import csv

import pytest
from PIL import Image
from surface_pixels import surface

from rarefault.datasets.images.reading import read_folder
from rarefault.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """A folder of two classes with 9 different pictures each."""
    root = tmp_path / "line 3"
    for code, label in enumerate(("good", "pits")):
        (root / label).mkdir(parents=True)
        for k in range(9):
            Image.fromarray(surface(100 * code + k)).save(root / label / f"{k}.png")
    return root


@pytest.fixture
def read():
    def images(root, size=32, channels=1, **options):
        return read_folder(root, size=size, channels=channels, **options)

    return images


@pytest.fixture
def refused(read):
    """The one line with which a folder is refused."""

    def message(root, **options):
        with pytest.raises(InputError) as caught:
            read(root, **options)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return message


@pytest.fixture
def indexed(tmp_path):
    """Write pictures and an index.csv of the given rows (file, label, group...) below the given header."""

    def write(rows, header=("file", "label", "group")):
        root = tmp_path / "indexed"
        (root / "pictures").mkdir(parents=True, exist_ok=True)
        with (root / "index.csv").open("w", newline="", encoding="utf-8") as index:
            csv.writer(index).writerows([header, *rows])
        return root

    return write
