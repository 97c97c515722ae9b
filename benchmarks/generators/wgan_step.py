"""WGAN training against its rivals: one step against plain autograd, 300 epochs against SDV's CTGAN.

python -m benchmarks.generators.wgan_step [--compile] [--ctgan]
"""

import argparse
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from rarefault.generators.table.wgan import WGAN, WGANSettings
from rarefault.generators.table.wgan_training import Trainer

N, D = 1000, 66
ROUNDS, STEPS = 9, 60
SETTINGS = WGANSettings(latent=64, layers=2, neurons=128, batch=64, n_critic=5, epochs=300)

Step = Callable[[], None]


def rows(n: int = N, d: int = D) -> np.ndarray:
    """Correlated columns in [-1, 1], (n, d) float32."""
    rng = np.random.default_rng(0)
    return np.tanh(rng.normal(size=(n, 8)) @ rng.normal(size=(8, d)) / 3.0).astype(np.float32)


def hand_written() -> Step:
    trainer = Trainer(SETTINGS, rows(), np.empty((N, 0), dtype=np.float32))

    def step() -> None:
        with torch.inference_mode():
            trainer.step(trainer.real.index_select(0, next(trainer.batches)), trainer.rng)

    return step


class Autograd:
    """The training loop as one writes it with torch.nn and torch.optim; `foreach` fuses the optimiser's loops."""

    def __init__(self, foreach: bool) -> None:
        s = SETTINGS
        torch.manual_seed(0)
        self.real = torch.from_numpy(rows())
        self.generator = nn.Sequential(*_layers(s.latent, D), nn.Tanh())
        self.critic = nn.Sequential(*_layers(D, 1))
        self.critic_optimiser = torch.optim.RMSprop(self.critic.parameters(), lr=s.lr, foreach=foreach)
        self.generator_optimiser = torch.optim.RMSprop(self.generator.parameters(), lr=s.lr, foreach=foreach)

    def step(self) -> None:
        for _ in range(SETTINGS.n_critic):
            self.critic_step()
        loss = -self.critic(self.fake()).mean()
        self.generator_optimiser.zero_grad()
        loss.backward()
        self.generator_optimiser.step()

    def critic_step(self) -> None:
        real = self.real[torch.randint(N, (SETTINGS.batch,))]
        with torch.no_grad():
            fake = self.fake()
        loss = self.critic(fake).mean() - self.critic(real).mean()
        self.critic_optimiser.zero_grad()
        loss.backward()
        self.critic_optimiser.step()
        with torch.no_grad():
            for weight in self.critic.parameters():
                weight.clamp_(-SETTINGS.clip, SETTINGS.clip)

    def fake(self) -> torch.Tensor:
        fake: torch.Tensor = self.generator(torch.randn(SETTINGS.batch, SETTINGS.latent))
        return fake


def _layers(n_in: int, n_out: int) -> list[nn.Module]:
    h, slope = SETTINGS.neurons, SETTINGS.slope
    return [nn.Linear(n_in, h), nn.LeakyReLU(slope), nn.Linear(h, h), nn.LeakyReLU(slope), nn.Linear(h, n_out)]


def matrix_products() -> Step:
    """Nothing but the matrix products that a step cannot do without."""
    s, h = SETTINGS, SETTINGS.neurons
    generator, critic = [(s.latent, h), (h, h), (h, D)], [(D, h), (h, h)]  # the critic's last layer is a vector
    shapes = forward(generator, (s.n_critic + 1) * s.batch)
    shapes += s.n_critic * (forward(critic, 2 * s.batch) + weights(critic, 2 * s.batch) + back(critic[1:], 2 * s.batch))
    shapes += forward(critic, s.batch) + back(critic, s.batch)
    shapes += weights(generator, s.batch) + back(generator[1:], s.batch)
    products = [(torch.randn(n, k), torch.randn(k, m), torch.empty(n, m)) for n, k, m in shapes]

    def step() -> None:
        with torch.inference_mode():
            for A, B, out in products:
                torch.mm(A, B, out=out)

    return step


Layers = list[tuple[int, int]]
Shapes = list[tuple[int, int, int]]


def forward(layers: Layers, m: int) -> Shapes:
    return [(n_out, n_in, m) for n_in, n_out in layers]


def weights(layers: Layers, m: int) -> Shapes:
    return [(n_in, m, n_out) for n_in, n_out in layers]


def back(layers: Layers, m: int) -> Shapes:
    return [(n_in, n_out, m) for n_in, n_out in layers]


def timed(step: Step, times: int) -> float:
    """Milliseconds a call."""
    start = time.perf_counter()
    for _ in range(times):
        step()
    return (time.perf_counter() - start) / times * 1e3


def compare_steps(rivals: Mapping[str, Step]) -> dict[str, list[float]]:
    """Milliseconds of every rival in every round; the rivals take turns, so that a busy machine hits all."""
    for step in rivals.values():
        timed(step, STEPS // 2)
    found: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(ROUNDS):
        for name, step in rivals.items():
            found[name].append(timed(step, STEPS))
    return found


def print_steps(with_compile: bool) -> None:
    plain = Autograd(foreach=False)
    rivals = {
        "matrix products alone": matrix_products(),
        "hand-written": hand_written(),
        "plain autograd": plain.step,
        "autograd, foreach optimiser": Autograd(foreach=True).step,
    }
    if with_compile:
        rivals["torch.compile"] = torch.compile(Autograd(foreach=False).step)
    found = compare_steps(rivals)
    ours, products = found["hand-written"], found["matrix products alone"]
    print(f"one generator step, {D} features, 128-128, batch 64, 5 critic steps; medians of {ROUNDS} rounds")
    for name, times in found.items():
        ratio = median(theirs / mine for theirs, mine in zip(times, ours, strict=True))
        print(f"{name:30s} {median(times):7.2f} ms   best {min(times):6.2f} ms   {ratio:5.2f} x hand-written")
    share = median(p / mine for p, mine in zip(products, ours, strict=True))
    print(f"hand-written spends {share:.0%} of its time at the matrix products' own speed")


def print_fits(with_ctgan: bool) -> None:
    X = pd.DataFrame(rows().astype(np.float64), columns=[f"f{i}" for i in range(D)])
    y = (np.arange(N) % 5 == 0).astype(np.int8)
    seconds = median(timed(lambda: WGAN(SETTINGS).fit(X, y), 1) / 1e3 for _ in range(5))
    print(f"wgan, 300 epochs on {N} x {D}: {seconds:.2f} s (median of 5)")
    if with_ctgan:
        rival = timed(lambda: fit_ctgan(X), 1) / 1e3
        print(f"SDV's CTGAN with its defaults (300 epochs): {rival:.1f} s, {rival / seconds:.0f} x")


def fit_ctgan(X: pd.DataFrame, epochs: int = 300) -> Any:
    """SDV's CTGAN on the CPU with its defaults, but for `epochs`."""
    from sdv.metadata import Metadata
    from sdv.single_table import CTGANSynthesizer

    metadata = Metadata.load_from_dict(
        {"tables": {"table": {"columns": {name: {"sdtype": "numerical"} for name in X.columns}}}}
    )
    model = CTGANSynthesizer(metadata, epochs=epochs, enable_gpu=False)
    model.fit({"table": X})
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compile", action="store_true", help="also time torch.compile (needs a C++ compiler)")
    parser.add_argument("--ctgan", action="store_true", help="also fit SDV's CTGAN (minutes)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print_steps(asked.compile)
    print_fits(asked.ctgan)


if __name__ == "__main__":
    main()
