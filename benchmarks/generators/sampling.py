"""Drawing rows: time and memory of the WGAN at a million rows, and its time against SDV's CTGAN at 100,000.

python -m benchmarks.generators.sampling [--ctgan]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.generators.wgan_step import SETTINGS, D, N, fit_ctgan, rows, timed
from rarefault.generators.table.wgan import WGAN

MANY, FEWER, ROUNDS = 1_000_000, 100_000, 5
MEASURE = "--measure"


def fitted() -> tuple[WGAN, pd.DataFrame]:
    X = pd.DataFrame(rows().astype(np.float64), columns=[f"f{i}" for i in range(D)])
    return WGAN(SETTINGS).fit(X, np.arange(N) % 2), X


def memory_mb(field: str) -> float:
    """A field of /proc/self/status: VmRSS is the memory now, VmHWM the most so far."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6


def measure(folder: str) -> None:
    """In a fresh process, so that the peak is that of one draw and not of training."""
    torch.set_num_threads(1)
    generator = WGAN.load(folder)
    generator.sample(1000)
    before = memory_mb("VmRSS")
    first = timed(lambda: generator.sample(MANY), 1) / 1e3
    memory = memory_mb("VmHWM") - before
    later = median(timed(lambda: generator.sample(MANY), 1) / 1e3 for _ in range(ROUNDS))
    fill = median(timed(lambda: np.empty((D, MANY)).fill(1.0), 1) / 1e3 for _ in range(ROUNDS))
    print(first, later, fill, memory)


def print_many(generator: WGAN) -> None:
    with tempfile.TemporaryDirectory() as folder:
        generator.save(folder)
        command = [sys.executable, "-m", "benchmarks.generators.sampling", MEASURE, folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    first, later, fill, memory = map(float, done.stdout.split())
    print(f"{MANY} x {D} rows: {later:.2f} s (median of {ROUNDS}; filling an empty table of that size {fill:.2f} s)")
    print(f"the first draw of the process, whose memory is new to it: {first:.2f} s")
    print(f"peak memory above the start {memory:.0f} MB, of which the table itself {D * MANY * 8 / 1e6:.0f} MB")


def print_fewer(generator: WGAN, rival: Any) -> None:
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(timed(lambda: generator.sample(FEWER), 1) / 1e3)
        theirs.append(timed(lambda: rival.sample(FEWER), 1) / 1e3)
    ratio = median(b / a for a, b in zip(ours, theirs, strict=True))
    print(f"{FEWER} x {D} rows: {median(ours):.3f} s, SDV's CTGAN {median(theirs):.2f} s, {ratio:.0f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ctgan", action="store_true", help="also draw from SDV's CTGAN")
    parser.add_argument(MEASURE, metavar="FOLDER", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure)
        return
    torch.set_num_threads(1)
    generator, X = fitted()
    print_many(generator)
    if asked.ctgan:
        # How long CTGAN trained does not change how fast it draws.
        print_fewer(generator, fit_ctgan(X, epochs=1))


if __name__ == "__main__":
    main()
