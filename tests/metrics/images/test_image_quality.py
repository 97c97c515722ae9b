import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from rarefault.metrics.images import fid as fid_module
from rarefault.metrics.images.diversity import diversity
from rarefault.metrics.images.features import features
from rarefault.metrics.images.fid import fid, fid_report
from rarefault.metrics.images.frechet import frechet_distance
from rarefault.metrics.images.interpolation import interpolate, realism
from rarefault.metrics.images.memorising import memorising, nearest_real
from rarefault.metrics.images.projection import project_tsne
from rarefault.metrics.images.quality import nearest_pairs, quality

PIXELS = "pixels"


def surfaces(n: int, seed: int = 0, size: int = 32) -> np.ndarray:
    """Grey images with a dark spot somewhere, and grain."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size))
    at = rng.uniform(0, size, (n, 2, 1, 1))
    spot = np.exp(-((y - at[:, 0]) ** 2 + (x - at[:, 1]) ** 2) / (2 * (size / 6) ** 2))
    level = rng.uniform(140, 200, (n, 1, 1))
    pixels = level - 100 * spot + rng.normal(size=(n, size, size)) * 6
    return np.clip(pixels, 0, 255).astype(np.uint8)[:, None]


def noisy(images: np.ndarray, seed: int = 0) -> np.ndarray:
    grain = np.random.default_rng(seed).normal(size=images.shape) * 6
    return np.clip(images + grain, 0, 255).astype(np.uint8)


def endless(images: np.ndarray):
    """A sampler that goes through the images again and again."""
    at = iter(range(0, 10**9))

    def sample(n: int) -> np.ndarray:
        return images[[next(at) % len(images) for _ in range(n)]]

    return sample


class Spots:
    """A decoder whose two latent numbers are the place of a spot."""

    settings = SimpleNamespace(latent=2)

    def decode(self, latents: np.ndarray, label: str) -> np.ndarray:
        assert latents.dtype == np.float32
        y, x = np.indices((32, 32))
        place = 16 + 5 * latents[:, :, None, None]
        spot = np.exp(-((y - place[:, 0]) ** 2 + (x - place[:, 1]) ** 2) / 18)
        return (200 - 150 * spot).astype(np.uint8)[:, None]


def test_fid_is_the_distance_of_the_features():
    a, b = surfaces(12), surfaces(10, 1)
    assert fid(a, b, PIXELS) == frechet_distance(features(a, PIXELS), features(b, PIXELS))


def test_the_report_draws_as_many_images_as_are_real_and_gives_mean_and_spread():
    real, asked = surfaces(40), []
    sample = endless(surfaces(400, 1))
    report = fid_report(real, lambda n: asked.append(n) or sample(n), draws=4, network=PIXELS)
    assert asked == [40] * 4
    assert (report["images"], report["draws"], report["features"]) == (40, 4, 64)
    assert report["network"] == "8 x 8 pixels (64 features)"
    for figure in report["original"].values():
        assert figure["mean"] == pytest.approx(np.mean(figure["values"]))
        assert figure["spread"] == pytest.approx(np.std(figure["values"], ddof=1))
    assert report["augmented"] is None
    assert "biased upwards" in report["notes"][0]
    json.dumps(report)


def test_new_images_of_the_same_kind_are_as_far_as_real_halves_and_others_farther():
    real = surfaces(60)
    same = fid_report(real, endless(surfaces(600, 1)), draws=5, network=PIXELS)["halves"]
    other = fid_report(real, endless(255 - surfaces(600, 1)), draws=5, network=PIXELS)["halves"]
    assert same["images"] == 30
    assert 0.5 < same["generated"]["mean"] / same["real"]["mean"] < 2
    assert other["generated"]["mean"] > 5 * other["real"]["mean"]


def test_augmented_images_are_compared_in_equal_numbers(monkeypatch):
    real = surfaces(10)
    sizes = []
    monkeypatch.setattr(fid_module, "frechet_distance", lambda a, b: sizes.append((len(a), len(b))) or 0.0)
    report = fid_report(real, endless(surfaces(50, 1)), augmented=real.repeat(3, axis=0), draws=2, network=PIXELS)
    assert sizes == [(10, 10)] * 4
    assert report["augmented"]["fid"]["mean"] == 0.0


def test_halves_keep_groups_together():
    groups = np.repeat(["a", "b", "c", "d", "e"], [7, 5, 4, 3, 1])
    for seed in range(20):
        first, second = fid_module._halves(20, groups, np.random.default_rng(seed))
        assert len(first) == len(second) >= 2
        assert not set(groups[first]) & set(groups[second])


def test_one_group_is_halved_at_random_and_a_note_says_so():
    report = fid_report(surfaces(8), endless(surfaces(30, 1)), groups=np.array(["a"] * 8), draws=2, network=PIXELS)
    assert report["halves"]["images"] == 4
    assert any("one group" in note for note in report["notes"])


def test_three_images_have_no_halves():
    report = fid_report(surfaces(3), endless(surfaces(9, 1)), draws=2, network=PIXELS)
    assert report["halves"] is None
    assert any("too few" in note for note in report["notes"])


def test_the_same_seed_gives_the_same_report():
    real = surfaces(12)
    first, second = (
        fid_report(real, endless(surfaces(50, 1)), augmented=surfaces(30, 2), draws=3, network=PIXELS, seed=5)
        for _ in range(2)
    )
    assert first == second


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="at least 2 images"):
        fid_report(surfaces(1), endless(surfaces(9)), network=PIXELS)
    with pytest.raises(ValueError, match="draws must be >= 1"):
        fid_report(surfaces(5), endless(surfaces(9)), draws=0, network=PIXELS)


def test_diversity_of_the_same_kind_is_about_one():
    found = diversity(features(surfaces(60), PIXELS), features(surfaces(90, 1), PIXELS))
    assert found["ratio"] == pytest.approx(1, abs=0.2)
    assert found["nearest_ratio"] == pytest.approx(1, abs=0.35)
    assert not found["collapsed"]
    assert found["why"] == ""


@pytest.mark.parametrize("kinds", [1, 4])
def test_few_images_again_and_again_are_a_collapse(kinds):
    repeated = noisy(surfaces(kinds, 1).repeat(60 // kinds, axis=0))
    found = diversity(features(surfaces(60), PIXELS), features(repeated, PIXELS))
    assert found["collapsed"]
    assert "mode collapse" in found["why"]


def test_identical_images_have_no_diversity():
    one = np.ones((5, 3))
    assert diversity(one, one)["ratio"] == 1.0
    assert diversity(one, np.random.default_rng(0).normal(size=(5, 3)))["ratio"] == 0.0
    assert diversity(np.random.default_rng(0).normal(size=(5, 3)), one)["ratio"] == 0.0


def test_nearest_real_images_by_hand():
    position, distance = nearest_real(np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([[8.0, 0.0], [0.0, 2.0]]))
    assert position.tolist() == [1, 0]
    assert distance.tolist() == [2.0, 1.0]


def test_copies_are_found_and_new_images_are_not():
    real = surfaces(80)
    rows = features(real, PIXELS)
    copies = memorising(features(noisy(real), PIXELS), rows)
    new = memorising(features(surfaces(80, 1), PIXELS), rows)
    assert copies["memorised"]
    assert copies["share"] > 0.5
    assert not new["memorised"]
    assert memorising(rows, rows)["share"] == 1.0
    with pytest.raises(ValueError, match="at least 1 generated"):
        memorising(rows[:0], rows)


def test_augmented_images_do_not_hide_copies_by_lying_close_to_their_originals():
    real = surfaces(60)
    rows, near, copies = (features(images, PIXELS) for images in (real, noisy(real, 1), noisy(real, 2)))
    assert memorising(copies, rows, near)["share"] > 0.5
    assert not memorising(features(surfaces(60, 1), PIXELS), rows, near)["memorised"]


def test_quality_warns_of_copies_and_of_collapse():
    real = surfaces(60)
    kept = {"draws": 2, "network": PIXELS}
    assert quality(real, endless(surfaces(500, 1)), **kept)["warnings"] == []
    (memorised,) = quality(real, endless(noisy(real)), **kept)["warnings"]
    assert memorised.startswith("memorised: ")
    assert "(by pixels)" in memorised
    collapse, *_ = quality(real, endless(noisy(surfaces(2, 1).repeat(40, axis=0))), **kept)["warnings"]
    assert collapse.startswith("mode collapse")


def test_copies_of_augmented_images_are_copies():
    real = surfaces(60)
    flipped = np.ascontiguousarray(real[..., ::-1])
    kept = {"draws": 1, "network": PIXELS}
    assert quality(real, endless(noisy(flipped)), **kept)["warnings"] == []
    assert quality(real, endless(noisy(flipped)), augmented=flipped, **kept)["warnings"]


def test_noise_does_not_hide_copies_from_the_coarse_pixels():
    real = surfaces(40, size=64)
    found = quality(real, endless(noisy(real)), draws=1)
    assert found["memorising"]["pixels"]["share"] > 0.9
    json.dumps(found)


def test_nearest_pairs_show_copies_first():
    real, generated = surfaces(30), surfaces(10, 1)
    generated[4] = real[7]
    pairs = nearest_pairs(real, generated, n=3, network=PIXELS)
    np.testing.assert_array_equal(pairs["generated"][0], pairs["real"][0])
    np.testing.assert_array_equal(pairs["real"][0], real[7])
    assert pairs["distance"][0] == pytest.approx(0.0, abs=1e-6)
    assert (np.diff(pairs["distance"]) >= 0).all()


def test_projection_is_bounded_and_repeatable():
    first, second = (project_tsne(surfaces(310), surfaces(20, 1), PIXELS, seed=3) for _ in range(2))
    assert first == second
    assert (len(first["real"]), len(first["generated"])) == (300, 20)
    assert np.isfinite(first["real"]).all()
    assert first["network"] == "8 x 8 pixels (64 features)"


def test_few_images_are_projected_and_three_are_refused():
    assert len(project_tsne(surfaces(3), surfaces(1), PIXELS)["generated"]) == 1
    with pytest.raises(ValueError, match="at least 4 images, got 2 real and 1 generated"):
        project_tsne(surfaces(2), surfaces(1), PIXELS)


def test_strips_have_the_same_ends_and_the_fade_blends():
    strips = interpolate(Spots(), "pitting", pairs=2, steps=5)
    assert strips["latent"].shape == strips["fade"].shape == (2, 5, 1, 32, 32)
    np.testing.assert_array_equal(strips["latent"][:, [0, -1]], strips["fade"][:, [0, -1]])
    ends = strips["fade"][:, [0, -1]].astype(float)
    np.testing.assert_allclose(strips["fade"][:, 2], ends.mean(axis=1), atol=0.51)
    np.testing.assert_array_equal(interpolate(Spots(), "pitting", pairs=2, steps=5)["latent"], strips["latent"])


def test_noise_between_two_ends_is_as_long_as_they_are():
    asked = []

    class Listening(Spots):
        settings = SimpleNamespace(latent=200)

        def decode(self, latents, label):
            asked.append(latents)
            return super().decode(latents[:, :2], label)

    interpolate(Listening(), "pitting", pairs=1, steps=7)
    lengths = np.linalg.norm(asked[0], axis=1)
    assert lengths.min() > 0.95 * min(lengths[[0, -1]])


def test_what_lies_between_is_nearer_to_real_images_than_a_fade():
    real = Spots().decode(np.random.default_rng(1).normal(size=(300, 2)).astype(np.float32), "pitting")
    found = realism(interpolate(Spots(), "pitting", pairs=6, steps=7), real, PIXELS)
    assert found["latent"] < found["fade"]


def test_a_translator_has_no_strips():
    assert interpolate(object(), "rust") is None
    with pytest.raises(ValueError, match="at least 1 pair and 3 steps, got 1 and 2"):
        interpolate(Spots(), "rust", pairs=1, steps=2)


def test_real_classes_of_steel_are_farther_apart_than_their_halves(real_data):
    def of(label: str) -> np.ndarray:
        files = sorted((real_data / "neu_det" / label).glob("*.jpg"))[:60]
        return np.stack([np.asarray(Image.open(file).convert("L"))[None] for file in files])

    scratches, patches = of("scratches"), of("patches")
    report = fid_report(scratches, endless(patches), draws=1)
    assert report["halves"]["generated"]["mean"] > 3 * report["halves"]["real"]["mean"]
    assert report["original"]["kid"]["mean"] > 0.01
    assert report["original"]["precision"]["mean"] < 0.2
    same = fid_report(scratches[::2], endless(scratches[1::2]), draws=1)
    assert same["original"]["kid"]["mean"] == pytest.approx(0, abs=0.01)
    assert same["original"]["precision"]["mean"] > 0.5
