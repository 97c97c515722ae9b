"""How a registered degradation model answers: snapshots as lists of numbers in a table, as MLflow passes them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError

Answer = Callable[[pd.DataFrame], pd.DataFrame]


def degradation_answer(folder: str | Path) -> Answer:
    """For each row's `machine` and `snapshot`: machine, indicator, degree, state, and `worn` once there was an alarm.

    The rows of one machine are its consecutive snapshots, in order; a request knows nothing of earlier ones.
    """
    model = DegradationModel.load(folder)

    def answer(rows: pd.DataFrame) -> pd.DataFrame:
        return told(model, rows["machine"].astype(str).tolist(), read(rows["snapshot"].tolist(), model))

    return answer


def told(model: DegradationModel, machines: list[str], snapshots: np.ndarray) -> pd.DataFrame:
    """What the model says of snapshots (n, c, t) of these machines, in their order."""
    streams, rows = {name: model.stream() for name in machines}, []
    for name, value in zip(machines, model.indicator.indicate(snapshots), strict=True):
        verdict = streams[name].push(float(value))
        rows.append((name, verdict.indicator, verdict.degree, verdict.state, verdict.onset is not None))
    return pd.DataFrame(rows, columns=["machine", "indicator", "degree", "state", "worn"])


def read(values: list[Any], model: DegradationModel) -> np.ndarray:
    """Snapshots as lists of samples, or of channels of samples, as (n, c, t) float32; raises InputError for others."""
    shape = (model.indicator.channels_, model.indicator.samples_)
    snapshots = np.empty((len(values), *shape), dtype=np.float32)
    for at, value in enumerate(values):
        try:
            found = np.asarray(value, dtype=np.float32).reshape(-1, np.shape(value)[-1])
        except (TypeError, ValueError, IndexError) as problem:
            raise InputError(f"row {at}: snapshot is no list of numbers: {problem}") from problem
        if found.shape != shape or not np.isfinite(found).all():
            raise InputError(
                f"row {at}: snapshot has {found.shape[0]} channels of {found.shape[1]} samples; accepted: {shape[0]} "
                f"of {shape[1]} finite samples"
            )
        snapshots[at] = found
    return snapshots
