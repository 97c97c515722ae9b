"""One loop of PE-GAN's, StarGAN's and CycleGAN's training against the plain one on the same networks.

python -m benchmarks.images.translation_step [--sizes WIDTHxSIDE ...] [--names NAME ...] [--rounds N]
"""

import argparse
from collections.abc import Sequence
from statistics import median
from typing import cast

import numpy as np
import torch

from benchmarks.images.plain_translation import PlainCycle, PlainDomains
from benchmarks.images.step import Loop, compared
from benchmarks.printing import machine, markdown, verdict
from rarefault.generators.image import IMAGE_GENERATORS
from rarefault.generators.image.cyclegan import CycleGANSettings
from rarefault.generators.image.cyclegan_fit import new_learner as new_pair
from rarefault.generators.image.pegan import DomainTranslator
from rarefault.generators.image.placement import Placement
from rarefault.generators.image.translation_fit import new_learner

SIZES = ("0.25x64", "1x64")
NAMES = ("pegan", "stargan", "cyclegan")
ROUNDS = 3
WANTED = 1.3
BATCH = 16


def surfaces(side: int) -> np.ndarray:
    """64 grey images (n, 1, side, side)."""
    return np.random.default_rng(0).integers(0, 256, (64, 1, side, side)).astype(np.uint8)


def rivals(name: str, width: float, side: int) -> dict[str, Loop]:
    """Our loop and the plain one, on copies of the same networks."""
    torch.manual_seed(0)
    images, place = surfaces(side), Placement("cpu")
    if name == "cyclegan":
        pair = new_pair(CycleGANSettings(width=width, batch=BATCH, pool=0), images[:32], images[32:], place)
        return {"ours": pair.step, "plain": PlainCycle(pair).step}
    translator = cast(DomainTranslator, IMAGE_GENERATORS[name].from_params({"width": width, "batch": BATCH}))
    translator.classes_, translator.background_, translator.shape_ = ("a", "b", "c"), "clean", (1, side, side)
    learner = new_learner(translator, images, np.arange(64) % 4, place)
    return {"ours": learner.step, "plain": PlainDomains(learner).step}


def row(name: str, size: str, rounds: int) -> list[str]:
    width, side = size.split("x")
    found = compared(rivals(name, float(width), int(side)), rounds, "cpu")
    pairs = list(zip(found["ours"], found["plain"], strict=True))
    clock, process = (median(theirs[i] / mine[i] for mine, theirs in pairs) for i in (0, 1))
    ours, plain = (median(times[0] for times in found[key]) for key in ("ours", "plain"))
    return [
        f"{name}, width {width}, {side} x {side}",
        f"{ours:.3f}",
        f"{plain:.3f}",
        f"{clock:.2f} ({process:.2f})",
        f"at least {WANTED} {verdict(max(clock, process) >= WANTED)}",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), help="width of the networks x side of the images")
    parser.add_argument("--names", nargs="+", default=list(NAMES), choices=NAMES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    print(f"One loop, batch {BATCH}, three classes and the background, grey images, n_critic 5. {machine()}.")
    print("Ratios are medians over rounds by the clock, and in brackets by the processor's time.\n")
    head = ["networks", "ours, s", "plain, s", "plain / ours", ""]
    print(markdown(head, [row(name, size, asked.rounds) for name in asked.names for size in asked.sizes]))


if __name__ == "__main__":
    main()
