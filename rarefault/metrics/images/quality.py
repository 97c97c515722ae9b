"""All that a report says in figures of the images that a generator makes of one class."""

from typing import Any

import numpy as np

from rarefault.metrics.images.diversity import diversity
from rarefault.metrics.images.features import NETWORK, features
from rarefault.metrics.images.fid import Sampler, fid_report
from rarefault.metrics.images.memorising import memorising, nearest_real

PIXELS = "pixels"
"""Beside the network: what noise and blur do not change shows copies and repeats that a network takes for new."""


def quality(
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
    """Distances, diversity and copies of one class; every argument as in `fid_report`.

    real: the images that the generator learned from; where it learned from `augmented` ones, copies of those count
    too. Returns fid, what `fid_report` returns; diversity and memorising, each what the function of that name returns
    by the network's name and by "pixels"; and warnings, a sentence for each thing that is wrong.
    """
    report = fid_report(
        real, sample, augmented=augmented, groups=groups, draws=draws, network=network, seed=seed, threads=threads
    )
    made = sample(len(real))
    found: dict[str, Any] = {"fid": report, "diversity": {}, "memorising": {}}
    for view in dict.fromkeys((network, PIXELS)):
        rows, known = features(made, view, threads), features(real, view, threads)
        copies = None if augmented is None else features(augmented, view, threads)
        found["diversity"][view] = diversity(known, rows, seed)
        found["memorising"][view] = memorising(rows, known, copies)
    return {**found, "warnings": _warnings(found)}


def _warnings(found: dict[str, Any]) -> list[str]:
    warnings = [f"{view['why']} (by {name})" for name, view in found["diversity"].items() if view["collapsed"]]
    copies = {name: view["share"] for name, view in found["memorising"].items() if view["memorised"]}
    warnings += [
        f"memorised: {share:.0%} of the generated images are nearer to a training image than 99 % of the real "
        f"images are to each other (by {name})"
        for name, share in copies.items()
    ]
    return warnings


def nearest_pairs(
    real: np.ndarray, generated: np.ndarray, n: int = 8, network: str = NETWORK, threads: int | None = None
) -> dict[str, np.ndarray]:
    """The n generated images (m, c, h, w) that are nearest to a real one: generated, real (n, c, h, w), distance (n,).

    Nearest first, so that copies show first.
    """
    position, apart = nearest_real(features(generated, network, threads), features(real, network, threads))
    order = np.argsort(apart, kind="stable")[:n]
    return {"generated": generated[order], "real": real[position[order]], "distance": apart[order]}
