import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from rarefault.report.images import charts, sheets
from rarefault.report.images.pictures import MOST_PIXELS, Strip, png_uri, sheet


def noise(n: int, channels: int = 1, size: int = 32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, channels, size, size), dtype=np.uint8)


def pictures(svg: str) -> list[Image.Image]:
    uris = re.findall(r'href="data:image/png;base64,([^"]+)"', svg)
    return [Image.open(io.BytesIO(base64.b64decode(uri))) for uri in uris]


def words(svg: str) -> str:
    return " ".join(ElementTree.fromstring(svg).itertext())


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_kept_exactly(channels):
    (image,) = noise(1, channels)
    (seen,) = pictures(f'href="{png_uri(image)}"')
    assert seen.mode == ("L" if channels == 1 else "RGB")
    np.testing.assert_array_equal(np.asarray(seen).reshape(32, 32, -1), image.transpose(1, 2, 0))


def test_a_sheet_holds_every_image_of_its_strips():
    svg = sheet([Strip("a < b", noise(13), "note"), Strip("c", noise(0)), Strip("d", noise(2))], 'say "it"', columns=5)
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == 'say "it"'
    assert len(pictures(svg)) == 15
    assert "a < b" in words(svg)
    assert "note" in words(svg)
    *_, width, height = map(float, root.get("viewBox").split())
    for image in root.iter("{http://www.w3.org/2000/svg}image"):
        assert float(image.get("x")) + float(image.get("width")) <= width
        assert float(image.get("y")) + float(image.get("height")) <= height


def test_a_sheet_without_images_is_none():
    assert sheet([], "nothing") is None
    assert sheet([Strip("a", noise(0))], "nothing") is None
    assert sheets.contact_sheet({}, {}) is None
    assert sheets.interpolation_sheet({"rust": None}) is None


def test_large_images_are_shrunk_and_small_ones_are_not():
    large = sheet([Strip("a", noise(20, 3, 256))], "large")
    assert sum(p.width * p.height for p in pictures(large)) <= MOST_PIXELS
    assert len(large) < 1_000_000
    assert pictures(sheet([Strip("a", noise(20, 3, 32))], "small"))[0].size == (32, 32)


def test_strange_titles_and_captions_stay_inside():
    captions = ["one\ntwo", "\x00<script>" + "y" * 200]
    svg = sheet([Strip("<b>" + "x" * 300, noise(2), "n " * 200, captions)], "strange")
    ElementTree.fromstring(svg)
    assert "<script>" not in svg
    assert max(map(len, words(svg).split())) < 40


def test_a_contact_sheet_shows_real_above_generated_and_spreads_its_choice():
    real = np.arange(100, dtype=np.uint8)[:, None, None, None].repeat(4, axis=2).repeat(4, axis=3)
    svg = sheets.contact_sheet({"pits": real}, {"pits": 255 - real}, lines=1)
    levels = [int(np.asarray(p)[0, 0]) for p in pictures(svg)]
    assert levels[:10] == [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]
    assert levels[10:] == [255 - level for level in levels[:10]]


def test_wrong_answers_come_first_with_what_was_said_and_what_is():
    images, codes = noise(4), np.array([0, 1, 1, 0])
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.4, 0.6]])
    text = words(sheets.answers_sheet(images, codes, p, ["intact", "rust"]))
    assert "wrong 2 said intact is rust said rust is intact" in text
    assert "right 2" in text
    np.testing.assert_array_equal(
        np.asarray(pictures(sheets.answers_sheet(images, codes, p, ["a", "b"]))[0]), images[1, 0]
    )


def test_answers_show_each_class_in_turn_and_count_what_is_left_out():
    codes = np.array([0] * 30 + [1] * 3)
    p = np.where(codes[:, None] == np.arange(2), 0.8, 0.2) + np.linspace(0, 0.1, 33)[:, None] * [1, 0]
    text = words(sheets.answers_sheet(noise(33), codes, p, ["intact", "rust"], most=6))
    assert "right 6 of 33 intact rust intact rust intact rust" in text


def test_pairs_strips_and_translations():
    pairs = {"rust": {"generated": noise(3), "real": noise(3, seed=1), "distance": np.array([0.5, 1.0, 2.25])}}
    assert "0.50 1.00 2.25" in words(sheets.nearest_sheet(pairs))
    strips = noise(24).reshape(2, 12, 1, 32, 32)
    assert len(pictures(sheets.interpolation_sheet({"rust": {"latent": strips, "fade": strips}}))) == 48
    stages = {"rust": [("background", noise(15)), ("rust made", noise(15)), ("back again", noise(15))]}
    assert len(pictures(sheets.translation_sheet(stages))) == 30


def report(mean: float, halves: bool = True, augmented: bool = True) -> dict:
    spread = {"mean": mean, "spread": 2.0, "values": [mean - 1, mean + 1]}
    return {
        "network": "EfficientNet-Lite0 (1280 features)",
        "original": {"fid": spread},
        "augmented": {"fid": spread} if augmented else None,
        "halves": {"images": 4, "real": spread, "generated": spread} if halves else None,
    }


def test_distances_have_a_panel_for_each_class_and_name_the_network():
    generators = {"DCGAN": {"pits": report(90), "rust": report(80)}, "LSGAN": {"rust": report(70, False, False)}}
    pits, rust = charts.distances(generators)
    assert "FID in EfficientNet-Lite0 (1280 features)" in words(pits)
    assert "LSGAN" not in words(pits)
    assert "LSGAN" in words(rust)
    assert "real half against real half" in words(rust)
    assert charts.distances({}) == []


def test_charts_are_drawn_from_what_the_metrics_and_generators_give():
    (points,) = charts.projections({"rust": {"real": [[0, 1], [2, 3]], "generated": [[1, 1]], "network": "x"}})
    assert "generated" in words(points)
    history = {"pits/d_loss": [1.0] * 900, "pits/g_loss": [2.0], "critic": [0.1, 0.2]}
    pits, rest = charts.losses(history)
    assert "discriminator's loss" in words(pits)
    assert "critic" in words(rest)
    assert len(pits) < 60_000
    state = {"collapsed": True, "reason": "x", "diversity": 0.1, "distinct": 9.0, "saturation": 0.5}
    svg = charts.health({"rust": state}, {"diversity": 0.2})
    assert "rust (collapsed)" in words(svg)
    assert charts.health({}, {}) is None


def test_confusion_matrices_count_and_share():
    first, second = charts.confusion_matrices(
        {"task 1": [[3, 1], [0, 4]], "mean": [[3.5, 0.5], [0, 4]]}, ["intact", "rust"]
    )
    assert "75\u202f%" in words(first)
    assert "3.5" in words(second)
    assert "3.5" not in words(first)


def test_an_absent_class_has_no_share():
    (svg,) = charts.confusion_matrices({"empty": np.zeros((3, 3))}, ["a", "b", "c"])
    assert "nan" not in svg
