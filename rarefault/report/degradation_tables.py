"""The tables of a degradation report: machines, indicators side by side, states recognised."""

from collections.abc import Iterator, Mapping
from typing import Any

from rarefault.report.degradation_schema import STATES
from rarefault.report.degradation_text import onset_of
from rarefault.report.formats import DASH, clean, count, finite, interval, number, percent, quantity, sentence

Values = Mapping[str, Any]

PAPER_TABLE_2 = {"healthy": "96 %", "slight": "85.5 %", "severe": "100 %"}
"""Recognition rates of the paper's own Table 2 (its text; Tables 3 and 4 are pictures)."""


def machine_rows(result: Values) -> list[dict[str, Any]]:
    """A row for each machine, the worst first."""
    ordered = sorted(result["machines"], key=lambda machine: -machine["degree"])
    return [
        {
            "name": clean(machine["name"], 60),
            "snapshots": count(machine["snapshots"]),
            "healthy": count(machine["healthy_snapshots"]),
            "onset": _moment(machine, "onset"),
            "alarm": _moment(machine, "alarm"),
            "truth": DASH if machine["true_onset"] is None else str(machine["true_onset"]),
            "indicator": quantity(machine["indicator"]),
            "degree": percent(machine["degree"]),
            "state": machine["state"],
            "sentence": sentence(machine["sentence"]),
        }
        for machine in ordered
    ]


def _moment(machine: Values, what: str) -> dict[str, str]:
    """The number of a snapshot, with its time, or else with its file's name."""
    snapshot, hours, file = (machine[key] for key in (what, f"{what}_hours", f"{what}_file"))
    if snapshot is None:
        return {"value": "none", "interval": ""}
    name = clean((file or "").rpartition("/")[2], 40)
    return {"value": str(snapshot), "interval": f"{quantity(hours)} h" if finite(hours) else name}


def rival_rows(result: Values) -> list[dict[str, Any]]:
    """A row for each indicator of the comparison, and what is best in each column."""
    rows = result["rivals"]
    best = {key: max((row[key] for row in rows if finite(row[key])), default=None) for key in _SCORES}
    return [
        {
            "title": clean(row["title"], 80),
            "selected": row["name"] == result["indicator"]["name"],
            "scores": [
                {"value": number(row[key]), "best": finite(row[key]) and row[key] == best[key]} for key in _SCORES
            ],
            "false_alarms": percent(row["false_alarms"]),
            "onset": onset_of(row),
            "error": _error(row),
            "severity": percent(row["severity_accuracy"]),
            "reason": sentence(row["reason"]),
        }
        for row in rows
    ]


_SCORES = ("monotonicity", "trendability", "robustness", "product")


def _error(row: Values) -> str:
    errors = [entry["error"] for entry in row["onsets"] if entry["error"] is not None]
    return ", ".join(f"{error:+d}".replace("-", "\u2212") for error in errors[:3]) if errors else DASH


def severity_tables(result: Values) -> list[dict[str, Any]]:
    """The paper's Tables 2, 3 and 4 for the user's data: what the snapshots of each state were taken for."""
    return [
        {
            "number": table["table"],
            "title": clean(table["title"], 200),
            "right": percent(table["right"]),
            "rows": [
                {
                    "state": row["state"],
                    "snapshots": count(row["snapshots"]),
                    "cells": [count(row["as"][state]) for state in STATES],
                    "right": percent(row["right"]),
                    "paper": PAPER_TABLE_2[row["state"]] if table["table"] == 2 else "",
                }
                for row in table["rows"]
            ],
        }
        for table in result["severity"]
    ]


def tiles(result: Values) -> list[dict[str, str]]:
    """Three numbers for the first screen: how bad, since when, and how far alarms can be trusted."""
    worst = max(result["machines"], key=lambda machine: machine["degree"])
    of = f" of {clean(worst['name'], 40)}" if len(result["machines"]) > 1 else ""
    found, promised = result["false_alarms"], result["false_alarms"]["promised"]
    since = _moment(worst, "onset")
    return [
        _tile(f"Degree of degradation{of}", percent(worst["degree"]), "", f"state at the end: {worst['state']}"),
        _tile("Wear began", since["value"], since["interval"], f"first snapshot of the alarm{of}"),
        _tile(
            "False alarms when healthy",
            percent(found["rate"]["value"]),
            interval({key: _hundred(found["rate"][key]) for key in ("low", "high")}, 1),
            f"{count(found['beyond'])} of {count(found['snapshots'])} held-out snapshots beyond the threshold, "
            f"{percent(promised)} promised; machines with an alarm there: {count(found['onsets'])}",
        ),
    ]


def _hundred(value: Any) -> float | None:
    return 100 * value if finite(value) else None


def _tile(name: str, value: str, small: str, words: str) -> dict[str, str]:
    return {"name": name, "value": value, "small": small, "words": words}


def lineage_rows(result: Values) -> Iterator[tuple[str, str]]:
    """(what, value) pairs that name everything the model was made from."""
    data, model = result["data"], result["model"]
    yield "Run", clean(result["run_id"])
    yield "Code version", clean(result["code_version"])
    yield "Seed", str(result["seed"])
    yield "Data fingerprint", clean(data["fingerprint"])
    yield "Learned from", f"{count(data['healthy_snapshots'])} healthy snapshots"
    yield "Model", f"{clean(model['name'])} version {clean(model['version'])}"
    yield "Model address", clean(model["uri"])
    yield "Registry", clean(model["registry"])
