"""What every network of the registry must do as an inspector."""

import json

import numpy as np
import onnxruntime
import pytest

from rarefault.classifiers.image import IMAGE_CLASSIFIERS, Inspector
from rarefault.classifiers.image.training import _class_weights, _moved, _Training, make_network
from rarefault.errors import InputError

CLASSES = ("intact", "pits", "scratches")
QUICK = {
    "table5-cnn": {"epochs": 8, "lr": 2e-3, "beta1": 0.9},
    "resnet18": {"epochs": 3, "width": 0.125, "small_stem": True, "lr": 2e-3, "beta1": 0.9},
    "mobilenet-v2": {"epochs": 2, "width": 0.25, "small_stem": True, "lr": 2e-3, "beta1": 0.9},
}


def inspector(name, **changes):
    return Inspector.from_params({"network": name, "device": "cpu", **QUICK.get(name, {"epochs": 1}), **changes})


@pytest.fixture(scope="module", params=sorted(IMAGE_CLASSIFIERS))
def fitted(request, taught):
    return inspector(request.param).fit(*taught, CLASSES)


def test_it_gives_a_probability_for_each_class(fitted, unseen):
    p = fitted.probabilities(unseen[0])
    assert p.shape == (60, 3)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    assert fitted.probabilities(unseen[0][:0]).shape == (0, 3)


def test_its_loss_falls(fitted):
    losses = fitted.history_["loss"]
    assert len(losses) == fitted.settings.epochs
    assert losses[-1] < losses[0]


def test_saved_and_loaded_it_says_the_same(fitted, unseen, tmp_path):
    fitted.save(tmp_path, {"data": "dots"})
    loaded = Inspector.load(tmp_path)
    np.testing.assert_array_equal(loaded.probabilities(unseen[0]), fitted.probabilities(unseen[0]))
    assert (loaded.classes_, loaded.shape_) == (CLASSES, (1, 32, 32))
    assert json.loads((tmp_path / "model.json").read_text())["facts"] == {"data": "dots"}


def test_its_onnx_graph_agrees_for_any_number_of_images(fitted, unseen, tmp_path):
    session = onnxruntime.InferenceSession(fitted.export_onnx(tmp_path / "deep" / "model.onnx"))
    (given,), (answer,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.type, given.shape[1:]) == ("images", "tensor(uint8)", [1, 32, 32])
    assert (answer.name, answer.type, answer.shape[1:]) == ("probabilities", "tensor(float)", [3])
    assert json.loads(session.get_modelmeta().custom_metadata_map["classes"]) == list(CLASSES)
    for n in (1, 7, 60):
        (p,) = session.run(None, {"images": unseen[0][:n]})
        np.testing.assert_allclose(p, fitted.probabilities(unseen[0][:n]), atol=1e-5)


@pytest.mark.parametrize("name", sorted(IMAGE_CLASSIFIERS))
def test_the_same_seed_gives_the_same_weights(name, taught):
    """Whatever was drawn from the global generator meanwhile."""
    first, second, other = (
        inspector(name, epochs=1, seed=seed).fit(*taught, CLASSES).network_.state_dict() for seed in (1, 1, 2)
    )
    assert all((first[key] == second[key]).all() for key in first)
    assert any((first[key] != other[key]).any() for key in first)


def test_it_learns(taught, unseen):
    p = inspector("table5-cnn", epochs=12).fit(*taught, CLASSES).probabilities(unseen[0])
    assert (p.argmax(axis=1) == unseen[1]).mean() > 0.85


def test_one_cycle_draws_and_turns_learn_too(taught, unseen):
    changes = {"schedule": "one-cycle", "balance": "draws", "augment": True, "epochs": 15}
    p = inspector("table5-cnn", **changes).fit(*taught, CLASSES).probabilities(unseen[0])
    assert (p.argmax(axis=1) == unseen[1]).mean() > 0.75


