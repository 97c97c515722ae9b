"""The step that reads images and sets the test images aside, and its component."""

import json

import numpy as np
import pytest
from PIL import Image
from surface_pixels import surface

from components.ingest_images import ingest_images as component
from rarefault import steps
from rarefault.datasets.images.copies import pixel_hashes
from rarefault.datasets.images.image_set import ImageSet
from rarefault.errors import InputError
from rarefault.steps.image_ingestion import folder_fingerprint

GIVEN = {"pipeline": "defect-augmentation", "size": 32, "channels": 1, "folds": 3}


@pytest.fixture
def line(tmp_path):
    root = tmp_path / "line"
    for code, label in enumerate(("ok", "pits", "rust")):
        for k in range(30 if label == "ok" else 12):
            place = root / label / f"strip {k % 8}"
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(surface(1000 * code + k)).save(place / f"{k}.png")
    return root


@pytest.fixture
def ingest(tmp_path):
    def run(data, **options):
        folders = [str(tmp_path / name) for name in ("train", "test", "facts")]
        numbers = steps.ingest_images(str(data), *folders, record=str(tmp_path / "record"), **{**GIVEN, **options})
        facts = json.loads((tmp_path / "facts" / "data.json").read_text())
        return numbers, facts, ImageSet.read(folders[0]), ImageSet.read(folders[1])

    return run


def test_both_parts_and_what_is_known_are_written(line, ingest, tmp_path):
    numbers, facts, train, test = ingest(line)
    assert numbers["rows"] == 54 and numbers["faults"] == 24
    assert numbers["test_rows"] == len(test) and numbers["test_faults"] == (test.labels != "ok").sum()
    assert facts["name"] == "line" and facts["background"] == "ok" and facts["shape"] == [1, 32, 32]
    assert facts["split"] == "by folder" and facts["groups"] == {"train": 6, "test": 2}
    assert facts["classes"] == {name: {"train": train.counts[name], "test": n} for name, n in test.counts.items()}
    assert not set(train.groups) & set(test.groups)
    assert facts["repairs"] == list(train.facts.repairs) and "resized 54 images to 32 x 32" in facts["repairs"]
    for part, name in ((train, "training"), (test, "held_out")):
        np.testing.assert_array_equal(np.load(tmp_path / "facts" / f"{name}.npy"), pixel_hashes(part.images))
    assert json.loads((tmp_path / "record").read_text())["rows"] == 54


def test_the_fingerprint_knows_the_content_and_not_the_names(line, ingest):
    first = ingest(line)[1]["fingerprint"]
    (line / "ok" / "strip 0" / "0.png").rename(line / "ok" / "strip 0" / "00.png")
    assert ingest(line)[1]["fingerprint"] == first
    Image.fromarray(surface(77)).save(line / "ok" / "strip 0" / "00.png")
    assert ingest(line)[1]["fingerprint"] != first


def test_a_folder_that_changed_while_the_run_started(line, ingest):
    seen = folder_fingerprint(str(line))
    assert len(seen) == 64
    ingest(line, fingerprint=seen)
    Image.fromarray(surface(77)).save(line / "ok" / "strip 0" / "new.png")
    with pytest.raises(InputError, match="changed while the run was starting"):
        ingest(line, fingerprint=seen)
    assert folder_fingerprint("steel-surface") == ""


def test_a_simulated_set_takes_the_sizes_of_the_preset(ingest):
    params = {"intact": 40.0, "pitting": 20.0, "rust": 20.0}
    _, facts, train, _ = ingest("ball-screw-surface", data_params=params, size=0, channels=0)
    assert facts["shape"] == [1, 64, 64] and facts["split"] == "by position"
    assert facts["notes"].startswith("SIMULATED") and train.facts.background == "intact"


def test_a_set_too_small_for_the_inner_folds_is_refused_at_once(line, ingest):
    with pytest.raises(InputError, match="in the training images, 7 inner folds need at least 7 groups"):
        ingest(line, folds=7)


def test_a_set_that_cannot_be_split_names_itself(line, ingest):
    for k in range(1, 8):
        for file in (line / "rust" / f"strip {k}").iterdir():
            file.rename(line / "rust" / "strip 0" / f"{k} {file.name}")
    with pytest.raises(InputError, match="line: a split needs at least 2 groups with images of class 'rust', got 1"):
        ingest(line)


def test_an_unknown_preset(line, ingest):
    with pytest.raises(InputError, match="unknown preset 'fast'"):
        ingest(line, preset="fast", size=0)


def test_the_component_writes_what_the_step_wrote(line, tmp_path):
    class Artifact:
        def __init__(self, path):
            self.path, self.metrics = str(path), {}

        def log_metric(self, name, value):
            self.metrics[name] = value

    train, test, facts, metrics = (Artifact(tmp_path / "out" / name) for name in ("train", "test", "facts", "metrics"))
    (tmp_path / "out").mkdir()
    component.python_func(
        data=str(line), background="", group_column="", image_size=32, channels=1, limit_per_class=0, data_params={},
        test_size=0.25, folds=3, pipeline="defect-augmentation", preset="quick", seed=0, fingerprint="",
        train=train, test=test, facts=facts, metrics=metrics,
    )  # fmt: skip
    assert metrics.metrics["rows"] == 54
    assert len(ImageSet.read(train.path)) + len(ImageSet.read(test.path)) == 54
