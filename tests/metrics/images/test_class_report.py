"""Per-class figures against hand-computed ones and scikit-learn's."""

import json

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, classification_report

from rarefault.metrics.images.classes import class_report, flat_metrics

CLASSES = ("intact", "pits", "rust")


def sure_of(said, k=3):
    return np.eye(k)[np.asarray(said)] * 0.8 + 0.1


def test_by_hand():
    y, said = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2]), [0, 0, 0, 1, 1, 1, 0, 1, 2, 2]
    found = class_report(y, sure_of(said), CLASSES, "intact")
    assert found["confusion"] == [[3, 1, 0], [1, 2, 0], [0, 1, 2]]
    assert found["accuracy"] == 0.7
    pits = found["classes"]["pits"]
    assert (pits["precision"], pits["recall"], pits["f1"], pits["count"]) == (0.5, 2 / 3, 4 / 7, 3)
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 2 / 3 + 2 / 3) / 3)
    assert found["defects"] == {"recall": 5 / 6, "precision": 5 / 6, "missed": 1, "false_alarms": 1, "count": 6}
    json.dumps(found)


def test_a_defect_taken_for_another_defect_is_not_missed():
    found = class_report(np.array([0, 1, 2]), sure_of([0, 2, 1]), CLASSES, "intact")
    assert (found["defects"]["recall"], found["accuracy"]) == (1.0, 1 / 3)


def test_as_scikit_learn():
    rng = np.random.default_rng(0)
    y, p = rng.integers(3, size=200), rng.random((200, 3))
    found, known = class_report(y, p, CLASSES), classification_report(y, p.argmax(axis=1), output_dict=True)
    assert found["accuracy"] == pytest.approx(known["accuracy"])
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(y, p.argmax(axis=1)))
    for ours, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
        assert found["macro"][ours] == pytest.approx(known["macro avg"][theirs])
        assert found["classes"]["rust"][ours] == pytest.approx(known["2"][theirs])
    assert found["defects"] is None


def test_a_quotient_by_zero_is_zero_and_said():
    found = class_report(np.array([0, 0, 1]), sure_of([0, 0, 0]), CLASSES)
    assert found["classes"]["pits"] == {
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "count": 1,
        "undefined": ["precision"],
    }
    assert found["classes"]["rust"]["undefined"] == ["precision", "recall", "f1"]
    assert found["macro"]["recall"] == 0.5  # rust has no images, so it says nothing of the mean


def test_flat_metrics_name_every_number():
    flat = flat_metrics(class_report(np.array([0, 1, 2]), sure_of([0, 1, 1]), CLASSES, "intact"))
    assert flat["macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert flat["pits/precision"] == 0.5
    assert flat["defect_recall"] == 1.0
    assert len(flat) == 2 + 3 + 2 + 9


@pytest.mark.parametrize(
    ("y", "p", "background", "said"),
    [
        ([0, 1], sure_of([0]), "", "each of 2 images"),
        ([], np.zeros((0, 3)), "", "one or more"),
        ([0, 3], sure_of([0, 1]), "", r"codes 0 to 2, got int64 \[0, 3\]"),
        ([0, 1], sure_of([0, 1]) * np.nan, "", "finite"),
        ([0, 1], sure_of([0, 1]), "dirt", "background must be one of"),
    ],
)
def test_wrong_arrays_are_refused(y, p, background, said):
    with pytest.raises(ValueError, match=said):
        class_report(np.array(y), p, CLASSES, background)
