"""Each way in which a GAN fails is noticed, and a sound one is not called collapsed."""

import json

import numpy as np
import pytest

from rarefault.generators.image.health import effective_rank, judge, saturation

REAL = np.random.default_rng(0).integers(0, 256, (40, 1, 32, 32), dtype=np.uint8)
OTHER = np.random.default_rng(1).integers(0, 256, (64, 1, 32, 32), dtype=np.uint8)


def test_images_of_the_same_kind_are_sound():
    weights = {"conv": np.random.default_rng(0).normal(size=(8, 3, 5, 5))}
    health = judge(OTHER, REAL, accuracy=[0.7] * 40, weights=weights)
    assert health["collapsed"] is False
    assert health["reason"] == ""
    assert health["diversity"] == pytest.approx(1.0, abs=0.05)
    assert health["distinct"] == pytest.approx(1.0, abs=0.1)
    assert health["rank"] == pytest.approx(1.0, abs=0.1)
    assert health["saturation"] == 0.0
    assert health["spectrum"] > 0.8
    assert json.loads(json.dumps(health)) == health


def test_one_image_again_and_again_is_no_diversity():
    same = np.repeat(REAL[:1], 40, axis=0)
    health = judge(same, REAL)
    assert health["collapsed"]
    assert health["diversity"] == health["distinct"] == health["rank"] == 0.0
    assert "hardly differ" in health["reason"]


def test_three_images_again_and_again_are_mode_collapse_though_they_differ():
    health = judge(REAL[np.arange(40) % 3], REAL)
    assert health["diversity"] > 0.5
    assert health["distinct"] == 0.0
    assert "mode collapse" in health["reason"]


def test_images_along_one_line_have_no_rank():
    steps = np.linspace(-1, 1, 40)[:, None, None, None]
    line = (128 + 100 * steps * np.sign(REAL[:1].astype(float) - 128)).astype(np.uint8)
    assert "too few directions" in judge(line, REAL)["reason"]


def test_noise_in_place_of_a_surface_is_noticed():
    smooth = np.repeat(np.repeat(REAL[:, :, ::8, ::8], 8, axis=2), 8, axis=3)
    health = judge(OTHER, smooth)
    assert health["roughness"] == pytest.approx(31 / 3, rel=0.15)
    assert "noise in place of a surface" in health["reason"]
    assert not judge(smooth, smooth)["collapsed"]


def test_a_discriminator_that_is_always_right_is_saturated():
    assert saturation([0.5] * 75 + [1.0] * 25) == 1.0
    assert saturation([1.0] * 75 + [0.5] * 25) == 0.0
    assert saturation([]) == 0.0
    health = judge(OTHER, REAL, accuracy=[0.9] * 60 + [1.0] * 40)
    assert "never deceived" in health["reason"]


def test_weights_of_one_direction_are_spectral_collapse():
    sound = np.random.default_rng(0).normal(size=(64, 32, 3, 3))
    flat = np.outer(np.arange(1.0, 65.0), np.ones(32 * 9)).reshape(64, 32, 3, 3)
    health = judge(OTHER, REAL, weights={"first": sound, "second": flat})
    assert health["spectrum"] == pytest.approx(1 / 64)
    assert "spectral collapse" in health["reason"]


def test_weights_that_are_no_numbers_have_no_rank_and_the_cause_comes_first():
    health = judge(OTHER, REAL, weights={"first": np.full((4, 4), np.nan)}, broken="the training diverged")
    assert health["spectrum"] == 0.0
    assert health["reason"].startswith("the training diverged; ")


def test_real_images_that_are_all_alike_ask_for_no_diversity():
    alike = np.full((5, 3, 32, 32), 100, dtype=np.uint8)
    assert judge(alike, alike)["diversity"] == 1.0


def test_effective_rank_by_hand():
    assert effective_rank(np.diag([2.0, 2.0, 2.0, 0.0])) == pytest.approx(3.0)
    assert effective_rank(np.diag([1.0, 3.0])) == pytest.approx(np.exp(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75))))
    assert effective_rank(np.zeros((3, 2))) == 0.0
