"""A row of the comparison of indicators as a result tells of it."""

from collections.abc import Mapping
from typing import Any

from rarefault.degradation import INDICATORS

Values = dict[str, Any]
_SCORES = ("monotonicity", "trendability", "robustness", "product")


def rival_values(row: Mapping[str, Any]) -> Values:
    """Of a row of `rarefault.degradation.comparison.compare`: its scores are those smoothed on the assessment's scale.

    Of single snapshots they would measure the noise, and on the plain scale a power would not compare to an amplitude.
    """
    machines = row["machines"]
    return {
        "name": row["name"],
        "title": row["title"],
        **{key: row["scaled"][key] for key in _SCORES},
        "false_alarms": row["false_alarms"]["value"],
        "found": sum(machine["onset"] is not None for machine in machines.values()),
        "onsets": [
            {"machine": name, "onset": machine["onset"], "error": machine["onset_error"]}
            for name, machine in machines.items()
        ],
        "severity_accuracy": None if row["severity"] is None else row["severity"]["accuracy"]["value"],
        "reason": "",
    }


def failed_values(name: str, reason: str) -> Values:
    """The same of an indicator that could not be fitted, and why."""
    unknown = dict.fromkeys((*_SCORES, "false_alarms", "severity_accuracy"))
    return {"name": name, "title": INDICATORS[name].title, **unknown, "found": 0, "onsets": [], "reason": reason}
