"""What MLflow's own answer makes of a picture is what training makes of it."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from rarefault.datasets.images.picture import read_picture
from rarefault.errors import InputError
from rarefault.registry.image_answers import read, written

RANDOM = np.random.default_rng(3)
SIDE = 32


def encoded(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "png", **options)
    return buffer.getvalue()


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def tilted() -> bytes:
    """A picture that its EXIF data turn by a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(Image.fromarray(RANDOM.integers(0, 256, (40, 60), dtype=np.uint8)), exif=exif)


def transparent() -> bytes:
    return encoded(Image.fromarray(RANDOM.integers(0, 256, (48, 48, 4), dtype=np.uint8), "RGBA"))


@pytest.mark.parametrize("make", [tilted, transparent])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_prepared_as_in_training(tmp_path, make, channels):
    content = make()
    (tmp_path / "one.png").write_bytes(content)
    expected = read_picture(tmp_path / "one.png", SIDE, channels).pixels
    np.testing.assert_array_equal(read([text(content)], (channels, SIDE, SIDE))[0], expected)


def test_the_orientation_makes_a_difference():
    turned = read([text(tilted())], (1, SIDE, SIDE))
    plain = read([text(encoded(Image.open(io.BytesIO(tilted())).copy(), exif=b""))], (1, SIDE, SIDE))
    assert (turned != plain).any()


def test_images_come_back_as_they_were_written():
    images = RANDOM.integers(0, 256, (3, 3, SIDE, SIDE), dtype=np.uint8)
    np.testing.assert_array_equal(read(written(images), images.shape[1:]), images)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "empty"),
        (b"no picture at all", "no picture"),
        (tilted()[:200], "damaged or truncated"),
        (encoded(Image.fromarray(RANDOM.integers(0, 65_535, (40, 40), dtype=np.uint16))), "more than 8 bits"),
        (encoded(Image.new("L", (4, 4))), "smaller than 8 pixels"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_row(content, cause):
    good = written(np.zeros((1, 1, SIDE, SIDE), dtype=np.uint8))
    with pytest.raises(InputError, match=f"row 1: image .*{cause}"):
        read([*good, text(content)], (1, SIDE, SIDE))


def test_text_that_is_no_base64_is_refused():
    with pytest.raises(InputError, match="row 0: image"):
        read(["äöü"], (1, SIDE, SIDE))
