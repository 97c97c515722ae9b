"""Search the settings of a health indicator, train it on healthy snapshots, and fit the threshold to what it says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rarefault import progress
from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation import load_indicator
from rarefault.degradation.assessment import Assessment, AssessmentSettings
from rarefault.degradation.crossfit import crossfit
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError
from rarefault.settings import from_params
from rarefault.steps.generator_training import search_place, search_settings, study_name
from rarefault.steps.record import read_json, recorded, write_json

OBJECTIVE = "healthy-spread"
HEALTHY = "healthy.npy"
"""Beside an indicator: what it says of the healthy snapshots, out of sample, (n,) float64."""


@recorded
def find_indicator_settings(
    signals: str,
    study: str,
    *,
    record: str,
    indicator: str = "vae",
    params: Mapping[str, Any] | None = None,
    trials: int = 0,
    search_seconds: float = 0.0,
    workers: int = 2,
    pods: int = 0,
    objective: str = OBJECTIVE,
    space: Mapping[str, Any] | None = None,
    storage: str = "",
    seed: int = 0,
    run_id: str = "",
) -> dict[str, float]:
    """Search the settings of an indicator on the healthy snapshots in folder `signals`; write file `study` (JSON).

    The file holds the indicator's name, the settings `given`, those `searched` (none with trials = 0) and the trials.
    storage, pods and workers are as for `train_gan`.
    """
    found: dict[str, Any] = {"objective": objective, "best": None, "value": None, "trials": [], "importances": {}}
    given = dict(params or {})
    settings = search_settings(indicator, trials, search_seconds, pods or workers, objective, space, given, seed)
    if settings is not None:
        from rarefault.tuning.search import search, summary

        watch, processes = progress.watch("find_indicator_settings", "trial"), 0 if pods and search_seconds else workers
        with search_place(storage) as address:
            trace = search(signals, settings, address, watch, study_name(run_id, settings), processes)
            found = summary(trace, settings)
    best: dict[str, Any] = next((trial["params"] for trial in found["trials"] if trial["number"] == found["best"]), {})
    write_json(study, {**found, "indicator": indicator, "given": given, "searched": best})
    return {"trials": len(found["trials"]), **({} if found["value"] is None else {"objective": found["value"]})}


@recorded
def train_indicator(signals: str, study: str, indicator: str, *, record: str, seed: int = 0) -> dict[str, float]:
    """Train the indicator that file `study` names on the healthy snapshots; leave it in folder `indicator`.

    Beside it healthy.npy: what indicators that had not learned from a snapshot say of it, for every healthy one.
    """
    learned, found = SignalSet.read(signals), read_json(study)
    params = {"seed": seed, **found["given"], **found["searched"]}
    watch = progress.watch("train_indicator", "update")
    healthy = learned.snapshots[learned.healthy]
    chosen, values = crossfit(
        found["indicator"],
        params,
        healthy,
        learned.facts.rate,
        machines=learned.machines[learned.healthy],
        progress=watch,
    )
    chosen.save(indicator)
    np.save(Path(indicator) / HEALTHY, values, allow_pickle=False)
    return {"snapshots": len(values), "healthy_mean": float(values.mean()), "healthy_spread": float(values.std())}


@recorded
def fit_threshold(
    indicator: str,
    model: str,
    *,
    record: str,
    window: int = 25,
    slide: int = 1,
    confidence: float = 0.999,
    params: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """Fit threshold, degree and alarm to the healthy values in folder `indicator`; leave folder `model`."""
    settings = assessment_settings(window, slide, confidence, params or {})
    healthy = np.load(Path(indicator) / HEALTHY, allow_pickle=False)
    assessment = Assessment.fit(healthy, settings)
    DegradationModel(load_indicator(indicator), assessment).save(model)
    return {"threshold": assessment.threshold, "bandwidth": assessment.bandwidth, "run": assessment.run.length}


def assessment_settings(window: int, slide: int, confidence: float, params: Mapping[str, Any]) -> AssessmentSettings:
    """The settings from a pipeline's parameters; raises InputError where `params` repeat one of the others."""
    own = {"k": "window", "s": "slide", "confidence": "confidence"}
    repeated = sorted(set(params) & set(own))
    if repeated:
        raise InputError(f"assessment_params has {repeated[0]!r}; accepted: the pipeline's {own[repeated[0]]!r} for it")
    return from_params(AssessmentSettings, {"k": window, "s": slide, "confidence": confidence, **params})