def test_balance_weighs_and_draws_a_rare_class_as_often(taught):
    images, codes = taught
    few = np.r_[np.flatnonzero(codes == 0), np.flatnonzero(codes == 2)[:3]]  # 30 and 3 images, none of class 1
    np.testing.assert_allclose(_class_weights(codes[few], 3), [0.55, 0, 5.5], rtol=1e-6)
    settings = inspector("table5-cnn", balance="draws").settings
    training = _Training(make_network(settings, 1, 3, 32), images[few], codes[few], settings)
    drawn = np.concatenate([codes[few][rows.numpy()] for _ in range(40) for rows in training._batches()])
    assert abs((drawn == 2).mean() - 0.5) < 0.05


def test_batches_are_of_one_size_and_leave_others_out_each_time(taught):
    settings = inspector("table5-cnn").settings
    training = _Training(make_network(settings, 1, 3, 32), *taught, settings)
    first, second = ([set(rows.tolist()) for rows in training._batches()] for _ in range(2))
    assert [len(rows) for rows in first + second] == [32] * 4
    assert set.union(*first) != set.union(*second)
    assert len(set.union(*first)) == 64


def test_moved_images_hold_the_same_pixels_at_other_places():
    import torch

    images = torch.arange(2 * 3 * 32 * 32, dtype=torch.int32).reshape(2, 3, 32, 32)
    moved = _moved(images, torch.Generator().manual_seed(3))
    assert moved.shape == images.shape
    assert not torch.equal(moved, images)
    own = [set(image.flatten().tolist()) for image in images]
    assert all(set(image.flatten().tolist()) <= pixels for image, pixels in zip(moved, own, strict=True))
    assert ((moved[:, 1] - moved[:, 0]) == 32 * 32).all()  # channels move together


def test_progress_counts_epochs(taught):
    seen = []
    inspector("table5-cnn", epochs=3).fit(*taught, CLASSES, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_training_that_diverges_says_so(taught):
    with pytest.raises(ValueError, match="diverged in epoch"):
        inspector("table5-cnn", epochs=30, lr=1e30).fit(*taught, CLASSES)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x, y: (x.astype(float), y), "images must be uint8"),
        (lambda x, y: (x[:, :, :30], y), "side, side"),
        (lambda x, y: (x[:, :, :16, :16], y), "a multiple of 32"),
        (lambda x, y: (np.repeat(x, 2, axis=1), y), "1 or 3"),
        (lambda x, y: (x[:1], y[:1]), "n >= 2"),
        (lambda x, y: (x, y[:-1]), "a whole number for each of 90 images"),
        (lambda x, y: (x, y + 1), r"positions 0 to 2 of .* got \[1, 2, 3\]"),
        (lambda x, y: (x, y * 0), "two or more"),
        (lambda x, y: (x, y.astype(float)), "a whole number"),
    ],
)
def test_other_images_and_codes_are_refused(change, said, taught):
    with pytest.raises(ValueError, match=said):
        inspector("table5-cnn").fit(*change(*taught), CLASSES)


def test_images_of_another_size_are_refused(fitted):
    with pytest.raises(ValueError, match=r"\(n, 1, 32, 32\), got uint8 \(1, 1, 64, 64\)"):
        fitted.probabilities(np.zeros((1, 1, 64, 64), np.uint8))


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"network": "vgg"}, "network must be one of"),
        ({"epochs": 0}, "epochs must be >= 1"),
        ({"lr": 0.0}, "lr must be > 0"),
        ({"width": 9.0}, "width must be above 0"),
        ({"colour": 1}, "no setting 'colour'"),
        ({"balance": "oversample"}, "balance must be one of"),
    ],
)
def test_wrong_settings_are_refused(params, said):
    with pytest.raises(InputError, match=said):
        Inspector.from_params(params)


def test_a_folder_without_a_whole_inspector_is_refused(tmp_path, taught):
    with pytest.raises(InputError, match="holds no model"):
        Inspector.load(tmp_path)
    saved = inspector("table5-cnn", epochs=1).fit(*taught, CLASSES)
    saved.save(tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(InputError, match="no weights of inspector 'table5-cnn'"):
        Inspector.load(tmp_path)
    (tmp_path / "model.json").write_text('{"kind": "classifier"}')
    with pytest.raises(InputError, match="holds a 'classifier' model"):
        Inspector.load(tmp_path)


def test_making_a_network_leaves_the_global_generator_alone():
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make_network(inspector("table5-cnn").settings, 1, 3, 32)
    assert torch.equal(torch.rand(3), expected)
