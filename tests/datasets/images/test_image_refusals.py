"""Folders that give no usable set are refused in one line that says what is needed."""

import os
import shutil
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from surface_pixels import surface

from rarefault.datasets.images import listing, picture, reading


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def huge_png(path, width, height):
    """A PNG file of a few bytes whose header promises width x height pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def test_nothing_there(tmp_path, refused):
    assert "does not exist" in refused(tmp_path / "none")
    assert "holds no images; accepted: a folder with one sub-folder per class" in refused(tmp_path)
    (tmp_path / "file").write_text("x")
    assert "is a file" in refused(tmp_path / "file")
    assert "does not exist" in refused("a" * 300) or "cannot be read" in refused("a" * 300)
    assert "cannot be read" in refused("a\0b")


def test_pictures_without_class_folders(tmp_path, refused):
    for k in range(9):
        Image.fromarray(surface(k)).save(tmp_path / f"{k}.png")
    assert "holds no images (9 files beside the class folders); accepted" in refused(tmp_path)


def test_only_files_that_are_no_pictures(folder, refused):
    for file in folder.rglob("*.png"):
        file.write_text("no picture")
    assert "holds no images (18 files no picture)" in refused(folder)


def test_a_single_class(folder, refused):
    shutil.rmtree(folder / "pits")
    assert "has a single class, 'good' with 9 images" in refused(folder)


def test_a_class_with_three_images(folder, refused):
    for k in range(6):
        (folder / "pits" / f"{k}.png").unlink()
    message = refused(folder)
    assert "class 'pits' has 3 images" in message and "needed: at least 8 usable images in each class" in message


def test_a_class_that_lost_its_images_says_why(folder, refused):
    for k in range(6):
        (folder / "pits" / f"{k}.png").write_bytes(b"")
    assert "class 'pits' has 3 images (6 files empty)" in refused(folder)


def test_a_background_that_is_not_there(folder, refused):
    message = refused(folder, background="intact")
    assert "has no class 'intact', which was named as the background; its classes: 'good', 'pits'" in message


def test_parts_of_a_split_are_no_classes(folder, refused):
    (folder / "good").rename(folder / "train")
    (folder / "pits").rename(folder / "Test")
    assert "parts of a split and no classes" in refused(folder)


@pytest.mark.parametrize("size", [0, -32, 31, 33, 100, 1056, 96.5])
def test_sizes_that_the_networks_cannot_take(size, folder, refused):
    assert "size must be a multiple of 32 from 32 to 1024 pixels, got" in refused(folder, size=size)


@pytest.mark.parametrize("channels", [0, 2, 4])
def test_channels(channels, folder, refused):
    assert "channels must be 1 (grey) or 3 (RGB)" in refused(folder, channels=channels)


@pytest.mark.parametrize("size", [(10_000, 8_001), (60_000, 60_000), (2**31 - 1, 1)])
def test_a_picture_with_too_many_pixels_is_refused_from_its_header(size, folder, refused):
    huge_png(folder / "pits" / "huge.png", *size)
    assert (folder / "pits" / "huge.png").stat().st_size < 200
    message = refused(folder)
    assert "huge.png is too large" in message and "accepted: at most 80,000,000 pixels" in message


def test_the_same_pixels_in_two_classes_contradict_each_other(folder, refused):
    for k in range(3):
        shutil.copy(folder / "pits" / f"{k}.png", folder / "good" / f"copy {k}.png")
    message = refused(folder)
    assert "'good/copy 0.png' of class 'good' and 'pits/0.png' of class 'pits' hold the same pixels" in message
    assert "and so do 2 more pairs" in message


def test_a_group_column_without_an_index(folder, refused):
    assert "has no index.csv" in refused(folder, group_column="strip")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has the columns none"),
        (b"name,class\na,b\n", "has the columns 'name', 'class'"),
        (b"file,label\n\xff\xfe\n", "cannot be read"),
        (b"\x89PNG\r\n", "cannot be read"),
        (b"file,label\n", "holds no images"),
    ],
    ids=["empty", "other columns", "not utf-8", "a picture", "no rows"],
)
def test_an_index_that_cannot_be_used(content, reason, tmp_path, refused):
    (tmp_path / "index.csv").write_bytes(content)
    assert reason in refused(tmp_path)


def test_an_index_with_two_labels_for_a_file(indexed, refused):
    root = indexed([("pictures/0.png", "a"), ("pictures/0.png", "b")], header=("file", "label"))
    Image.fromarray(surface(0)).save(root / "pictures" / "0.png")
    assert "gives 'pictures/0.png' two labels, 'a' and 'b'" in refused(root)


def test_an_index_without_the_group_column(indexed, refused):
    assert "has no column 'strip'; its columns: 'file', 'label', 'group'" in refused(indexed([]), group_column="strip")


def test_more_than_fits_into_memory(folder, refused, monkeypatch):
    monkeypatch.setattr(reading, "MAX_BYTES", 10_000)
    assert "holds 18 files, more than" in refused(folder)


def test_a_folder_that_may_not_be_read(folder, refused, monkeypatch):
    scan = os.scandir

    def closed(path):
        if Path(path).name == "pits":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(listing.os, "scandir", closed)
    assert "pits cannot be read (Permission denied)" in refused(folder)


def test_a_file_that_may_not_be_read(folder, read, monkeypatch):
    opened = Image.open

    def closed(path, **options):
        if path.name == "0.png" and path.parent.name == "pits":
            raise PermissionError(13, "Permission denied")
        return opened(path, **options)

    monkeypatch.setattr(picture.Image, "open", closed)
    images = read(folder)
    assert images.counts["pits"] == 8
    assert "left out 1 file (may not be read): 'pits/0.png'" in images.facts.repairs
