"""How well images are told apart: per class, on average, and whether defects are missed."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def class_report(y: np.ndarray, p: np.ndarray, classes: Sequence[str], background: str = "") -> dict[str, Any]:
    """What probabilities p (n, k) say of images whose true codes are y (n,), in plain values.

    accuracy: share of images told right; balanced_accuracy: mean recall; macro: means over the classes that have
    images in y, each a class counts the same; classes: for each name precision, recall, f1, count (images in y) and
    `undefined`, the quotients by zero among them, which are 0; confusion: rows the truth, columns what was said.
    defects: images of any class but `background` against that class (None without one): recall, the share told to be
    some defect; precision; missed; false_alarms; count. Raises ValueError for arrays that do not fit, for no images
    and for a background that is no class.
    """
    y, said = _checked(y, p, classes)
    k = len(classes)
    confusion = np.bincount(y * k + said, minlength=k * k).reshape(k, k)
    per_class = {name: _one_against_rest(confusion, code) for code, name in enumerate(classes)}
    there = [facts for facts in per_class.values() if facts["count"]]
    macro = {key: float(np.mean([facts[key] for facts in there])) for key in ("precision", "recall", "f1")}
    return {
        "count": len(y),
        "accuracy": float(np.trace(confusion) / len(y)),
        "balanced_accuracy": macro["recall"],
        "macro": macro,
        "classes": per_class,
        "confusion": confusion.tolist(),
        "defects": _defects(confusion, classes, background) if background else None,
    }


def _checked(y: np.ndarray, p: np.ndarray, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    y, p = np.asarray(y), np.asarray(p)
    if not len(y) or p.shape != (len(y), len(classes)) or not np.isfinite(p).all():
        raise ValueError(
            f"p must hold a finite number for each of {len(y)} images (one or more) and {len(classes)} classes, got "
            f"shape {p.shape}"
        )
    if not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() >= len(classes):
        raise ValueError(f"y must hold codes 0 to {len(classes) - 1}, got {y.dtype} {np.unique(y)[:10].tolist()}")
    return y.astype(np.int64), p.argmax(axis=1)


def _one_against_rest(confusion: np.ndarray, code: int) -> dict[str, Any]:
    hits, count, told = (int(n) for n in (confusion[code, code], confusion[code].sum(), confusion[:, code].sum()))
    parts = {"precision": (hits, told), "recall": (hits, count), "f1": (2 * hits, count + told)}
    quotients = {name: above / below if below else 0.0 for name, (above, below) in parts.items()}
    return {**quotients, "count": count, "undefined": [name for name, (_, below) in parts.items() if not below]}


def _defects(confusion: np.ndarray, classes: Sequence[str], background: str) -> dict[str, Any]:
    if background not in classes:
        raise ValueError(f"background must be one of {list(classes)} or empty, got {background!r}")
    code = list(classes).index(background)
    count = int(confusion.sum() - confusion[code].sum())
    missed = int(confusion[:, code].sum() - confusion[code, code])
    false_alarms = int(confusion[code].sum() - confusion[code, code])
    told = count - missed + false_alarms
    return {
        "recall": (count - missed) / count if count else 0.0,
        "precision": (count - missed) / told if told else 0.0,
        "missed": missed,
        "false_alarms": false_alarms,
        "count": count,
    }


def flat_metrics(report: dict[str, Any]) -> dict[str, float]:
    """The numbers of a `class_report` under one name each: "accuracy", "macro_f1", "pits/recall", "defect_recall"."""
    flat = {"accuracy": report["accuracy"], "balanced_accuracy": report["balanced_accuracy"]}
    flat.update({f"macro_{key}": value for key, value in report["macro"].items()})
    if report["defects"]:
        flat.update({f"defect_{key}": report["defects"][key] for key in ("recall", "precision")})
    for name, facts in report["classes"].items():
        flat.update({f"{name}/{key}": facts[key] for key in ("precision", "recall", "f1")})
    return flat
