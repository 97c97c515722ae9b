"""One loop of DCGAN training against the plain one on the same networks, and against what matrix products allow.

python -m benchmarks.images.step [--sizes WIDTHxSIDE ...] [--rounds N] [--compile] [--device cuda]
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import median

import torch

from benchmarks.generators.sampling import memory_mb
from benchmarks.images.plain import PlainLoop
from benchmarks.printing import machine, markdown, verdict
from rarefault.generators.image.dcgan import DCGANSettings
from rarefault.generators.image.dcgan_networks import BASE, CHANNELS, FILTERS, scaled
from rarefault.generators.image.dcgan_step import DCGANLearner, cross_entropy
from rarefault.generators.image.placement import Placement

SIZES = ("0.125x64", "0.5x64")
ROUNDS = 5
WANTED = {"cpu": 1.3, "cuda": 2.5}
MEASURE = "--measure"
HEAD = ["networks", "ours, s", "plain, s", "images judged/s", "plain / ours", "", "of GEMM speed", "MB ours / plain"]

Loop = Callable[[], object]


def settings(width: float, device: str) -> DCGANSettings:
    return DCGANSettings(width=width, device="cuda" if device == "cuda" else "cpu")


def real(side: int) -> torch.Tensor:
    """200 grey images (n, 1, side, side) in [-1, 1]."""
    return torch.randn(200, 1, side, side, generator=torch.Generator().manual_seed(0)).tanh()


def ours(width: float, side: int, device: str, compile: bool = False) -> Loop:
    s = settings(width, device)
    place = Placement(s.device, "auto", "default" if compile else "auto")
    return DCGANLearner(s, real(side), cross_entropy, place).step


def plain(width: float, side: int, device: str, compile: bool = False) -> Loop:
    loop = PlainLoop(settings(width, device), real(side))
    if device == "cuda":
        loop.to_cuda()
    if compile:
        loop.generator.compile()
        loop.discriminator.compile()
    return loop.step


CONTESTANTS: Mapping[str, Callable[..., Loop]] = {"ours": ours, "plain": plain}


def timed(loop: Loop, device: str) -> tuple[float, float]:
    """Seconds by the clock and of this process."""
    clock, process = time.perf_counter(), time.process_time()
    loop()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - clock, time.process_time() - process


def compared(rivals: Mapping[str, Loop], rounds: int, device: str) -> dict[str, list[tuple[float, float]]]:
    """The times of every rival in every round; they take turns, so that a busy machine hits all."""
    for loop in rivals.values():
        timed(loop, device)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, loop in rivals.items():
            found[name].append(timed(loop, device))
    return found


def products(width: float, side: int, s: DCGANSettings) -> float:
    """Multiplications and additions of a loop's convolutions that no way of computing them can leave out."""
    up = [scaled(k, width) for k in (BASE, *CHANNELS)] + [1]
    made = [a * b * 16 * (side // 16 * 2**i) ** 2 for i, (a, b) in enumerate(pairwise(up))]
    generator = sum(made) + s.latent * up[0] * (side // 16) ** 2
    down = [1, *(scaled(k, width) for k in FILTERS)]
    judged = [a * b * k * k * h * h for (a, b), k, h in zip(pairwise(down), (5, 5, 3, 3), heights(side), strict=True)]
    d_step = generator + 2 * (3 * sum(judged) - judged[0])
    g_step = 3 * generator + 2 * sum(judged)
    return 2.0 * s.batch * (s.k_d * d_step + s.k_g * g_step)


def heights(side: int) -> tuple[int, int, int, int]:
    """The side of each layer's output in the discriminator."""
    return side, side // 2, side // 4, side // 8


def product_speed() -> float:
    """Multiplications and additions a second in a product of matrices of 1024 x 1024, the best of some."""
    a, b = torch.randn(2, 1024, 1024)
    best = min(timed(lambda: a @ b, "cpu")[0] for _ in range(20))
    return 2 * 1024**3 / best


def peak_memory(name: str, size: str, device: str) -> float:
    """MB of a fresh process after three loops."""
    command = [sys.executable, "-m", "benchmarks.images.step", MEASURE, name, "--sizes", size, "--device", device]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(name: str, size: str, device: str) -> None:
    loop = CONTESTANTS[name](*parsed(size), device)
    for _ in range(3):
        loop()
    print(torch.cuda.max_memory_allocated() / 1e6 if device == "cuda" else memory_mb("VmHWM"))


def parsed(size: str) -> tuple[float, int]:
    width, side = size.split("x")
    return float(width), int(side)


def row(size: str, rounds: int, compile: bool, device: str) -> list[str]:
    width, side = parsed(size)
    found = compared({name: make(width, side, device, compile) for name, make in CONTESTANTS.items()}, rounds, device)
    pairs = list(zip(found["ours"], found["plain"], strict=True))
    clock, process = (median(theirs[i] / mine[i] for mine, theirs in pairs) for i in (0, 1))
    s, seconds = settings(width, device), median(mine[0] for mine in found["ours"])
    limit = f"{products(width, side, s) / product_speed() / seconds:.0%}" if device == "cpu" else "-"
    memory = [peak_memory(name, size, device) for name in CONTESTANTS]
    judged = (2 * s.k_d + s.k_g) * s.batch
    return [
        f"width {width:g}, {side} x {side}",
        f"{seconds:.3f}",
        f"{median(theirs[0] for theirs in found['plain']):.3f}",
        f"{judged / seconds:,.0f}",
        f"{clock:.2f} ({process:.2f})",
        f"at least {WANTED[device]} {verdict(max(clock, process) >= WANTED[device])}",
        limit,
        " / ".join(f"{mb:,.0f}" for mb in memory),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), help="width of the networks x side of the images")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--compile", action="store_true", help="compile both (a minute or more on the CPU)")
    parser.add_argument("--device", choices=sorted(WANTED), default="cpu")
    parser.add_argument(MEASURE, metavar="NAME", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if asked.measure:
        measure(asked.measure, asked.sizes[0], asked.device)
        return
    print(f"One loop of the paper's training: batch 50, k_d 4, k_g 3, grey images. {machine()}.")
    print("Ratios are medians over rounds by the clock, and in brackets by the processor's time.\n")
    print(markdown(HEAD, [row(size, asked.rounds, asked.compile, asked.device) for size in asked.sizes]))


if __name__ == "__main__":
    main()
