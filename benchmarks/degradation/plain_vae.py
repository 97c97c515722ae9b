"""The VAE as one would write it first: torch modules, a DataLoader of windows, Adam, one snapshot at a time judged."""

import itertools

import numpy as np
import torch
from torch import Tensor, nn

from rarefault.degradation.vae import VAESettings


class PlainVAE(nn.Module):
    """The networks of `rarefault.degradation.vae_network` for windows of one channel."""

    def __init__(self, s: VAESettings) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(s.window, s.hidden), nn.Tanh(), nn.Linear(s.hidden, 2 * s.latent))
        self.decoder = nn.Sequential(nn.Linear(s.latent, s.hidden), nn.Tanh(), nn.Linear(s.hidden, s.window))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return self.decoder(z), mean, log_variance


def windows(snapshots: np.ndarray, window: int) -> Tensor:
    """The windows (m, window) of scaled snapshots (n, 1, t)."""
    whole = snapshots.shape[2] // window * window
    return torch.from_numpy(((snapshots - snapshots.mean()) / snapshots.std())[:, 0, :whole]).reshape(-1, window)


def plain_loop(snapshots: np.ndarray, s: VAESettings, updates: int) -> PlainVAE:
    """Train for so many updates, epoch by epoch."""
    torch.manual_seed(s.seed)
    model = PlainVAE(s)
    optimiser = torch.optim.Adam(model.parameters(), lr=s.learning_rate)
    x = torch.utils.data.TensorDataset(windows(snapshots, s.window))
    loader = torch.utils.data.DataLoader(x, batch_size=s.batch, shuffle=True, drop_last=True)
    epochs = itertools.chain.from_iterable(itertools.repeat(loader))
    for (batch,) in itertools.islice(epochs, updates):
        _update(model, optimiser, batch, s.beta)
    return model


def tuned_loop(snapshots: np.ndarray, s: VAESettings, updates: int) -> PlainVAE:
    """The same in eager torch at its best: fused Adam, batches indexed from one flat tensor."""
    torch.manual_seed(s.seed)
    model = PlainVAE(s)
    optimiser = torch.optim.Adam(model.parameters(), lr=s.learning_rate, fused=True)
    x = windows(snapshots, s.window)
    for _ in range(updates):
        _update(model, optimiser, x[torch.randint(len(x), (s.batch,))], s.beta)
    return model


def judge_one_by_one(models: dict[int, PlainVAE], snapshots: np.ndarray, s: VAESettings) -> np.ndarray:
    """The mean reconstruction error of each snapshot (n,) by the models of each window, a call for each."""
    found = []
    for snapshot in snapshots:
        errors = []
        for window, model in models.items():
            x = windows(snapshot[None], window)
            with torch.no_grad():
                mean = model.encoder(x)[:, : s.latent]
                errors.append(nn.functional.mse_loss(model.decoder(mean), x).item())
        found.append(np.mean(errors))
    return np.array(found)


def _update(model: PlainVAE, optimiser: torch.optim.Optimizer, x: Tensor, beta: float) -> None:
    out, mean, log_variance = model(x)
    squares = (out - x).square()
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
    loss = (squares.sum(1) / (2 * squares.mean().detach()) + beta * divergence).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
