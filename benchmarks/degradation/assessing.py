"""Judging snapshots: the indicator against eager torch, the degree against scipy's gaussian_kde, and their growth.

python -m benchmarks.degradation.assessing [--quick]
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.stats import gaussian_kde

from benchmarks.degradation.plain_vae import judge_one_by_one, tuned_loop
from benchmarks.degradation.training import seconds, signals
from benchmarks.printing import machine, markdown, verdict
from rarefault.degradation.assessment import Assessment
from rarefault.degradation.stream import Stream
from rarefault.degradation.vae import VAE, VAESettings

WANTED_S = 10.0
MANY = (10_000, 2560)
SIZES = ((100, 2560), (1000, 2560), MANY, (1000, 10_240), (1000, 40_960))
COUNTS = (1000, 10_000, 100_000)
SCIPY_COUNT = 1000
BLOCK = 1000
"""Snapshots made at once, so that the benchmark needs no more memory than a run."""


def indicators() -> list[list[str]]:
    """A row for each size: our seconds, those of eager torch one by one, and their ratio."""
    rows, s = [], VAESettings()
    for n, t in SIZES:
        healthy = signals(30, t)
        ours = VAE(VAESettings(steps=20)).fit(healthy, 5000.0)
        plain = {window: tuned_loop(healthy, replace(s, window=window), 20) for window in (s.window, s.wide)}
        block = signals(min(n, BLOCK, BLOCK * MANY[1] // t * 4), t)
        turns = n // len(block)
        mine = turns * seconds(lambda ours=ours, block=block: ours.indicate(block))[1]
        some = block[:100]
        theirs = n / len(some) * seconds(lambda plain=plain, some=some: judge_one_by_one(plain, some, s))[1]
        met = verdict(mine <= WANTED_S) if (n, t) == MANY else ""
        rows.append([f"{n:,} x {t:,}", f"{mine:.2f}", f"{1e9 * mine / (n * t):.1f}", f"{theirs / mine:.1f} x", met])
    return rows


def degrees(counts: Sequence[int]) -> list[list[str]]:
    """A row for each number of snapshots: microseconds a snapshot in batch, streamed, and by scipy."""
    rng = np.random.default_rng(0)
    assessment = Assessment.fit(rng.lognormal(0, 0.1, size=75))
    rows = []
    for n in counts:
        values = rng.lognormal(0, 0.1, size=n)
        batch = seconds(lambda values=values: assessment.assess(values))[1] / n
        stream = Stream(assessment)
        for value in values[:-SCIPY_COUNT]:
            stream.push(value)
        last = values[-SCIPY_COUNT:]
        pushed = seconds(lambda stream=stream, last=last: [stream.push(value) for value in last])[1] / len(last)
        theirs = seconds(lambda last=last: by_scipy(last, assessment))[1] / len(last)
        micro = [f"{1e6 * took:.1f}" for took in (batch, pushed, theirs)]
        rows.append([f"{n:,}", *micro, f"{theirs / batch:,.0f} x", f"{theirs / pushed:.0f} x"])
    return rows


def by_scipy(values: np.ndarray, assessment: Assessment) -> list[float]:
    """The degree of each full window, from a gaussian_kde of its own."""
    k, limit, found = assessment.settings.k, np.log(assessment.threshold), []
    for end in range(k, len(values) + 1):
        window = np.log(values[end - k : end])
        density = gaussian_kde(window, bw_method=assessment.bandwidth / window.std(ddof=1))
        found.append(density.integrate_box_1d(limit, np.inf))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer snapshots for the degree")
    quick = parser.parse_args(arguments).quick
    print(f"{machine()}; seconds are of the process, one core\n")
    torch.set_num_threads(1)
    head = ["snapshots x samples", "indicator, s", "ns a sample", "eager torch / ours", "10 s"]
    print(markdown(head, indicators()), "\n")
    head = ["snapshots so far", "batch, us each", "stream, us each", "gaussian_kde, us each", "to batch", "to stream"]
    print(markdown(head, degrees(COUNTS[:1] if quick else COUNTS)))


if __name__ == "__main__":
    main()
