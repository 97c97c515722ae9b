"""The VAE: loss terms and gradient against hand-computed ones and torch's, and what its error tells."""

import math

import numpy as np
import pytest
import torch

from rarefault.degradation.vae import VAE, VAESettings
from rarefault.degradation.vae_fit import Adam, train
from rarefault.degradation.vae_network import Network, Shape, divergence, negative_bound, squared_error
from rarefault.errors import InputError

SHAPE = Shape(inputs=8, hidden=5, latent=2)
RNG = np.random.default_rng(0)


def tones(n: int = 24, t: int = 512, c: int = 1, seed: int = 0) -> np.ndarray:
    """Healthy snapshots: slow tones at any phase, a little noise (n, c, t)."""
    rng = np.random.default_rng(seed)
    phase = 2 * np.pi * (np.arange(t) / 40 + rng.uniform(size=(n, c, 1)))
    return (3 + 2 * np.sin(phase) + 0.2 * rng.normal(size=(n, c, t))).astype(np.float32)


def test_divergence_by_hand() -> None:
    # KL(N(m, s^2) || N(0, 1)) = (m^2 + s^2 - 1 - ln s^2) / 2 for each number of the code
    mean = np.array([[0.0, 0.0], [1.0, -2.0]])
    log_variance = np.array([[0.0, 0.0], [math.log(4.0), 0.0]])
    by_hand = [0.0, 0.5 * (1 + 4 - 1 - math.log(4.0)) + 0.5 * 4]
    np.testing.assert_allclose(divergence(mean, log_variance), by_hand)


def test_divergence_is_torchs() -> None:
    mean, log_variance = RNG.normal(size=(2, 6, 3))
    codes = torch.distributions.Normal(torch.from_numpy(mean), torch.from_numpy(log_variance).mul(0.5).exp())
    standard = torch.distributions.Normal(torch.zeros(6, 3), torch.ones(6, 3))
    expected = torch.distributions.kl_divergence(codes, standard).sum(1)
    np.testing.assert_allclose(divergence(mean, log_variance), expected, rtol=1e-6)


def test_squared_error_by_hand() -> None:
    np.testing.assert_allclose(
        squared_error(np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[1.0, 5.0], [1.0, 1.0]])), [4.5, 1]
    )


def test_negative_bound_by_hand() -> None:
    x, out = np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]])
    bound = negative_bound(x, out, np.array([[2.0]]), np.array([[0.0]]), variance=3.0, beta=0.5)
    assert bound == pytest.approx(9 / (2 * 3.0) + 0.5 * 2.0)


@pytest.mark.parametrize("beta", [1.0, 0.1])
def test_gradient_is_that_of_autograd(beta: float) -> None:
    drawn = Network.drawn(SHAPE, RNG)
    network = Network(SHAPE, drawn.flat.astype(np.float64))
    gradient = Network(SHAPE, np.zeros_like(network.flat))
    x, noise = RNG.normal(size=(7, 8)), RNG.normal(size=(7, 2))
    error, apart = network.step(x, noise, gradient, beta)

    weights = {name: torch.from_numpy(array.copy()).requires_grad_() for name, array in network.arrays.items()}

    def layer(name: str, values: torch.Tensor) -> torch.Tensor:
        return values @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    mean, log_variance = layer("code", torch.tanh(layer("encoder", torch.from_numpy(x)))).chunk(2, 1)
    z = mean + (0.5 * log_variance).exp() * torch.from_numpy(noise)
    out = layer("output", torch.tanh(layer("decoder", z)))
    squares = (out - torch.from_numpy(x)).square()
    codes = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    kl = torch.distributions.kl_divergence(codes, torch.distributions.Normal(0.0, 1.0)).sum(1)
    (squares.sum(1) / (2 * squares.mean().detach()) + beta * kl).mean().backward()

    assert error == pytest.approx(squares.mean().item())
    assert apart == pytest.approx(kl.mean().item())
    for name, array in gradient.arrays.items():
        np.testing.assert_allclose(array, weights[name].grad, rtol=1e-5, atol=1e-8, err_msg=name)


def test_adam_by_hand() -> None:
    flat = np.array([1.0, -2.0])
    optimiser = Adam(flat)
    optimiser.step(np.array([0.5, -4.0]), 0.1)  # the first step is the rate against the gradient's sign
    np.testing.assert_allclose(flat, [0.9, -1.9])
    optimiser.step(np.array([0.0, -4.0]), 0.1)
    mean, square = 0.9 * 0.05 / (1 - 0.9**2), 0.999 * 0.00025 / (1 - 0.999**2)
    np.testing.assert_allclose(flat, [0.9 - 0.1 * mean / np.sqrt(square), -1.8], rtol=1e-6)


