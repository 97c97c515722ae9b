"""The simulated surfaces: seeded, grouped, labelled as simulated, and with defects that can be told but not at once."""

import numpy as np
import pytest

from rarefault.datasets.simulators import IMAGE_SIMULATORS
from rarefault.errors import InputError
from rarefault.settings import from_params

SMALL = {
    "steel-surface": {"background": 24, "pits": 12, "rust": 12, "scratches": 12, "strips": 6},
    "ball-screw-surface": {"intact": 24, "pitting": 12, "rust": 12, "positions": 6},
}


def simulated(name, **settings):
    simulator = IMAGE_SIMULATORS[name]
    return simulator.simulate(from_params(simulator.settings, {**SMALL[name], **settings}))


@pytest.mark.parametrize("name", IMAGE_SIMULATORS)
@pytest.mark.parametrize(("size", "channels"), [(32, 1), (64, 3), (96, 1), (128, 3)])
def test_any_size_grey_or_colour(name, size, channels):
    images = simulated(name, size=size, channels=channels)
    assert images.images.shape[1:] == (channels, size, size) and images.images.dtype == np.uint8
    assert images.counts == {key: n for key, n in SMALL[name].items() if key in images.facts.classes}
    assert images.facts.background == images.facts.classes[0]
    assert len({image.tobytes() for image in images.images}) == len(images)
    assert 40 < images.images.mean() < 200


@pytest.mark.parametrize("name", IMAGE_SIMULATORS)
def test_they_say_that_they_are_simulated(name):
    images = simulated(name)
    assert images.facts.notes.startswith("SIMULATED") and images.facts.name == name
    assert all(source.startswith("simulated") for source in images.sources)


@pytest.mark.parametrize("name", IMAGE_SIMULATORS)
def test_same_seed_same_pictures_and_more_of_a_class_leaves_the_others(name):
    one, same, other = simulated(name, seed=1), simulated(name, seed=1), simulated(name, seed=2)
    np.testing.assert_array_equal(one.images, same.images)
    assert (one.images != other.images).mean() > 0.5
    more = simulated(name, seed=1, rust=20)
    np.testing.assert_array_equal(more.of("rust")[:12], one.of("rust"))
    background = one.facts.background
    np.testing.assert_array_equal(more.of(background), one.of(background))


@pytest.mark.parametrize("name", IMAGE_SIMULATORS)
def test_a_group_has_a_look_of_its_own_and_holds_every_class(name):
    images = simulated(name)
    assert len(set(images.groups)) == 6
    means = images.images.mean(axis=(1, 2, 3))
    clean = images.labels == images.facts.background
    names = sorted(set(images.groups))
    within = np.mean([means[clean & (images.groups == group)].std() for group in names])
    between = np.std([means[clean & (images.groups == group)].mean() for group in names])
    assert between > within
    for group in names:
        assert set(images.labels[images.groups == group]) == set(images.facts.classes)


@pytest.mark.parametrize("name", IMAGE_SIMULATORS)
def test_severity_makes_defects_plainer(name):
    faint, plain = (simulated(name, severity=severity).images.astype(float) for severity in (0.3, 1.5))
    labels = simulated(name).labels
    background = IMAGE_SIMULATORS[name].background
    np.testing.assert_array_equal(faint[labels == background], plain[labels == background])
    dark = [np.percentile(values[labels != background], 1) for values in (faint, plain)]
    assert dark[1] < dark[0]


def test_rust_is_brown_in_colour():
    for name in IMAGE_SIMULATORS:
        images = simulated(name, channels=3)
        red = images.images[:, 0].astype(float) - images.images[:, 2]
        background = images.facts.background
        assert (
            np.percentile(red[images.labels == "rust"], 95) > np.percentile(red[images.labels == background], 95) + 10
        )


@pytest.mark.parametrize("name", IMAGE_SIMULATORS)
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"size": 100}, "size must be a multiple of 32"),
        ({"channels": 2}, "channels must be 1 or 3"),
        ({"severity": 0}, "severity must be > 0"),
        ({"rust": 3}, "rust must be from 8"),
        ({"holes": 3}, "no setting 'holes'"),
    ],
)
def test_settings_are_checked(name, settings, reason):
    with pytest.raises(InputError, match=reason):
        simulated(name, **settings)


def test_the_number_of_groups_is_checked():
    for name, setting in (("steel-surface", "strips"), ("ball-screw-surface", "positions")):
        with pytest.raises(InputError, match=f"{setting} must be from 2"):
            simulated(name, **{setting: 1})
