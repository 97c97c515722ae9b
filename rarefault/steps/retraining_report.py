"""Gather what a retrain run left into result.json and report.html."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rarefault.steps.gathering import BATCHES, VERSION
from rarefault.steps.monitoring import DRIFT, PERFORMANCE
from rarefault.steps.record import read_json, recorded
from rarefault.steps.reporting import common_values, detection_values, plain_settings, with_training, write_report

_AFTER_FIND = 5
"""Where the generator's training belongs: after gather, monitor, decide, preprocess and find_generator."""
_NOTHING_TRAINED: Mapping[str, Any] = {"similarity": [], "generator": None, "model": None}


@recorded
def report_retraining(
    facts: str,
    champion: str,
    findings: str,
    decision: str,
    records: Sequence[str],
    result: str,
    page: str,
    *,
    record: str,
    trained: Mapping[str, str],
    inputs: Mapping[str, Any],
    run_id: str,
    attempt: float = 0.0,
) -> dict[str, float]:
    """Write result.json to file `result` and the HTML report to file `page`.

    trained are the paths plan, evaluation, kept, generator, generator_model and registered of a run that retrained, and
    empty for one that did not; the others are as `report` takes them.
    """
    settings = plain_settings(inputs)
    comparison = None
    found: dict[str, Any] = dict(_NOTHING_TRAINED)
    details: dict[str, Any] = {}
    if trained:
        places = {name: path for name, path in trained.items() if name != "plan"}
        found, details = detection_values(**places, settings=settings)
        records = with_training(records, _AFTER_FIND, trained["generator"], trained["generator_model"])
        comparison = read_json(trained["registered"])["comparison"]
    version, decided = read_json(Path(champion) / VERSION), read_json(decision)
    values = {
        **common_values("retrain", facts, trained.get("plan", ""), settings, run_id, records, attempt),
        "champion": {name: version[name] for name in ("name", "version", "uri")},
        "batches": read_json(Path(facts) / BATCHES),
        "drift": read_json(Path(findings) / DRIFT),
        "performance": read_json(Path(findings) / PERFORMANCE),
        "decision": decided,
        "comparison": comparison,
        **found,
    }
    return write_report(values, details, result, page)
