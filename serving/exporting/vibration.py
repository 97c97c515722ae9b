"""Write the model folder of a degradation model, and let it stand only if it judges as the model does."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation import HealthIndicator
from rarefault.degradation.assessment import Assessment
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError
from serving.exporting.placing import check_target
from serving.exporting.writing import ParityError, check_names, head_of, write_folder
from serving.model_folder import BrokenModel
from serving.model_folder.fields import Fields
from serving.model_folder.vibration import (
    DEGREE_TOLERANCE,
    EXAMPLE,
    FORMAT_VERSION,
    KIND,
    TOLERANCE,
    VibrationFolder,
)
from serving.vibration.indicators import KINDS, read_indicator
from serving.vibration.rule import DegreeRule
from serving.vibration.snapshots import Form

_WEIGHTS, _SNAPSHOTS = "indicator.safetensors", "snapshots.safetensors"
_MOST_COMPARED, _EXAMPLES, _STREAM = 512, 4, 200


def export_vibration(
    model: DegradationModel,
    signals: SignalSet,
    folder: str | Path,
    *,
    name: str,
    version: str,
    strategy: str = "",
    facts: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """Write a fitted degradation model as the model folder `folder`, whole or not at all.

    `signals` are snapshots of the machines it was trained on, healthy ones and, where there are any, others. `facts`
    (lineage, metrics) are plain JSON values. A model folder that is already there is replaced. Returns rows,
    largest_difference (of the indicator, relative to it) and labels_differ (states of a stream). Raises ParityError,
    and leaves what was there, when a state differs on the snapshots (at most 512 of them, evenly drawn), an indicator
    by more than 1e-5 of it or a degree by more than 1e-9; InputError for an indicator that the server does not compute
    and for a folder that holds something else; ValueError for a name or version that cannot stand in an address and
    for signals of another form.
    """
    form = _check(model, signals, name, version)
    check_target(Path(folder))
    part, weights = indicator_part(model.indicator)
    rule, files = rule_of(model.assessment), {_WEIGHTS: weights}
    chosen = np.unique(np.linspace(0, len(signals) - 1, min(len(signals), _MOST_COMPARED)).round().astype(int))
    snapshots = signals.snapshots[chosen]
    truth = model.indicator.indicate(snapshots)
    parity = _parity(_computed(part, files, form, snapshots), truth, rule, model)
    example, found = _example(snapshots, truth, model)
    files |= found
    packages = ("rarefault", "numpy")
    content = {
        "kind": KIND,
        **head_of(name, version, FORMAT_VERSION, packages),
        "classifier": model.indicator.name,
        "strategy": strategy,
        "input": {"channels": list(form.channels), "samples": form.samples, "rate": form.rate, "unit": form.unit},
        "indicator": part,
        "assessment": rule.to_json(),
        "example": example,
        "facts": dict(facts or {}),
        "parity": parity,
    }
    write_folder(Path(folder), content, files, VibrationFolder.read)
    return parity


def indicator_part(indicator: HealthIndicator) -> tuple[dict[str, Any], bytes]:
    """An indicator's entry in model.json and its weights; raises InputError, one line, for one that is not served."""
    if indicator.name not in KINDS:
        raise InputError(f"the indicator {indicator.name!r} cannot be served; accepted: {', '.join(KINDS)}")
    with tempfile.TemporaryDirectory(prefix="rarefault-export-") as place:
        indicator.save(place)
        weights = (Path(place) / "weights.safetensors").read_bytes()
    return {"kind": indicator.name, "file": _WEIGHTS, "settings": asdict(indicator.settings)}, weights


def rule_of(assessment: Assessment) -> DegreeRule:
    """The rule as the server applies it."""
    settings = assessment.settings
    return DegreeRule(
        k=settings.k,
        s=settings.s,
        threshold=assessment.threshold,
        width=assessment.bandwidth,
        log=assessment.log,
        own_width=settings.bandwidth == "window",
        limit=settings.limit,
        severe=settings.severe,
        confirmed=settings.rule == "confirmed",
        length=assessment.run.length,
        span=assessment.run.span,
    )


