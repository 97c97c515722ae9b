"""How far the images of a generator are from real ones, beside how far real ones are from each other."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rarefault.metrics.images.features import NETWORK, features, network_name
from rarefault.metrics.images.frechet import Gaussian, frechet_distance, kernel_distance, precision_recall

Sampler = Callable[[int], np.ndarray]
"""Makes that many new images (n, c, h, w) uint8 of one class, other ones at each call."""


def fid(real: np.ndarray, generated: np.ndarray, network: str = NETWORK, threads: int | None = None) -> float:
    """The Fréchet distance of two sets of images (n, c, h, w) uint8 in the features of `network`; lower is better.

    Raises ValueError for fewer than 2 images in either set.
    """
    return frechet_distance(features(real, network, threads), features(generated, network, threads))


def fid_report(
    real: np.ndarray,
    sample: Sampler,
    *,
    augmented: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    draws: int = 10,
    network: str = NETWORK,
    seed: int = 0,
    threads: int | None = None,
) -> dict[str, Any]:
    """Distances of generated images of one class from its real images (n, c, h, w), over several draws.

    As in section 4.2 of the ball-screw paper each draw has as many generated images as there are real ones, and is
    compared with the real images and, where given, with as many of the classically `augmented` ones. Returns network
    and features (its name and width), images (n), draws; original and augmented (None where none are given), each with
    fid, kid, precision and recall as {"mean", "spread", "values"}, the spread being the standard deviation; halves,
    the distance of half of the real images from the other half, and of as many generated ones from the first half,
    dealt anew for each draw, by `groups` (n,) where given; and notes, sentences that belong beside the figures.
    halves is None for fewer than 4 images. Raises ValueError for fewer than 2 real or augmented images.
    """
    if draws < 1:
        raise ValueError(f"draws must be >= 1, got {draws}")
    n, rng = len(real), np.random.default_rng(seed)
    rows = features(real, network, threads)
    others = None if augmented is None else features(augmented, network, threads)
    figures: dict[str, list[dict[str, float]]] = {"original": [], "augmented": [], "real": [], "generated": []}
    sides = [_halves(n, groups, rng) for _ in range(draws)] if n >= 4 else []
    for draw in range(draws):
        made = features(sample(n), network, threads)
        figures["original"].append(_figures(rows, made))
        if others is not None:
            figures["augmented"].append(_figures(others[rng.permutation(len(others))[:n]], made))
        if sides:
            first, second = sides[draw]
            half = Gaussian.of(rows[first])
            figures["real"].append({"fid": half.distance(Gaussian.of(rows[second]))})
            figures["generated"].append({"fid": half.distance(Gaussian.of(made[: len(first)]))})
    halves = {name: _spread(figures[name])["fid"] for name in ("real", "generated")} if sides else None
    return {
        "network": network_name(network),
        "features": rows.shape[1],
        "images": n,
        "draws": draws,
        "original": _spread(figures["original"]),
        "augmented": _spread(figures["augmented"]) if others is not None else None,
        "halves": halves and {"images": min(len(first) for first, _ in sides), **halves},
        "notes": _notes(n, rows.shape[1], groups),
    }


def _figures(real: np.ndarray, made: np.ndarray) -> dict[str, float]:
    precision, recall = precision_recall(real, made)
    return {
        "fid": frechet_distance(real, made),
        "kid": kernel_distance(real, made),
        "precision": precision,
        "recall": recall,
    }


def _spread(draws: Sequence[dict[str, float]]) -> dict[str, Any]:
    columns = {name: [draw[name] for draw in draws] for name in draws[0]}
    return {
        name: {
            "mean": float(np.mean(values)),
            "spread": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0,
            "values": values,
        }
        for name, values in columns.items()
    }


def _halves(n: int, groups: np.ndarray | None, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two parts of the positions 0 ... n - 1, equally many; images of one group are in one part, if that leaves 2."""
    order = rng.permutation(n)
    if groups is not None:
        parts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        _, of = np.unique(np.asarray(groups).astype(str), return_inverse=True)
        for group in rng.permutation(of.max() + 1):
            smaller = min(parts, key=lambda part: sum(map(len, part)))
            smaller.append(order[of[order] == group])
        m = min(sum(map(len, part)) for part in parts)
        if m >= 2:
            first, second = (rng.permutation(np.concatenate(part))[:m] for part in parts)
            return first, second
    return order[: n // 2], order[n // 2 : 2 * (n // 2)]


def _notes(n: int, d: int, groups: np.ndarray | None) -> list[str]:
    notes = []
    if n <= d:
        notes.append(
            f"With {n} images for {d} features the FID is biased upwards: compare it only with figures from as many "
            "images, such as real half against real half. The KID has no such bias."
        )
    if n < 4:
        notes.append(f"{n} real images are too few to be halved.")
    elif groups is not None and len(set(np.asarray(groups).astype(str).tolist())) < 2:
        notes.append("All real images are of one group: its halves are alike for that reason too.")
    return notes
