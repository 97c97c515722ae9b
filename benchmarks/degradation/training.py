"""Training the VAE against an eager loop in torch, and what a whole model costs against snapshots and their length.

python -m benchmarks.degradation.training [--quick]
"""

import argparse
import time
from collections.abc import Callable, Sequence
from statistics import median

import numpy as np
import torch

from benchmarks.degradation.plain_vae import plain_loop, tuned_loop
from benchmarks.printing import machine, markdown, verdict
from rarefault.degradation.assessment import Assessment
from rarefault.degradation.crossfit import crossfit
from rarefault.degradation.vae import VAE, VAESettings

WANTED_S = 30.0
PAPER = (75, 2560)
SIZES = (PAPER, (300, 2560), (1200, 2560), (75, 10_240), (75, 40_960))
ROUNDS = 3


def signals(n: int, t: int) -> np.ndarray:
    """Healthy snapshots (n, 1, t): tones at any phase and noise."""
    rng = np.random.default_rng(0)
    phase = 2 * np.pi * (np.arange(t, dtype=np.float32) / 50 + rng.uniform(size=(n, 1)).astype(np.float32))
    return (np.sin(phase) + 0.3 * rng.standard_normal((n, t), dtype=np.float32))[:, None].astype(np.float32)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of this process."""
    clock, process = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - process


def rivals(updates: int) -> dict[str, float]:
    """Milliseconds of this process for an update of one network, the median of rounds in which all take turns."""
    x, s = signals(*PAPER), VAESettings(wide=0, steps=updates)
    loops: dict[str, Callable[[], object]] = {
        "ours": lambda: VAE(s).fit(x, 5000.0),
        "eager torch, tuned": lambda: tuned_loop(x, s, updates),
        "eager torch, plain": lambda: plain_loop(x, s, updates),
    }
    for loop in loops.values():
        loop()
    rounds = [{name: seconds(loop)[1] for name, loop in loops.items()} for _ in range(ROUNDS)]
    return {name: 1000 * median(found[name] for found in rounds) / updates for name in loops}


def whole(n: int, t: int) -> tuple[float, float]:
    """A whole model: two networks for each of five folds and for all, and the threshold."""
    x = signals(n, t)

    def model() -> None:
        _, found = crossfit("vae", {}, x, 5000.0)
        Assessment.fit(found)

    return seconds(model)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the paper's size alone")
    sizes = SIZES[:1] if parser.parse_args(arguments).quick else SIZES
    torch.set_num_threads(1)
    print(f"{machine()}; seconds and milliseconds are of the process, one core\n")
    found = rivals(updates=300)
    rows = [[name, f"{ms:.2f}", f"{ms / found['ours']:.1f} x"] for name, ms in found.items()]
    print(markdown(["an update of 512 windows", "ms", "of ours"], rows), "\n")
    rows = []
    for n, t in sizes:
        clock, process = whole(n, t)
        met = verdict(process <= WANTED_S) if (n, t) == PAPER else ""
        rows.append([f"{n:,} x {t:,}", f"{process:.1f}", f"{clock:.1f}", f"{1e9 * process / (n * t):,.0f}", met])
    head = ["healthy snapshots x samples", "whole training, s", "by the clock, s", "ns a sample", "30 s"]
    print(markdown(head, rows))


if __name__ == "__main__":
    main()
