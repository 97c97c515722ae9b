"""Trains SDV's CTGAN, quietly and without touching the global random state, and takes out what it learned."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rarefault.errors import InputError
from rarefault.generators.base import Progress
from rarefault.generators.table.ctgan_network import CTGANNetwork, Span

if TYPE_CHECKING:
    from rarefault.generators.table.ctgan import CTGANSettings


def train(frame: pd.DataFrame, settings: "CTGANSettings", progress: Progress | None) -> CTGANNetwork:
    """Learn the columns of frame (n, d + 1), text ones being categorical; raises InputError when SDV is missing."""
    synthesizer = _synthesizer(frame, settings)
    steps = max(len(frame) // settings.batch_size, 1) * (settings.critic_steps + 1)
    with _isolated(settings.seed), _watched(progress, steps, settings.epochs):
        with redirect_stdout(io.StringIO()):  # SDV prints an alert for tables that it finds wide
            processed = synthesizer.preprocess({"rows": frame})
        synthesizer.fit_processed_data(processed)
    return _network(synthesizer._model)


def _synthesizer(frame: pd.DataFrame, settings: "CTGANSettings") -> Any:
    try:
        from sdv.metadata import Metadata
        from sdv.single_table import CTGANSynthesizer
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "sdv":
            raise
        raise InputError("ctgan needs SDV, an optional extra: pip install rarefault[sdv]") from None
    kinds = {name: "categorical" if frame[name].dtype == object else "numerical" for name in frame}
    columns = {name: {"sdtype": kind} for name, kind in kinds.items()}
    return CTGANSynthesizer(
        Metadata.load_from_dict({"tables": {"rows": {"columns": columns}}, "relationships": []}),
        embedding_dim=settings.latent_dim,
        generator_dim=settings.layers,
        discriminator_dim=settings.layers,
        generator_lr=settings.learning_rate,
        discriminator_lr=settings.learning_rate,
        batch_size=settings.batch_size,
        discriminator_steps=settings.critic_steps,
        epochs=settings.epochs,
        pac=settings.pac,
        enable_gpu=False,
    )


@contextmanager
def _isolated(seed: int) -> Iterator[None]:
    """SDV draws from numpy's and torch's global state and starts processes: seed it, one thread, put it back."""
    import joblib
    import torch

    before, threads = np.random.get_state(), torch.get_num_threads()
    with torch.random.fork_rng(devices=[]), joblib.parallel_config(backend="sequential"):
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            np.random.set_state(before)
            torch.set_num_threads(threads)


@contextmanager
def _watched(progress: Progress | None, steps_per_epoch: int, epochs: int) -> Iterator[None]:
    """Call progress(epoch, epochs) after each epoch, counted in optimiser steps: CTGAN has no callback of its own."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    taken = 0

    def count(*_: Any) -> None:
        nonlocal taken
        taken += 1
        if progress and taken % steps_per_epoch == 0:
            progress(taken // steps_per_epoch, epochs)

    handle = register_optimizer_step_post_hook(count)
    try:
        yield
    finally:
        handle.remove()


def _network(model: Any) -> CTGANNetwork:
    """The generator inside a trained `ctgan.CTGAN`, in inference mode.

    Batch normalisation uses its running averages: those of a batch that was asked for one class would take out the
    very difference that the condition makes.
    """
    weights = {
        name: tensor.detach().numpy().astype(np.float64) for name, tensor in model._generator.state_dict().items()
    }
    depth = len(model._generator_dim)
    hidden = tuple(_folded(weights, f"seq.{i}.") for i in range(depth))
    out = (weights[f"seq.{depth}.weight"].astype(np.float32), weights[f"seq.{depth}.bias"].astype(np.float32))
    columns = model._transformer._column_transform_info_list
    modes = [_modes(column.transform) for column in columns if column.column_type == "continuous"]
    return CTGANNetwork(hidden, out, np.concatenate([np.empty((2, 0)), *modes], axis=1), tuple(map(_span, columns)))


def _folded(weights: dict[str, np.ndarray], layer: str) -> tuple[np.ndarray, np.ndarray]:
    """One linear layer and its batch normalisation (epsilon 1e-5) as one weight and bias."""
    scale = weights[f"{layer}bn.weight"] / np.sqrt(weights[f"{layer}bn.running_var"] + 1e-5)
    bias = (weights[f"{layer}fc.bias"] - weights[f"{layer}bn.running_mean"]) * scale + weights[f"{layer}bn.bias"]
    return (weights[f"{layer}fc.weight"] * scale[:, None]).astype(np.float32), bias.astype(np.float32)


def _modes(transform: Any) -> np.ndarray:
    """Mean and standard deviation (2, k) of the k modes in use of one numeric column's Gaussian mixture."""
    mixture, used = transform._bgm_transformer, transform.valid_component_indicator
    return np.stack([mixture.means_.ravel()[used], np.sqrt(mixture.covariances_).ravel()[used]])


def _span(column: Any) -> Span:
    if column.column_type == "continuous":
        return Span(column.column_name, (), int(column.output_dimensions) - 1)
    return Span(column.column_name, tuple(map(str, column.transform.dummies)), 0)
