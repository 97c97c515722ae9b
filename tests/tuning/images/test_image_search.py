"""The search of an image generator: the same study as for tables, on images set aside."""

import numpy as np
import pytest
from surface_sets import surfaces

from rarefault.errors import InputError
from rarefault.tuning.images import objectives
from rarefault.tuning.search import SearchSettings, job_of, summary, work
from rarefault.tuning.spaces import space_of
from rarefault.tuning.study import prepare

TINY = {"width": 0.0625, "loops": 2, "k_d": 1, "k_g": 1, "batch": 8, "device": "cpu"}


def never(value, look):
    """A trial that nobody stops."""


def pixels(images):
    return images.reshape(len(images), -1)[:, ::64].astype(float)


def test_frechet_is_smaller_for_a_generator_of_the_right_images(monkeypatch):
    class Perfect:
        def __init__(self, name, params):
            self.off = params["off"]

        def __call__(self, part, seed):
            assert len(part) < len(train)
            return self

        def sample(self, n, label):
            made = surfaces(tuple(n * (label == name) for name in train.facts.classes), 5).images
            return made // self.off

    train = surfaces((20, 20, 20))
    monkeypatch.setattr(objectives, "FitGenerator", Perfect)
    monkeypatch.setattr(objectives, "features", pixels)
    right, wrong = (objectives.frechet(train, "gan", {"off": off}, 0, never) for off in (1, 2))
    assert 0 < right < 0.5 * wrong


def test_too_few_groups_are_split_image_by_image():
    few = surfaces((12, 12, 12), grouped=False)
    one = type(few)(few.images, few.labels, few.facts, few.labels.copy())
    learned, held_out = objectives._apart(one, 0)
    assert len(held_out) == 12
    assert len(learned) == 24
    with pytest.raises(InputError):
        objectives.inner_f1(one, "dcgan", TINY, 0, never)


def test_inner_f1_reports_after_each_fold_and_repeats_itself():
    reports = []
    train = surfaces((12, 12, 12))
    values = [objectives.inner_f1(train, "dcgan", TINY, 0, lambda *at: reports.append(at)) for _ in range(2)]
    assert values[0] == values[1]
    assert [look for _, look in reports[:3]] == [1, 2, 3]
    assert reports[2][0] == values[0]
    assert 0 <= values[0] <= 1


def test_a_search_of_images_finds_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(objectives, "features", pixels)
    surfaces((12, 12, 12)).write(tmp_path / "images")
    searched = next(iter(space_of("dcgan", {})))
    settings = SearchSettings(generator="dcgan", trials=3, workers=1, objective="frechet", fixed=TINY)
    prepare("s", settings.identity, str(tmp_path / "journal"))
    assert work({**job_of(tmp_path / "images", settings, str(tmp_path / "journal"), "s"), "worker": "0"}) == 3
    found = summary(prepare("s", settings.identity, str(tmp_path / "journal")), settings)
    values = [trial["value"] for trial in found["trials"]]
    assert found["value"] == min(values)
    assert np.isfinite(values).all()
    assert searched in found["params"]
    assert found["params"]["loops"] == 2
