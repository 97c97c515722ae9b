"""Gather what the steps of an image pipeline left into result.json, report.html and experts.html."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.presets import AUGMENTATION, TRANSLATION
from rarefault.registry.lineage import code_version
from rarefault.report import check_result
from rarefault.report.image_page import render_experts, render_images
from rarefault.report.image_schema import SCHEMA_VERSION
from rarefault.steps.image_settings import title_of
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.steps.reporting import DEPLOYED, plain_settings, step_values

Values = dict[str, Any]


@recorded
def report_augmentation(
    *places: Any, record: str, inputs: Mapping[str, Any], run_id: str, attempt: float = 0.0
) -> Values:
    """Write result.json, the report and the experts' page of a defect-augmentation run; see `_report`."""
    return _report(AUGMENTATION, *places, inputs=inputs, run_id=run_id, attempt=attempt)


@recorded
def report_translation(
    *places: Any, record: str, inputs: Mapping[str, Any], run_id: str, attempt: float = 0.0
) -> Values:
    """The same for a defect-translation run."""
    return _report(TRANSLATION, *places, inputs=inputs, run_id=run_id, attempt=attempt)


def _report(
    pipeline: str,
    facts: str,
    study: str,
    quality: str,
    classified: str,
    evaluation: str,
    versions: str,
    registered: str,
    records: Sequence[str],
    result: str,
    page: str,
    experts: str,
    *,
    inputs: Mapping[str, Any],
    run_id: str,
    attempt: float,
) -> Values:
    """Write files `result`, `page` and `experts`.

    records are the other steps' records; one that ended before `attempt` (seconds since 1970) was not run again.
    inputs are the component's, the pipeline's parameters among them.
    """
    settings, judged = plain_settings(inputs), read_json(Path(evaluation) / "evaluation.json")
    found, known = read_json(study), read_json(Path(quality) / "quality.json")["distances"]
    model = {key: value for key, value in read_json(registered).items()}
    values = {
        "schema_version": SCHEMA_VERSION,
        "pipeline": pipeline,
        "run_id": run_id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": code_version(),
        "seed": int(settings["seed"]),
        "settings": settings,
        "data": _data(read_json(Path(facts) / "data.json")),
        **{key: judged[key] for key in _FROM_EVALUATION},
        "helped": {key: judged["helped"][key] for key in ("value", "sentence")},
        "classification": read_json(Path(classified) / "classification.json"),
        "distances": [{key: value for key, value in entry.items() if key not in _NOT_KEPT} for entry in known],
        "generators": [
            {**entry, "title": title_of(entry["source"], entry["generator"])} for entry in read_json(versions)
        ],
        "search": {
            "objective": found["objective"],
            "trials": len(found["trials"]),
            "value": found["value"],
            "settings": found["searched"],
        },
        "comparison": model.pop("comparison"),
        "model": model,
        "deploy": DEPLOYED,
        "experts": "experts.html",
        "steps": [step_values(read_json(path), attempt) for path in records],
    }
    check_result(values)
    details = {
        "study": found if found["trials"] else {},
        "entries": [{key: entry[key] for key in ("name", "title", "label")} for entry in known],
        "points": {entry["name"]: entry["points"] for entry in known},
        "pictures": {entry["name"]: _arrays(Path(quality) / "pictures" / f"{entry['name']}.npz") for entry in known},
        "samples": _arrays(Path(evaluation) / "samples.npz"),
    }
    write_json(result, values)
    html = render_images(values, details)
    for path, text in ((page, html), (experts, render_experts(values, details))):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    return {"bytes": float(len(html))}


_FROM_EVALUATION = (
    "inspector",
    "objective",
    "baseline",
    "strategies",
    "selected",
    "selected_because",
    "test",
    "confusion",
    "defects",
    "synthetic_images",
)
_NOT_KEPT = ("name", "points")


def _data(data: Values) -> Values:
    shape = data["shape"]
    return {
        **{key: data[key] for key in ("name", "notes", "fingerprint", "background", "split", "repairs", "warnings")},
        "images": data["rows"],
        "train_images": data["train_rows"],
        "test_images": data["test_rows"],
        "size": shape[1],
        "channels": shape[0],
        "groups": data["groups"],
        "classes": [{"name": name, **counts} for name, counts in data["classes"].items()],
    }


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
