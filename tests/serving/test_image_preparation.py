"""The server prepares every picture as training does, to the last bit."""

import numpy as np
import pytest
from PIL import Image
from small_inspector import file_of

from rarefault.datasets.images.picture import MIN_SIDE, read_picture
from serving.images.decoding import SHORTEST_SIDE, open_image
from serving.images.preparation import Preparation


def noise(mode, size=(50, 40), seed=0):
    rng = np.random.default_rng(seed)
    depth = {"1": 0, "L": 0, "P": 0, "LA": 2, "RGB": 3, "RGBA": 4}[mode]
    values = rng.integers(0, 256, (size[1], size[0], depth) if depth else (size[1], size[0]), dtype=np.uint8)
    if mode == "1":
        return Image.fromarray(values > 127)
    if mode == "P":
        picture = Image.fromarray(values, "P")
        picture.putpalette(rng.integers(0, 256, 768, dtype=np.uint8).tobytes())
        return picture
    return Image.fromarray(values, mode)


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return {"exif": exif}


PICTURES = {
    **{f"png {mode}": (noise(mode), "PNG", {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")},
    "png P, a transparent colour": (noise("P"), "PNG", {"transparency": 7}),
    "png RGB, a transparent colour": (noise("RGB"), "PNG", {"transparency": (1, 2, 3)}),
    "png of 4 bits": (noise("L").quantize(16), "PNG", {"bits": 4}),
    "opaque RGBA": (noise("RGB").convert("RGBA"), "PNG", {}),
    "jpeg grey": (noise("L"), "JPEG", {}),
    "jpeg RGB": (noise("RGB"), "JPEG", {"quality": 60}),
    "jpeg progressive": (noise("RGB"), "JPEG", {"progressive": True}),
    **{f"jpeg turned {at}": (noise("RGB", (33, 65)), "JPEG", turned(at)) for at in range(1, 9)},
    "png turned": (noise("L", (33, 65)), "PNG", turned(6)),
    "of the right size": (noise("RGB", (32, 32)), "PNG", {}),
    "enlarged": (noise("L", (9, 8)), "PNG", {}),
    "a strip": (noise("L", (3000, 8)), "PNG", {}),
    "shrunk a lot": (noise("RGB", (900, 700)), "PNG", {}),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("picture", "kind", "options"), PICTURES.values(), ids=PICTURES)
def test_a_file_is_prepared_as_for_training(tmp_path, picture, kind, options, channels):
    content = file_of(picture, kind, **options)
    (tmp_path / "picture").write_bytes(content)
    trained = read_picture(tmp_path / "picture", 32, channels).pixels
    served = Preparation(channels, 32, 32).of_picture(open_image(content))
    assert served.dtype == np.uint8
    np.testing.assert_array_equal(served, trained)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sent", [1, 3])
def test_pixels_are_prepared_as_the_file_that_holds_them(sent, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (2, sent, 50, 70), dtype=np.uint8)
    preparation = Preparation(channels, 32, 32)
    files = [preparation.of_picture(open_image(file_of(own))) for own in pixels]
    np.testing.assert_array_equal(preparation.of_pixels(pixels), np.stack(files))


def test_the_shortest_side_is_that_of_training():
    assert SHORTEST_SIDE == MIN_SIDE
