"""Every format, depth, colour mode and orientation becomes the same pixels, and damage is met without a crash."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from surface_pixels import surface

from rarefault.datasets.images.picture import UnusableError, read_picture

GREY, COLOUR = surface(1, 32), surface(2, 32, 3)


@pytest.fixture
def pixels(tmp_path):
    """Save a picture and read it."""

    def saved(image, name="a.png", size=32, channels=1, **options):
        path = tmp_path / name
        image.save(path, **options)
        return read_picture(path, size, channels)

    return saved


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.bmp", {}),
        ("a.tif", {}),
        ("a.tiff", {"compression": "tiff_lzw"}),
        ("a.webp", {"lossless": True}),
        ("a.gif", {}),
        ("a.txt", {"format": "PNG"}),
    ],
)
def test_lossless_formats_give_the_pixels_back(name, options, pixels):
    found = pixels(Image.fromarray(GREY), name, **options)
    np.testing.assert_array_equal(found.pixels[0], GREY)
    assert found.changes == []


@pytest.mark.parametrize("mode", ["JPEG", "WEBP"])
def test_lossy_formats_come_close(mode, pixels):
    smooth = Image.fromarray(GREY).resize((8, 8)).resize((32, 32), Image.Resampling.BICUBIC)
    found = pixels(smooth, f"a.{mode.lower()}", format=mode, quality=95)
    assert np.abs(found.pixels[0].astype(int) - np.asarray(smooth)).mean() < 3


def test_colour_in_three_channels_and_in_grey(pixels):
    image = Image.fromarray(COLOUR)
    np.testing.assert_array_equal(pixels(image, channels=3).pixels, COLOUR.transpose(2, 0, 1))
    grey = pixels(image, channels=1)
    np.testing.assert_array_equal(grey.pixels[0], np.asarray(image.convert("L")))
    assert grey.changes == ["turned {} from colour to grey"]


def test_grey_stored_as_rgb_is_no_change(pixels):
    assert pixels(Image.fromarray(GREY).convert("RGB")).changes == []
    assert (pixels(Image.fromarray(GREY), channels=3).pixels == GREY).all()


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_other_modes(mode, pixels):
    image = Image.fromarray(COLOUR).convert("RGB").convert("L" if mode in ("LA", "1") else "RGB").convert(mode)
    found = pixels(image, "a.tif" if mode in ("CMYK", "YCbCr", "LAB") else "a.png", channels=3)
    assert found.pixels.shape == (3, 32, 32) and found.pixels.dtype == np.uint8
    if mode in ("CMYK", "LAB", "RGBA"):
        assert np.abs(found.pixels.astype(int) - COLOUR.transpose(2, 0, 1)).mean() < 40
    assert found.changes == ([f"turned the {mode} values of {{}} into RGB"] if mode in ("CMYK", "YCbCr", "LAB") else [])


def test_transparent_parts_lie_on_black(pixels):
    image = Image.fromarray(COLOUR).convert("RGBA")
    image.putalpha(Image.fromarray(np.where(np.arange(32) < 16, 0, 255).astype(np.uint8)[None].repeat(32, 0)))
    found = pixels(image, channels=3)
    assert (found.pixels[:, :, :16] == 0).all()
    np.testing.assert_array_equal(found.pixels[:, :, 16:], COLOUR.transpose(2, 0, 1)[:, :, 16:])
    assert found.changes == ["laid transparent parts of {} on black"]


def test_a_palette_with_a_transparent_colour(pixels):
    image = Image.fromarray(np.repeat([[0, 1]], 16, axis=1).repeat(32, 0).astype(np.uint8)).convert("P")
    image.putpalette([200, 0, 0, 0, 200, 0] + [0] * 762)
    found = pixels(image, channels=3, transparency=0)
    assert {tuple(colour) for colour in found.pixels.reshape(3, -1).T} == {(0, 0, 0), (0, 200, 0)}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_exif_says(orientation, pixels):
    image = Image.fromarray(GREY)
    stored = {
        1: image,
        2: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: image.transpose(Image.Transpose.ROTATE_180),
        4: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: image.transpose(Image.Transpose.TRANSPOSE),
        6: image.transpose(Image.Transpose.ROTATE_90),
        7: image.transpose(Image.Transpose.TRANSVERSE),
        8: image.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = pixels(stored, exif=exif)
    np.testing.assert_array_equal(found.pixels[0], GREY)
    assert found.changes == ([] if orientation == 1 else ["turned {} upright as the EXIF data say"])


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif"])
def test_of_an_animation_the_first_frame_is_taken(name, pixels):
    frames = [Image.fromarray(surface(k, 32)) for k in (1, 2, 3)]
    options = {"lossless": True} if name == "a.webp" else {}
    found = pixels(frames[0], name, save_all=True, append_images=frames[1:], **options)
    np.testing.assert_array_equal(found.pixels[0], GREY)
    assert found.changes == ["took the first frame of {}"]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_kept_until_the_whole_set_is_known(name, pixels):
    values = GREY.astype(np.uint16) * 16
    found = pixels(Image.fromarray(values), name)
    np.testing.assert_array_equal(found.pixels[0], values)
    assert found.pixels.dtype == np.float32 and found.top == values.max()


@pytest.mark.parametrize(("top", "depth"), [(4_000, 4_095), (65_000, 65_535), (200, 255)])
def test_one_scale_for_all_deep_pictures_of_a_set(top, depth, folder, read):
    for code, label in enumerate(("good", "pits")):
        for k in range(9):
            share = surface(100 * code + k) / 214 * (1 if code else 0.5)
            Image.fromarray((share * top).astype(np.uint16)).save(folder / label / f"{k}.png")
    images = read(folder)
    assert any(f"scaled the values 0 to {depth:,} of 18 images" in told for told in images.facts.repairs)
    means = [images.of(label).mean() for label in ("good", "pits")]
    assert 0.4 < means[0] / means[1] < 0.6
    assert abs(images.images.max() - 255 * top / depth) < 30


@pytest.mark.parametrize("top", [1.0, 255.0, 65_535.0])
def test_decimal_values_of_a_tiff(top, pixels):
    found = pixels(Image.fromarray((GREY / 255 * top).astype(np.float32)), "a.tif")
    scale = 65_535 if top == 1 else top
    np.testing.assert_allclose(found.pixels[0], GREY / 255 * scale, rtol=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 1e6])
def test_values_that_are_no_brightness(value, pixels):
    values = (GREY / 255).astype(np.float32)
    values[3, 3] = value
    with pytest.raises(UnusableError, match="no brightness"):
        pixels(Image.fromarray(values), "a.tif")


def test_a_picture_is_resized_with_antialiasing_and_whole(pixels):
    fine = Image.fromarray(np.tile(np.array([[0, 255], [255, 0]], np.uint8), (64, 96)))  # 128 x 192 chess board
    found = pixels(fine)
    assert abs(found.pixels.astype(int) - 127).max() <= 3
    assert found.changes == ["resized {} to 32 x 32", "squashed {}, which are not square, into a square"]
    marked = np.zeros((64, 192), np.uint8)
    marked[:, -12:] = 255  # a centre crop would lose it
    assert pixels(Image.fromarray(marked)).pixels[0, :, -1].min() > 200
    assert "enlarged {}, which are smaller than 32 pixels on a side" in pixels(Image.fromarray(GREY[:20, :20])).changes


def test_a_large_photograph_is_decoded_small_and_looks_the_same(pixels, tmp_path):
    large = Image.fromarray(COLOUR).resize((1600, 1200), Image.Resampling.BICUBIC)
    found = pixels(large, "a.jpg", channels=3, quality=95)
    whole = np.asarray(Image.open(tmp_path / "a.jpg").resize((32, 32), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
    assert np.abs(found.pixels.astype(int) - whole).mean() < 3
    assert found.origin == ("JPEG", 1600, 1200)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (300, 2)])
def test_specks_are_no_pictures(shape, pixels):
    with pytest.raises(UnusableError, match="smaller than 8 pixels on a side"):
        pixels(Image.fromarray(np.zeros(shape, np.uint8)))


ENCODED = {}
for _format in ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF"):
    _stream = io.BytesIO()
    Image.fromarray(GREY).save(_stream, _format)
    ENCODED[_format] = _stream.getvalue()


@pytest.mark.parametrize("name", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_truncated_file_is_left_out(name, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(ENCODED[name][: len(ENCODED[name]) // 2])
    with pytest.raises(UnusableError, match=r"damaged or truncated|no picture"):
        read_picture(path, 32, 1)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(ENCODED)),
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    keep=st.floats(0, 1),
)
def test_damaged_files_give_a_picture_or_a_reason(name, damage, keep, tmp_path_factory):
    content = bytearray(ENCODED[name])
    for at, value in damage:
        content[int(at * (len(content) - 1))] = value
    path = tmp_path_factory.mktemp("damaged") / "a"
    path.write_bytes(content[: int(keep * len(content)) + 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = read_picture(path, 32, 3)
        except ValueError as problem:  # UnusableError, or InputError for a header that promises too many pixels
            assert "\n" not in str(problem)
        else:
            assert found.pixels.shape == (3, 32, 32)