def test_training_lowers_the_error_and_tells_progress() -> None:
    calls: list[tuple[int, int]] = []
    scaled = (tones() - 3) / 1.4
    settings = {"window": 8, "batch": 64, "learning_rate": 1e-2, "beta": 0.1, "seed": 1}
    _, history = train(scaled, SHAPE, steps=300, progress=lambda *call: calls.append(call), **settings)
    assert np.mean([error for error, _ in history[-20:]]) < 0.1 * history[0][0]
    assert calls[-1] == (300, 300)


def test_constant_offset_and_unit_do_not_matter() -> None:
    x, settings = tones(), VAESettings(steps=100)
    plain = VAE(settings).fit(x, 1000.0).indicate(x)
    moved = VAE(settings).fit(50 * x + 7, 1000.0).indicate(50 * x + 7)
    np.testing.assert_allclose(moved, plain, rtol=1e-3)


def test_impacts_and_growth_raise_the_error_of_new_snapshots() -> None:
    indicator, new = VAE(VAESettings(steps=300)).fit(tones(), 1000.0), tones(seed=1)
    healthy = indicator.indicate(new)
    hit = new.copy()
    hit[:, :, ::50] += 1.0
    assert (indicator.indicate(hit) > healthy.max()).all()
    assert (indicator.indicate(3 * new) > healthy.max()).all()


def test_window_as_long_as_the_snapshot_reconstructs_nothing_new() -> None:
    noise = np.random.default_rng(3).normal(size=(60, 1, 135)).astype(np.float32)
    friction = np.lib.stride_tricks.sliding_window_view(noise, 8, axis=2).mean(axis=3)  # (60, 1, 128)
    x, new = friction[:30], friction[30:]
    long, short = (VAE(VAESettings(window=window, wide=0, steps=300, batch=128)).fit(x, 1000.0) for window in (128, 6))
    assert long.indicate(new).mean() > 1.2
    assert long.level_[0] * long.indicate(new).mean() > 0.9  # of the signal's power
    assert short.indicate(new).mean() == pytest.approx(1.0, rel=0.1)
    assert short.level_[0] < 0.3


def test_indicator_is_the_mean_of_both_networks_errors_over_the_healthy_ones() -> None:
    x = tones(c=2, t=51)
    indicator = VAE(VAESettings(window=5, wide=10, steps=20)).fit(x, 1000.0)
    expected = []
    for network, window, level in zip(indicator.networks_, (5, 10), indicator.level_, strict=True):
        scaled = (x[0] - indicator.mean_[:, None]) / indicator.scale_[:, None]
        windows = np.stack([scaled[:, at : at + window].reshape(-1) for at in range(0, 50, window)])
        expected.append(np.square(network.reconstruct(windows) - windows).mean() / level)
    assert indicator.indicate(x[:1])[0] == pytest.approx(np.mean(expected), rel=1e-5)
    assert indicator.indicate(x).mean() == pytest.approx(1.0, rel=1e-5)


def test_a_snapshot_is_judged_alike_alone_and_among_many() -> None:
    x = tones(n=60)
    indicator = VAE(VAESettings(steps=20)).fit(x, 1000.0)
    many = indicator.indicate(np.tile(x, (20, 1, 1)))
    np.testing.assert_allclose(many[[0, 70, 1199]], indicator.indicate(x[[0, 10, 59]]), rtol=1e-5)


def test_refuses_a_window_longer_than_the_snapshot_and_a_silent_channel() -> None:
    with pytest.raises(InputError, match="must be at most the snapshots' 16 samples, got 32"):
        VAE(VAESettings(window=32)).fit(tones(t=16), 1000.0)
    silent = tones(c=2)
    silent[:, 1] = 4.0
    with pytest.raises(InputError, match="channel 1 of the healthy snapshots is constant"):
        VAE().fit(silent, 1000.0)


@pytest.mark.parametrize(
    "bad", [{"latent": 0}, {"window": 1}, {"wide": 1}, {"steps": 0}, {"beta": 0.0}, {"learning_rate": -1.0}]
)
def test_refuses_settings_out_of_range(bad: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must be >"):
        VAE.from_params(bad)
