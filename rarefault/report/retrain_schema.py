"""The shape of what a retrain run adds to result.json."""

from rarefault.report.shapes import (
    BOOL,
    COUNT,
    ESTIMATE,
    NUMBER,
    NUMBER_OR_NULL,
    SECONDS,
    SHARE,
    TEXT,
    TEXTS,
    metrics,
    shape,
)

_DRIFTED = shape(
    {
        "name": TEXT,
        "unit": TEXT,
        "kind": {"enum": ["continuous", "integer", "categorical"]},
        "distance": SHARE,
        "usual": SHARE,
        "p": SHARE,
        "drifted": BOOL,
        **dict.fromkeys(("reference", "recent"), shape({"mean": NUMBER_OR_NULL, "missing": SHARE})),
        "shift": NUMBER_OR_NULL,
    }
)
DRIFT = shape(
    {
        "judged": BOOL,
        "reason": TEXT,
        "drifted": BOOL,
        "p": SHARE,
        "level": SHARE,
        **dict.fromkeys(("block", "reference_rows", "recent_rows"), COUNT),
        "features": {"type": "array", "items": _DRIFTED},
    }
)
_CHANGE = shape({"value": NUMBER, "low": NUMBER, "high": NUMBER}, null=True)
_ESTIMATES = metrics((), ESTIMATE)
PERFORMANCE = shape(
    {
        "judged": BOOL,
        "reason": TEXT,
        "dropped": BOOL,
        "metric": TEXT,
        **dict.fromkeys(("rows", "faults"), COUNT),
        "max_drop": NUMBER,
        "metrics": _ESTIMATES,
        "registered": _CHANGE,
        "difference": _CHANGE,
    }
)
DECISION = shape(
    {
        "action": {"enum": ["retrain", "keep", "wait"]},
        "triggers": {"type": "array", "items": {"enum": ["forced", "drift", "performance", "schedule"]}},
        "sentence": TEXT,
        "age_days": SECONDS,
    }
)
COMPARISON = shape(
    {
        "champion": COUNT,
        "metric": TEXT,
        **dict.fromkeys(("rows", "faults", "seen"), COUNT),
        "reason": TEXT,
        "difference": shape({"value": NUMBER, "low": NUMBER, "high": NUMBER, "p_better": SHARE}, null=True),
        **dict.fromkeys(("challenger_metrics", "champion_metrics"), _ESTIMATES),
    },
    null=True,
)
BATCHES = shape(
    {
        **dict.fromkeys(("files", "rows", "new_rows", "new_labelled", "window_rows", "window_faults"), COUNT),
        "names": TEXTS,
    }
)
