"""Gather what the steps of a degradation run left into result.json and report.html."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation.model import DegradationModel
from rarefault.registry.lineage import code_version
from rarefault.report import check_result
from rarefault.report.degradation_page import render_degradation
from rarefault.report.degradation_schema import PIPELINE, SCHEMA_VERSION
from rarefault.report.degradation_text import finding, machine_sentence
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.steps.reporting import DEPLOYED, plain_settings, step_values
from rarefault.steps.signal_ingestion import FACTS

Values = dict[str, Any]
SERIES = "life.csv"
"""Where a run leaves every snapshot's numbers, beside the report; on a cluster the artifact `series` of assess_life."""
_FROM_EVALUATION = ("indicator", "threshold", "false_alarms", "rivals", "severity")
_NOT_SHOWN = "number"


@recorded
def report_degradation(
    signals: str,
    study: str,
    life: str,
    evaluation: str,
    registered: str,
    records: Sequence[str],
    result: str,
    page: str,
    *,
    record: str,
    inputs: Mapping[str, Any],
    run_id: str,
    attempt: float = 0.0,
) -> dict[str, float]:
    """Write result.json to file `result` and the HTML report to file `page`.

    records are the other steps' records; one that ended before `attempt` (seconds since 1970) was not run again.
    inputs are the component's, the pipeline's parameters among them.
    """
    settings, judged = plain_settings(inputs), read_json(Path(evaluation) / "evaluation.json")
    found, model = read_json(study), dict(read_json(registered))
    machines = [_machine(machine) for machine in read_json(Path(life) / "life.json")["machines"]]
    values = {
        "schema_version": SCHEMA_VERSION,
        "pipeline": PIPELINE,
        "run_id": run_id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": code_version(),
        "seed": int(settings["seed"]),
        "settings": settings,
        "data": _data(signals, judged),
        "finding": finding(machines),
        **{key: judged[key] for key in _FROM_EVALUATION},
        "machines": machines,
        "search": {
            "objective": found["objective"],
            "trials": len(found["trials"]),
            "value": found["value"],
            "settings": found["searched"],
        },
        "comparison": model.pop("comparison"),
        "model": model,
        "deploy": DEPLOYED,
        "series": SERIES,
        "steps": [step_values(read_json(path), attempt) for path in records],
    }
    check_result(values)
    write_json(result, values)
    html = render_degradation(values, _details(signals, life, evaluation, found, judged))
    Path(page).parent.mkdir(parents=True, exist_ok=True)
    Path(page).write_text(html, encoding="utf-8")
    return {"bytes": float(len(html))}


def _machine(machine: Values) -> Values:
    shown = {key: value for key, value in machine.items() if key != _NOT_SHOWN}
    return {**shown, "sentence": machine_sentence(machine)}


def _data(signals: str, judged: Values) -> Values:
    lives, data = SignalSet.read(signals), read_json(Path(signals) / FACTS)
    return {
        **{key: data[key] for key in ("name", "notes", "fingerprint", "repairs")},
        "snapshots": len(lives),
        "healthy_snapshots": int(lives.healthy.sum()),
        "held_out_snapshots": judged["false_alarms"]["snapshots"],
        "samples": lives.snapshots.shape[2],
        "rate": lives.facts.rate,
        "unit": lives.facts.unit,
        "channels": list(lives.facts.channels),
        "machines": len(lives.names),
        "times_known": lives.facts.timed,
        "states_known": lives.states is not None and bool((lives.states != "").any()),
    }


def _details(signals: str, life: str, evaluation: str, study: Values, judged: Values) -> Values:
    """What the figures are drawn of (see `draw_degradation`)."""
    lives, assessment = SignalSet.read(signals), DegradationModel.load(Path(evaluation) / "selected").assessment
    machines = {}
    for entry in read_json(Path(life) / "life.json")["machines"]:
        with np.load(Path(life) / f"{entry['number']}.npz", allow_pickle=False) as arrays:
            kept = {name: arrays[name] for name in arrays.files}
        truth = None if lives.states is None else lives.states[lives.machines == entry["name"]]
        windows = {"at": kept["ends"], "grid": kept["grid"], "density": kept["densities"], "log": bool(kept["log"])}
        machines[entry["name"]] = {**kept, "truth": truth, "windows": windows}
    density, healthy = assessment.density(), assessment.healthy
    margin = 4 * assessment.bandwidth
    scaled = np.linspace(density.points.min() - margin, density.points.max() + margin, 300)
    grid = np.exp(scaled) if assessment.log else scaled
    heights = density.pdf(scaled) / (grid if assessment.log else 1)
    return {
        "study": study if study["trials"] else {},
        "machines": machines,
        "healthy": {"points": healthy, "grid": grid, "density": heights},
        "taus": judged["taus"],
    }
