"""A new inspector against the champion, on the same test images that neither was trained on."""

from pathlib import Path

import numpy as np

from rarefault.classifiers.image import Inspector
from rarefault.datasets.images import ImageSet
from rarefault.datasets.images.copies import pixel_hashes
from rarefault.steps.challenge import Comparison

METRIC = "macro F1"
FEWEST = 10
"""Fewer images of a class with a defect say too little."""
TRAINED_ON = "trained_on.npy"


def compare_inspectors(folder: Path, number: int, inspector: Inspector, held_out: ImageSet, seed: int) -> Comparison:
    """Compare `inspector` with the champion in `folder`, version `number`, on test images it was not trained on."""
    rival = Inspector.load(folder)
    if rival.classes_ != inspector.classes_ or rival.shape_ != inspector.shape_:
        reason = f"the champion, version {number}, knows other classes or takes images of another size"
        return Comparison(number, METRIC, 0, 0, 0, reason)
    seen = np.isin(pixel_hashes(held_out.images), np.load(folder / TRAINED_ON, allow_pickle=False))
    fair, n_seen = held_out.rows(np.flatnonzero(~seen)), int(seen.sum())
    defects = int((fair.labels != fair.facts.background).sum())
    if defects < FEWEST:
        reason = (
            f"the champion, version {number}, was trained on {n_seen} of these test images and only {defects} with a "
            "defect are left to compare on fairly; promote it by hand if it is to replace that one"
        )
        return Comparison(number, METRIC, len(fair), defects, n_seen, reason)
    said = [model.probabilities(fair.images).argmax(axis=1)[None] for model in (inspector, rival)]
    difference, ours, theirs = paired_macro_f1(fair.codes, said[0], said[1], len(inspector.classes_), seed)
    metrics = [{"macro_f1": found} for found in (ours, theirs)]
    return Comparison(number, METRIC, len(fair), defects, n_seen, "", difference, *metrics)


def paired_macro_f1(
    y: np.ndarray, ours: np.ndarray, theirs: np.ndarray, k: int, seed: int, n: int = 1000
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Mean macro F1 of two times r models' answers (r, n) to the same images: difference with p_better, and each alone.

    The bootstrap draws models, and images within each class, so that no class is ever missing; `ours` and `theirs`
    are paired model by model. y (n,): the true codes, 0 to k - 1.
    """
    rng = np.random.default_rng([seed, 5])
    rows = [np.flatnonzero(y == code) for code in range(k)]
    drawn = np.empty((n, 2))
    for at in range(n):
        images = np.concatenate([rng.choice(of, len(of)) for of in rows if len(of)])
        models = rng.integers(len(ours), size=len(ours))
        drawn[at] = [_mean_f1(y[images], said[models][:, images], k) for said in (ours, theirs)]
    whole = np.array([_mean_f1(y, said, k) for said in (ours, theirs)])
    gain = drawn[:, 0] - drawn[:, 1]
    better = float((gain > 0).mean() + 0.5 * (gain == 0).mean())
    difference = {**_estimate(float(whole[0] - whole[1]), gain), "p_better": better}
    return difference, _estimate(float(whole[0]), drawn[:, 0]), _estimate(float(whole[1]), drawn[:, 1])


def _estimate(value: float, drawn: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": value, "low": float(low), "high": float(high)}


def _mean_f1(y: np.ndarray, said: np.ndarray, k: int) -> float:
    return float(np.mean([macro_f1(y, one, k) for one in said]))


def macro_f1(y: np.ndarray, said: np.ndarray, k: int) -> float:
    """Mean F1 over the classes that have images in y (n,); said (n,): the codes that were answered."""
    confusion = np.bincount(y * k + said, minlength=k * k).reshape(k, k)
    hits, there = np.diag(confusion), confusion.sum(axis=1)
    f1 = 2 * hits / np.maximum(there + confusion.sum(axis=0), 1)
    return float(f1[there > 0].mean())
