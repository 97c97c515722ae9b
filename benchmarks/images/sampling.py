"""Drawing images from a DCGAN: images a second on one thread, and the memory it takes.

python -m benchmarks.images.sampling [--sizes WIDTHxSIDE ...] [--images N]
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from statistics import median

import numpy as np
import torch

from benchmarks.generators.sampling import memory_mb
from benchmarks.images.step import MEASURE, parsed, timed
from benchmarks.printing import machine, markdown
from rarefault.generators.image.dcgan import DCGAN, DCGANSettings
from rarefault.generators.image.dcgan_networks import Generator, initialise
from rarefault.generators.image.placement import Placement

SIZES = ("0.125x64", "0.5x64", "1x96")
IMAGES, ROUNDS = 500, 3


def untrained(width: float, side: int) -> DCGAN:
    """How long a generator learned does not change how fast it draws."""
    generator = DCGAN(DCGANSettings(width=width))
    network = Generator(generator.settings.latent, (1, side, side), width)
    initialise(network)
    generator.networks_ = {"any": Placement("cpu").put(network).requires_grad_(False).eval()}
    generator.classes_ = ("any",)
    generator.rewind()
    return generator


def measure(size: str, images: int) -> None:
    """In a fresh process, so that the peak is that of the draw."""
    torch.set_num_threads(1)
    generator = untrained(*parsed(size))
    generator.sample(8, "any")
    before = memory_mb("VmRSS")
    seconds = median(timed(lambda: generator.sample(images, "any"), "cpu")[0] for _ in range(ROUNDS))
    print(seconds, memory_mb("VmHWM") - before)


def row(size: str, images: int) -> list[str]:
    width, side = parsed(size)
    command = [sys.executable, "-m", "benchmarks.images.sampling", MEASURE, "--sizes", size, "--images", str(images)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, memory = map(float, done.stdout.split())
    bytes_ = np.dtype(np.uint8).itemsize * images * side * side
    return [f"width {width:g}, {side} x {side}", f"{images / seconds:,.0f}", f"{memory:.0f}", f"{bytes_ / 1e6:.1f}"]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), help="width of the networks x side of the images")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument(MEASURE, action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.measure:
        measure(asked.sizes[0], asked.images)
        return
    print(f"Drawing {asked.images} grey images. {machine()}.\n")
    head = ["networks", "images/s", "peak above the start, MB", "the images alone, MB"]
    print(markdown(head, [row(size, asked.images) for size in asked.sizes]))


if __name__ == "__main__":
    main()
