"""The training loop of the WGAN generators, and the drawing of rows from a trained network."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, isfinite

import numpy as np
import torch
from torch import Tensor

from rarefault.generators.base import Progress
from rarefault.generators.table.mlp import MLP, Pass, RunningAverage
from rarefault.generators.table.wgan import WGANSettings
from rarefault.generators.table.wgan_step import WGANStep

_CHUNK = 2048  # rows; their activations fit a core's cache


class Trainer:
    """Trains `generator` on rows (n, d) with conditions (n, k), both float32, k perhaps 0.

    groups: (n,) numbers 0, 1, ... when every batch shall hold equally many rows of each; None to pass over all rows
    in a new order each time.
    """

    def __init__(
        self, settings: WGANSettings, rows: np.ndarray, conditions: np.ndarray, groups: np.ndarray | None = None
    ) -> None:
        self.settings = settings
        device = find_device(settings.device)
        (n, d), k = rows.shape, conditions.shape[1]
        self.real = torch.from_numpy(np.hstack([rows, conditions]) if k else rows).to(device)  # (n, d + k)
        self.total = steps_for(settings, n)
        self.rng = torch.Generator(device).manual_seed(settings.seed)
        learner = make_generator(settings, d, k, device)
        critic = MLP([d + k, *[settings.neurons] * settings.layers, 1], settings.slope, device)
        start = torch.Generator().manual_seed(settings.seed)
        learner.initialise(start)
        critic.initialise(start)
        self.step = WGANStep(learner, critic, settings)
        self.average = RunningAverage(learner, settings.averaging) if settings.averaging > 0 else None
        self.generator = learner if self.average is None else self.average.network
        size = settings.n_critic * settings.batch
        self.batches = shuffled(n, size, self.rng) if groups is None else balanced(groups, size, self.rng)

    def run(self, progress: Progress | None) -> None:
        """Train to the end; leaves `generator` on the CPU. Raises ValueError when the weights stop being finite."""
        done = 0
        while done < self.total:
            steps = min(max(1, self.total // 100), self.total - done)
            self._advance(steps)
            done += steps
            if progress is not None:
                progress(done, self.total)
        self.generator = _on_cpu(self.generator)

    def _advance(self, steps: int) -> None:
        with one_thread(), torch.inference_mode():
            for _ in range(steps):
                self.step(self.real.index_select(0, next(self.batches)), self.rng)
                if self.average is not None:
                    self.average.step()
            if not isfinite(self.step.distance()):
                s = self.settings
                raise ValueError(
                    f"training diverged with lr={s.lr}, clip={s.clip}, gradient_penalty={s.gradient_penalty}; "
                    "a smaller lr or, with gradient_penalty=0, a smaller clip is needed"
                )


def steps_for(settings: WGANSettings, n: int) -> int:
    """Generator steps in which the critic sees each of n rows `epochs` times, but at most `max_steps`."""
    steps = ceil(settings.epochs * n / (settings.batch * settings.n_critic))
    return steps if settings.max_steps is None else min(steps, settings.max_steps)


def shuffled(n: int, size: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Positions of n rows, `size` at a time, in endless passes over all of them, each in a new order."""
    left = torch.empty(0, dtype=torch.int64, device=rng.device)
    while True:
        passes = ceil((size - len(left)) / n)
        left = torch.cat([left, *[torch.randperm(n, generator=rng, device=rng.device) for _ in range(passes)]])
        yield left[:size]
        left = left[size:]


def balanced(groups: np.ndarray, size: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Positions of rows, `size` at a time, whose groups 0, 1, ... take turns; drawn with replacement."""
    counts = torch.from_numpy(np.bincount(groups)).to(rng.device)
    order = torch.from_numpy(np.argsort(groups, kind="stable")).to(rng.device)
    turn = torch.arange(size, device=rng.device) % len(counts)
    first, within = (counts.cumsum(0) - counts)[turn], counts[turn]
    while True:
        u = torch.rand(size, generator=rng, device=rng.device, dtype=torch.float64)
        yield order[first + (u * within).long()]


def find_device(wanted: str) -> torch.device:
    """The device to train on; raises ValueError when "cuda" is asked for and there is none."""
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise ValueError("device 'cuda' is not available here; accepted: 'cpu', 'auto'")
    return torch.device("cpu" if wanted == "cpu" or not available else "cuda")


def make_generator(settings: WGANSettings, d: int, k: int, device: torch.device) -> MLP:
    """The generator without its Tanh, untrained: latent + k features -> hidden layers -> d features."""
    return MLP([settings.latent + k, *[settings.neurons] * settings.layers, d], settings.slope, device)


def load_generator(settings: WGANSettings, d: int, k: int, flat: np.ndarray) -> MLP:
    """The generator with trained parameters `flat`; raises ValueError when these do not fit the settings."""
    network = make_generator(settings, d, k, torch.device("cpu"))
    if flat.shape != tuple(network.flat.shape):
        raise ValueError(f"the settings ask for {len(network.flat)} weights, the file holds {flat.size}")
    network.flat.copy_(torch.from_numpy(flat))
    return network


def draw(network: MLP, n: int, condition: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """Yield n generated rows of one condition (k,), features first, in pieces (d, m) valid until the next one."""
    rng = torch.Generator().manual_seed(seed)
    chunk = max(1, min(_CHUNK, n))
    with torch.inference_mode():
        layers = network.room(chunk)
        latent = network.sizes[0] - len(condition)
        layers[0][latent:-1] = torch.from_numpy(condition)[:, None]
        rows = Pass(network, layers)
    for start in range(0, n, chunk):
        with one_thread(), torch.inference_mode():
            layers[0][:latent].copy_(torch.randn(latent, chunk, generator=rng))
            Z = rows.forward().tanh_().cpu().numpy()
        yield Z[:, : n - start]


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread: these matrices are too small to share, and on a busy machine sharing is slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _on_cpu(network: MLP) -> MLP:
    if network.flat.device.type == "cpu":
        return network
    moved = MLP(network.sizes, network.slope, torch.device("cpu"), network.flat.dtype)
    moved.flat.copy_(network.flat)
    return moved
