"""Gather what the steps left into result.json and report.html."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rarefault.registry.address import model_name
from rarefault.registry.lineage import code_version
from rarefault.report import check_result, render
from rarefault.report.schema import SCHEMA_VERSION
from rarefault.steps.generator_registry import TRAINING_RECORD
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.tuning.strategies import BASELINE

DEPLOYED = {"manifest": "deploy/inferenceservice.yaml", "model_folder": "deploy/model"}
"""Where a run leaves what the deploy step wrote, beside the report; on a cluster they are that step's artifacts."""
_NO_SETTING = ("run_id", "kubeflow_run", "attempt", "version")
_PASSWORD = re.compile(r"://[^/@\s]+@")
_NO_PLAN: Mapping[str, Any] = {"dropped": [], "left_out": []}
_AFTER_FIND = 3
"""Where among the records the generator's training belongs: after ingest, preprocess and find_generator."""


def plain_settings(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The pipeline's parameters among a component's inputs, without passwords in addresses.

    The others are artifacts, lists of artifacts and what the function itself needs.
    """
    values = {name: value for name, value in inputs.items() if name not in _NO_SETTING and _is_plain(value)}
    return {
        name: _PASSWORD.sub("://***@", value) if isinstance(value, str) else value for name, value in values.items()
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, str | bool | int | float | dict)


@recorded
def report(
    facts: str,
    plan: str,
    evaluation: str,
    kept: str,
    generator: str,
    generator_model: str,
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
    settings = plain_settings(inputs)
    records = with_training(records, _AFTER_FIND, generator, generator_model)
    found, details = detection_values(evaluation, kept, generator, generator_model, registered, settings)
    values = {**common_values("fault-detection", facts, plan, settings, run_id, records, attempt), **found}
    return write_report(values, details, result, page)


def with_training(records: Sequence[str], place: int, generator: str, generator_model: str) -> list[str]:
    """The records with that of the generator's training at `place`, where this run trained it."""
    if not read_json(generator)["trained_here"]:
        return list(records)
    return [*records[:place], str(Path(generator_model) / TRAINING_RECORD), *records[place:]]


def detection_values(
    evaluation: str, kept: str, generator: str, generator_model: str, registered: str, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a result holds of a trained, judged and registered classifier, and the details behind its figures."""
    found, details = read_json(Path(evaluation) / "evaluation.json"), read_json(Path(evaluation) / "details.json")
    study = Path(generator_model) / "study.json"
    if study.exists():
        details["study"] = _study(read_json(study))
    model = {key: value for key, value in read_json(registered).items() if key != "comparison"}
    values = {
        "classifier": settings["classifier"],
        "beta": settings["beta"],
        "objective": found["objective"],
        "baseline": BASELINE,
        "strategies": [_strategy(outcome) for outcome in found["strategies"]],
        "selected": found["selected"],
        "selected_because": found["selected_because"],
        "helped": found["helped"],
        "explanation": found["explanation"],
        "similarity": [_similarity(entry) for entry in found["similarity"]],
        "filter": _filter(read_json(Path(kept) / "quality.json")),
        "generator": _generator(read_json(generator), read_json(Path(generator_model) / "model.json")),
        "model": model,
        "deploy": DEPLOYED,
    }
    return values, details


@recorded
def report_generator(
    facts: str,
    plan: str,
    generator_model: str,
    similarity: str,
    records: Sequence[str],
    result: str,
    page: str,
    *,
    record: str,
    inputs: Mapping[str, Any],
    version: str,
    run_id: str,
    attempt: float = 0.0,
) -> dict[str, float]:
    """The same for a train-generator run that registered `version` of its generator."""
    settings = plain_settings(inputs)
    judged, data = read_json(similarity), read_json(Path(facts) / "data.json")
    name = model_name(data["name"], f"generator-{settings['generator']}")
    registered = {"uri": f"models:/{name}/{version}", "version": version, "trained_here": True}
    values = {
        **common_values("train-generator", facts, plan, settings, run_id, records, attempt),
        "similarity": [_similarity(entry) for entry in judged["similarity"]],
        "generator": _generator(registered, read_json(Path(generator_model) / "model.json")),
    }
    details = {"study": _study(read_json(Path(generator_model) / "study.json")), "pca": judged["pca"]}
    return write_report(values, details, result, page)


def write_report(values: dict[str, Any], details: dict[str, Any], result: str, page: str) -> dict[str, float]:
    """Write result.json to file `result` and the page to file `page`; raises ValueError for values of another shape."""
    check_result(values)
    write_json(result, values)
    html = render(values, details)
    Path(page).parent.mkdir(parents=True, exist_ok=True)
    Path(page).write_text(html, encoding="utf-8")
    return {"bytes": float(len(html))}


def common_values(
    pipeline: str,
    facts: str,
    plan: str,
    settings: Mapping[str, Any],
    run_id: str,
    records: Sequence[str],
    attempt: float,
) -> dict[str, Any]:
    """What every result holds; `plan` may be empty where nothing was planned."""
    data, planned = read_json(Path(facts) / "data.json"), read_json(plan) if plan else _NO_PLAN
    del data["columns"]  # steps compare them; the schema of the training rows is in the model
    data["repairs"] = [*data["repairs"], *(f"dropped {line}" for line in planned["dropped"])]
    data["warnings"] = [*data["warnings"], *planned["left_out"]]
    return {
        "schema_version": SCHEMA_VERSION,
        "pipeline": pipeline,
        "run_id": run_id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": code_version(),
        "seed": int(settings["seed"]),
        "settings": dict(settings),
        "data": data,
        "steps": [step_values(read_json(path), attempt) for path in records],
    }


def step_values(values: dict[str, Any], attempt: float) -> dict[str, Any]:
    """A step as a result tells of it, from its record; `attempt` is when this attempt began."""
    return {
        "name": values["name"],
        "seconds": values["seconds"],
        "peak_memory_mb": values["peak_memory_mb"],
        "cached": bool(values["ended"] < attempt),
    }


_STRATEGY_KEYS = (
    "name",
    "title",
    "generator",
    "status",
    "reason",
    "threshold",
    "inner",
    "inner_difference",
    "test",
    "test_at_half",
    "confusion",
    "seconds",
    "settings",
)


def _strategy(outcome: dict[str, Any]) -> dict[str, Any]:
    name = outcome["filter"]["name"] if outcome["filter"] else None
    return {**{key: outcome[key] for key in _STRATEGY_KEYS}, "filter": name}


def _similarity(entry: dict[str, Any]) -> dict[str, Any]:
    metrics = {("copy_share" if k == "near_copies" else k): v for k, v in entry["metrics"].items()}
    return {**entry, "metrics": metrics}


_FILTER_KEYS = ("name", "purity", "lift", "recall", "base_rate", "passed", "reason", "kept", "wanted")


def _filter(quality: dict[str, Any]) -> dict[str, Any]:
    return {key: quality[key] for key in _FILTER_KEYS}


def _generator(version: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": model["name"],
        "uri": version.get("uri", ""),
        "version": str(version.get("version", "")),
        "trained_here": bool(version.get("trained_here", False)),
        "settings": model["settings"],
    }


def _study(study: dict[str, Any]) -> dict[str, Any]:
    return study if study["trials"] else {}
