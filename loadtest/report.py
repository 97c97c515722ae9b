"""The results of a run as text, JSON and a picture."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from loadtest.picture import draw
from loadtest.plan import Plan
from loadtest.records import Records
from loadtest.tables import text_table
from loadtest.verdict import Outcome, notes


def by_kind(plan: Plan, records: Records) -> list[dict[str, Any]]:
    """Requests, errors, percentiles in ms and statuses of each kind of request."""
    rows: list[dict[str, Any]] = []
    for index, (kind, _) in enumerate(plan.profile.mix):
        own = records.of(records.kind == index)
        statuses, counts = np.unique(own.status, return_counts=True)
        rows.append(
            {
                "kind": kind,
                "requests": len(own),
                "errors": int((~own.right).sum()),
                **{f"p{q}": own.milliseconds(q) if len(own) else None for q in (50, 95, 99)},
                "statuses": dict(zip(map(str, statuses.tolist()), counts.tolist(), strict=True)),
            }
        )
    return rows


def text(plan: Plan, records: Records, found: Outcome) -> str:
    """The verdict, the table, the notes."""
    header = ["request", "requests", "errors", "p50, ms", "p95, ms", "p99, ms", "statuses (0: no answer)"]
    rows = [
        [
            str(row["kind"]),
            f"{row['requests']:,}",
            f"{row['errors']:,}",
            *(f"{row[q]:.3g}" if row[q] is not None else "-" for q in ("p50", "p95", "p99")),
            " ".join(f"{status}: {n:,}" for status, n in row["statuses"].items()) or "-",
        ]
        for row in by_kind(plan, records)
    ]
    checks = [[check.name, check.text, "met" if check.met else "MISSED"] for check in found.checks]
    parts = [found.summary(plan.profile.name), text_table(header, rows), text_table(["check", "found", ""], checks)]
    return "\n\n".join([*parts, *notes(found, plan.profile)])


def write(plan: Plan, records: Records, found: Outcome, out: Path) -> str:
    """Leave result.txt, result.json and over-time.png in the folder; returns the text."""
    said = text(plan, records, found)
    (out / "result.txt").write_text(said + "\n", encoding="utf-8")
    told = {
        "profile": asdict(plan.profile),
        "url": plan.url,
        "model": plan.model,
        "passed": found.passed,
        **asdict(found),
        "kinds": by_kind(plan, records),
    }
    (out / "result.json").write_text(json.dumps(_finite(told), indent=1) + "\n")
    draw(plan.profile, records, f"{plan.profile.name}: {plan.url}, {plan.model}", out / "over-time.png")
    return said


def _finite(told: object) -> object:
    """NaN has no place in JSON: null instead."""
    if isinstance(told, dict):
        return {key: _finite(value) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [_finite(value) for value in told]
    return None if isinstance(told, float) and not np.isfinite(told) else told
