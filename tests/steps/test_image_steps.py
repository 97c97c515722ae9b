"""The parts of the image steps that need no training."""

import json

import numpy as np
import pytest

from rarefault import presets
from rarefault.errors import InputError
from rarefault.steps.image_challenge import macro_f1, paired_macro_f1
from rarefault.steps.image_comparison import chosen_recipes
from rarefault.steps.image_settings import ChosenMethods, checkpoint_place, generator_settings, title_of

PIPELINE = presets.AUGMENTATION


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.json"
    path.write_text(json.dumps({"generator": "dcgan", "given": {"loops": 7}, "searched": {"lr": 0.007}}))
    return str(path)


@pytest.mark.parametrize("pipeline", sorted(presets.PRESETS))
@pytest.mark.parametrize("name", ["quick", "paper"])
def test_every_preset_is_complete_and_its_settings_are_accepted(pipeline, name):
    from rarefault.classifiers.image import Inspector
    from rarefault.generators.image import IMAGE_GENERATORS

    chosen = presets.preset(pipeline, name)
    assert set(chosen) == set(presets.preset(pipeline, "quick"))
    for part in ("generators", "fold_generators"):
        for method, params in chosen[part].items():
            IMAGE_GENERATORS[method].from_params(params)
    for method, params in chosen["inspectors"].items():
        Inspector.from_params({**params, "network": method})


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="unknown preset 'slow'; known presets: quick, paper"):
        presets.preset(PIPELINE, "slow")


def test_what_is_given_and_found_goes_before_the_preset(study):
    quick = presets.preset(PIPELINE, "quick")["generators"]["dcgan"]
    found = generator_settings(study, PIPELINE, "quick", "dcgan", {"dcgan": {"loops": 1}})
    assert found == {**quick, "loops": 7, "lr": 0.007}
    assert generator_settings(study, PIPELINE, "quick", "dcgan", {}, fold=True)["loops"] == 7
    other = generator_settings(study, PIPELINE, "quick", "lsgan", {"lsgan": {"batch": 9}})
    assert (other["batch"], other["lr"]) == (9, quick["lr"])


def test_inside_the_folds_a_preset_has_settings_of_its_own(tmp_path):
    study = tmp_path / "study.json"
    study.write_text(json.dumps({"generator": "dcgan", "given": {}, "searched": {}}))
    wide, fold = (
        generator_settings(str(study), PIPELINE, "quick", "dcgan", {}, fold=f)["loops"] for f in (False, True)
    )
    assert fold < wide


def names(*args):
    return [recipe.name for recipe in chosen_recipes(*args)]


def test_the_untouched_images_are_always_compared():
    assert names(PIPELINE, "quick", "dcgan", []) == ["untouched", "classical", "dcgan", "dcgan+classical"]
    assert names(PIPELINE, "quick", "dcgan", ["lsgan"]) == ["untouched", "classical", "lsgan"]
    assert names(presets.TRANSLATION, "quick", "pegan", []) == ["untouched", "classical", "pegan"]
    (pegan,) = [r for r in chosen_recipes(presets.TRANSLATION, "quick", "pegan", [], 2.0) if r.sampler]
    assert (pegan.amount, pegan.number) == ("times", 2.0)


def test_an_unknown_strategy_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"unknown strategies \['magic'\]; known strategies: \['untouched'"):
        chosen_recipes(PIPELINE, "quick", "dcgan", ["magic"])


def test_macro_f1_by_hand():
    y, said = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    # class 0: 2 * 1 / (2 + 2), class 1: 2 * 2 / (2 + 3), class 2: 0
    assert macro_f1(y, said, 3) == pytest.approx((0.5 + 0.8 + 0.0) / 3)


def test_equal_answers_differ_by_nothing_and_better_ones_by_more():
    y = np.repeat([0, 1, 2], 20)
    right, wrong = np.tile(y, (3, 1)), np.tile(np.roll(y, 5), (3, 1))
    same, _, _ = paired_macro_f1(y, wrong, wrong, 3, seed=0)
    assert (same["value"], same["low"], same["high"], same["p_better"]) == (0, 0, 0, 0.5)
    better, ours, theirs = paired_macro_f1(y, right, wrong, 3, seed=0)
    assert better["low"] > 0
    assert better["p_better"] == 1
    assert ours["value"] == 1 > theirs["high"]
    assert paired_macro_f1(y, right, wrong, 3, seed=0)[0] == better


def test_classical_methods_travel_to_other_processes():
    import pickle

    methods = pickle.loads(pickle.dumps(ChosenMethods(("flip", "noise"))))
    images = np.random.default_rng(0).integers(0, 255, (4, 1, 32, 32), dtype=np.uint8)
    assert methods(images, 6, 1).shape == (6, 1, 32, 32)
    np.testing.assert_array_equal(methods(images, 6, 1), methods(images, 6, 1))


def test_names_of_places_and_people():
    assert checkpoint_place("", "train") is None
    assert str(checkpoint_place("/x", "train", "a/b")) == "/x/train/a-b"
    assert title_of("classical", "dcgan") == "DCGAN on augmented images"
    assert title_of("pegan", "pegan") == "PE-GAN"