def _check(model: DegradationModel, signals: SignalSet, name: str, version: str) -> Form:
    check_names(name, version)
    indicator = model.indicator
    shape = (indicator.channels_, indicator.samples_)
    if not len(signals) or signals.snapshots.shape[1:] != shape or signals.facts.rate != indicator.rate_:
        found = f"{signals.snapshots.shape} at {signals.facts.rate:g} Hz"
        raise ValueError(
            f"signals must hold snapshots (n, {shape[0]}, {shape[1]}) at {indicator.rate_:g} Hz, got {found}"
        )
    return Form(signals.facts.channels, indicator.samples_, indicator.rate_, signals.facts.unit)


def _computed(part: dict[str, Any], files: Mapping[str, bytes], form: Form, snapshots: np.ndarray) -> np.ndarray:
    try:
        return read_indicator(Fields(part, "indicator"), files, *form.shape).of(snapshots)
    except BrokenModel as problem:
        raise ParityError(f"the exported model cannot be loaded: {problem}") from problem


def _parity(found: np.ndarray, truth: np.ndarray, rule: DegreeRule, model: DegradationModel) -> dict[str, float]:
    """Compare with the model's own indicators (n,) and its own stream of them; raises ParityError."""
    largest = float(np.max(np.abs(found - truth) / np.maximum(np.abs(truth), np.finfo(float).tiny)))
    stream, state, differ, degrees = model.stream(), None, 0, 0.0
    for value in _streamed(truth, model):
        wanted = stream.push(value)
        judged, state = rule.push(state, value)
        onset = None if wanted.onset is None else (wanted.onset.first, wanted.onset.alarm)
        same = judged.state == wanted.state and (onset or (None, None)) == (judged.since, judged.alarm)
        differ += not (same and judged.filled == wanted.filled)
        degrees = max(degrees, abs(judged.degree - wanted.degree))
    if differ or not (largest <= TOLERANCE and degrees <= DEGREE_TOLERANCE):  # a NaN is refused too
        raise ParityError(
            f"the exported model differs from the degradation model on {differ} states, by up to {largest:.2g} of the "
            f"indicator and {degrees:.2g} in the degree; accepted: none, {TOLERANCE:g} and {DEGREE_TOLERANCE:g}"
        )
    return {"rows": len(truth), "largest_difference": largest, "labels_differ": differ}


def _streamed(truth: np.ndarray, model: DegradationModel) -> list[float]:
    """Indicators of a life: the ones that were found, then ever larger ones, until the threshold is far behind."""
    grown = model.assessment.threshold * np.geomspace(0.9, 3, 2 * model.assessment.settings.k)
    return [*truth.tolist(), *grown.tolist()]


def _example(
    snapshots: np.ndarray, truth: np.ndarray, model: DegradationModel
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A few snapshots from the smallest to the largest indicator, a stream with its degrees, and a request to try."""
    ranks = np.unique(np.linspace(0, len(truth) - 1, _EXAMPLES).round().astype(int))
    picked = np.argsort(truth, kind="stable")[ranks]
    values = _streamed(truth, model)[-_STREAM:]
    stream = model.stream()
    told = {
        "file": _SNAPSHOTS,
        "indicators": truth[picked].tolist(),
        "stream": values,
        "degrees": [stream.push(value).degree for value in values],
    }
    first = [[float(str(value)) for value in channel] for channel in snapshots[picked[0]]]
    request = {"instances": [{"machine": "example", "snapshot": first[0] if len(first) == 1 else first}]}
    kept = save({"snapshots": np.ascontiguousarray(snapshots[picked])})
    return told, {_SNAPSHOTS: kept, EXAMPLE: json.dumps(request, separators=(",", ":")).encode()}
