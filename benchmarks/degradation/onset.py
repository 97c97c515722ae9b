"""Onsets found and false ones, on simulated ball-screw lives with and without damage.

python -m benchmarks.degradation.onset [--seeds N] [--first SEED] [--indicator NAME] [--processes N]

A healthy life is the twin of the damaged one of the same seed: the same machine, and the same snapshots up to the
onset. Both are judged by one model that learned from their first 75 snapshots.
"""

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np

from benchmarks.printing import machine, markdown, verdict
from rarefault.datasets.simulators.ball_screw_life import BallScrewLifeSettings, simulate
from rarefault.degradation.assessment import Assessment, AssessmentSettings
from rarefault.degradation.model import DegradationModel
from rarefault.settings import from_params

NEAR = 5
"""Snapshots that an onset may be told before or after the truth."""
RULES = ("confirmed", "plain")


@dataclass(frozen=True)
class Found:
    """Where a life's onset was told by each rule, and snapshots from it to the alarm; None without an alarm."""

    truth: int | None
    onset: dict[str, int | None]
    alarm: dict[str, int | None]


@dataclass(frozen=True)
class Seed:
    """Both lives of one seed, and the twin's healthy snapshots beyond the threshold, of how many unseen ones."""

    damaged: Found
    healthy: Found
    beyond: int
    unseen: int


def judged(seed: int, indicator: str) -> Seed:
    """Fit on the first snapshots of the seed's life, and judge it and its twin."""
    damaged, healthy = (simulate(BallScrewLifeSettings(seed=seed, damage=damage)) for damage in (True, False))
    model = DegradationModel.fit(damaged, indicator)
    values = {life: model.indicator.indicate(signals.snapshots) for life, signals in (("d", damaged), ("h", healthy))}
    unseen = values["h"][~healthy.healthy]
    truth = next(iter(damaged.onsets.values()))
    return Seed(
        _found(model.assessment, values["d"], truth),
        _found(model.assessment, values["h"], None),
        int((unseen > model.assessment.threshold).sum()),
        len(unseen),
    )


def _found(assessment: Assessment, values: np.ndarray, truth: int | None) -> Found:
    told = {}
    for rule in RULES:
        settings = from_params(AssessmentSettings, {"rule": rule})
        told[rule] = Assessment.fit(assessment.healthy, settings).assess(values).onset
    return Found(
        truth,
        {rule: None if onset is None else onset.first for rule, onset in told.items()},
        {rule: None if onset is None else onset.alarm for rule, onset in told.items()},
    )


def table(seeds: Sequence[Seed]) -> str:
    """A row for each rule: onsets near the truth, early, late or never, and false ones in healthy lives."""
    rows = []
    for rule in RULES:
        errors = [s.damaged.onset[rule] - s.damaged.truth for s in seeds if s.damaged.onset[rule] is not None]
        alarms = [s.damaged.alarm[rule] - s.damaged.truth for s in seeds if s.damaged.alarm[rule] is not None]
        false = sum(s.healthy.onset[rule] is not None for s in seeds)
        near = sum(abs(error) <= NEAR for error in errors)
        rows.append([
            rule,
            f"{near / len(seeds):.0%}",
            f"{sum(error < -NEAR for error in errors)} / {sum(error > NEAR for error in errors)}",
            f"{len(seeds) - len(errors)}",
            f"{np.median(errors):+.0f}",
            f"{np.median(alarms):+.0f}",
            f"{false / len(seeds):.0%}",
            verdict(near >= 0.9 * len(seeds) and false <= 0.02 * len(seeds)),
        ])  # fmt: skip
    head = [
        "rule",
        "onset within 5",
        "earlier / later",
        "never",
        "median error",
        "alarm after truth",
        "false onsets",
        "",
    ]
    return markdown(head, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--indicator", default="vae")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        work = partial(judged, indicator=asked.indicator)
        seeds = list(pool.map(work, range(asked.first, asked.first + asked.seeds)))
    print(f"{asked.seeds} damaged lives and their {asked.seeds} healthy twins, {asked.indicator}; {machine()}\n")
    print(table(seeds))
    beyond, unseen = sum(s.beyond for s in seeds), sum(s.unseen for s in seeds)
    promised = 1 - AssessmentSettings().confidence
    share = f"{beyond / unseen:.2%} of {unseen:,}"
    print(f"\nHealthy snapshots never seen that pass the threshold: {share}, promised {promised:.1%}.")
    print(f"{time.perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