def test_the_noise_of_a_gan_can_be_walked_through():
    from rarefault.generators.image import IMAGE_GENERATORS
    from rarefault.metrics.images.interpolation import interpolate

    images = np.random.default_rng(0).integers(0, 255, (8, 1, 32, 32), dtype=np.uint8)
    labels = np.array(["pits"] * 8, dtype=object)
    params = {"width": 0.0625, "loops": 2, "batch": 4, "compile": "none"}
    generator = IMAGE_GENERATORS["dcgan"].from_params(params).fit(images, labels)
    strips = interpolate(generator, "pits", pairs=2, steps=5)
    assert strips["latent"].shape == strips["fade"].shape == (2, 5, 1, 32, 32)
    np.testing.assert_array_equal(strips["latent"][:, 0], strips["fade"][:, 0])
    with pytest.raises(ValueError, match="class 'rust' was not learned"):
        generator.decode(np.zeros((1, 100)), "rust")
    with pytest.raises(ValueError, match=r"latents must be \(n, 100\)"):
        generator.decode(np.zeros((1, 7)), "pits")


def small_set(classes=("clean", "pits"), n=12, seed=0):
    from rarefault.datasets.images import ImageFacts, ImageSet

    rng = np.random.default_rng(seed)
    images = rng.integers(0, 80, (2 * n, 1, 32, 32), dtype=np.uint8)
    images[n:, :, 8:24, 8:24] += 120
    return ImageSet(images, np.repeat(np.array(classes, dtype=object), n), ImageFacts(classes, classes[0], "plates"))


@pytest.fixture
def evaluated(tmp_path):
    """What evaluate_inspector leaves, and the facts: (facts, evaluation, generators, test) as paths."""
    from rarefault.classifiers.image import Inspector
    from rarefault.datasets.images.copies import pixel_hashes

    train, test = small_set(), small_set(seed=1)
    inspector = Inspector.from_params({"epochs": 6, "lr": 3e-3, "width": 0.25}).fit(
        train.images, train.codes, train.facts.classes
    )
    evaluation = tmp_path / "evaluation"
    inspector.save(evaluation / "selected")
    np.save(evaluation / "selected" / "trained_on.npy", pixel_hashes(train.images), allow_pickle=False)
    found = {
        "selected": "untouched",
        "source": "",
        "synthetic_images": 0,
        "synthetic_fingerprint": "",
        "test": {"macro_f1": {"value": 0.9, "low": 0.8, "high": 1.0}},
    }
    (evaluation / "evaluation.json").write_text(json.dumps(found))
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "data.json").write_text(json.dumps({"name": "plates", "fingerprint": "abc"}))
    (tmp_path / "generators.json").write_text("[]")
    test.write(tmp_path / "test")
    return tmp_path


def register(root, run_id, **changes):
    from rarefault import steps

    given = {"registry": f"sqlite:///{root}/mlflow.db", "run_id": run_id, "settings": {}, **changes}
    places = (root / "test", root / "facts", root / "evaluation", root / "generators.json", root / "registered.json")
    steps.register_inspector(*map(str, places), record=str(root / "record.json"), **given)
    return json.loads((root / "registered.json").read_text())


def test_an_inspector_becomes_champion_only_if_it_holds_against_the_one_there_is(evaluated, monkeypatch):
    monkeypatch.setenv("RAREFAULT_HOME", str(evaluated / "home"))
    weak = register(evaluated, "1", min_score=0.95)
    assert (weak["alias"], weak["version"]) == ("challenger", "1")
    assert "macro F1 0.90 on the test images is below 0.95" in weak["why"]
    waiting = register(evaluated, "2", approve=False)
    assert waiting["alias"] == "challenger"
    assert "waits for an engineer's approval" in waiting["why"]
    first = register(evaluated, "3")
    assert (first["alias"], first["version"]) == ("champion", "3")
    again = register(evaluated, "4")
    assert again["alias"] == "champion"
    assert again["comparison"]["difference"]["value"] == 0
    assert "test images that neither has seen" in again["why"]
    assert register(evaluated, "4")["version"] == "4"  # a step that is run again registers nothing new


def find(root, **changes):
    from rarefault import steps

    params = {"width": 0.0625, "loops": 2, "batch": 4, "k_d": 1, "k_g": 1, "compile": "none"}
    given = {"pipeline": PIPELINE, "params": params, **changes}
    steps.find_image_settings(str(root / "train"), str(root / "study.json"), record=str(root / "record.json"), **given)
    return json.loads((root / "study.json").read_text())


def test_without_a_search_the_settings_are_those_given(tmp_path):
    small_set().write(tmp_path / "train")
    found = find(tmp_path, strategies=["lsgan", "classical"])
    assert found["sources"] == ["original", "classical", "lsgan"]
    assert (found["searched"], found["trials"], found["given"]["loops"]) == ({}, [], 2)
    both = find(tmp_path, pipeline=presets.TRANSLATION, generator="pegan", generators=["pegan", "dcgan"], params={})
    assert both["sources"] == ["pegan", "dcgan"]


@pytest.mark.slow
def test_a_search_finds_settings_and_leaves_its_trials(tmp_path):
    small_set().write(tmp_path / "train")
    found = find(tmp_path, trials=2, space={"latent": [16, 24]}, storage=str(tmp_path / "search.journal"))
    assert len(found["trials"]) == 2
    assert 16 <= found["searched"]["latent"] <= 24
    best = generator_settings(str(tmp_path / "study.json"), PIPELINE, "quick", "dcgan", {})
    assert (best["latent"], best["loops"]) == (found["searched"]["latent"], 2)


def test_a_presets_warm_up_follows_the_loops_that_are_given():
    def warmup(given, fold=False):
        return presets.params_of(presets.TRANSLATION, "quick", "generators", "pegan", given, fold)["warmup"]

    assert (warmup({"loops": 40}), warmup({"loops": 2}), warmup({"loops": 2, "warmup": 1})) == (10, 0, 1)
    assert 0 < warmup({}, fold=True) < warmup({})
