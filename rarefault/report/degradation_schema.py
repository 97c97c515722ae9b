"""The shape of result.json of the pipeline degradation, version 1."""

from typing import Any

from rarefault.report.shapes import (
    BOOL,
    COUNT,
    ESTIMATE,
    NUMBER,
    NUMBER_OR_NULL,
    SECONDS,
    SETTINGS,
    SHARE,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    shape,
)

SCHEMA_VERSION = "1"
PIPELINE = "degradation"
STATES = ("healthy", "slight", "severe")

_COUNT_OR_NULL: dict[str, Any] = {"type": ["integer", "null"], "minimum": 0}
_STATE: dict[str, Any] = {"enum": list(STATES)}


def _list(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


_DATA = shape(
    {
        **dict.fromkeys(("name", "notes", "fingerprint", "unit"), TEXT),
        **dict.fromkeys(("snapshots", "healthy_snapshots", "held_out_snapshots", "samples"), COUNT),
        "rate": NUMBER,
        "channels": TEXTS,
        "machines": COUNT,
        "times_known": BOOL,
        "states_known": BOOL,
        "repairs": TEXTS,
    }
)
_INDICATOR = shape({"name": TEXT, "title": TEXT, "settings": SETTINGS})
_THRESHOLD = shape({"value": NUMBER, "confidence": SHARE, "window": COUNT, "slide": COUNT, "settings": SETTINGS})
_MACHINE = shape(
    {
        "name": TEXT,
        "snapshots": COUNT,
        "healthy_snapshots": COUNT,
        **dict.fromkeys(("onset", "alarm"), _COUNT_OR_NULL),
        **dict.fromkeys(("onset_file", "alarm_file"), TEXT_OR_NULL),
        **dict.fromkeys(("onset_hours", "alarm_hours", "hours"), NUMBER_OR_NULL),
        "indicator": NUMBER,
        "degree": SHARE,
        "state": _STATE,
        "true_onset": _COUNT_OR_NULL,
        "sentence": TEXT,
    }
)
_FALSE_ALARMS = shape(
    {
        **dict.fromkeys(("snapshots", "beyond", "onsets"), COUNT),
        "rate": ESTIMATE,
        "promised": SHARE,
        "sentence": TEXT,
    }
)
_SEVERITY_ROW = shape({"state": _STATE, "snapshots": COUNT, "as": shape(dict.fromkeys(STATES, COUNT)), "right": SHARE})
_SEVERITY = shape({"table": COUNT, "title": TEXT, "rows": _list(_SEVERITY_ROW), "right": SHARE})
_RIVAL = shape(
    {
        "name": TEXT,
        "title": TEXT,
        **dict.fromkeys(("monotonicity", "trendability", "robustness", "severity_accuracy"), SHARE),
        "product": SHARE,
        "false_alarms": SHARE,
        "found": COUNT,
        "onsets": _list(shape({"machine": TEXT, "onset": _COUNT_OR_NULL, "error": {"type": ["integer", "null"]}})),
        "reason": TEXT,
    }
)
_MODEL = shape(dict.fromkeys(("name", "uri", "version", "alias", "why", "registry"), TEXT))
_CHAMPION = shape(
    {
        "champion": COUNT,
        "snapshots": COUNT,
        "reason": TEXT,
        **dict.fromkeys(("challenger_false_alarms", "champion_false_alarms"), SHARE),
        "onsets": _list(shape({"machine": TEXT, **dict.fromkeys(("challenger", "champion"), _COUNT_OR_NULL)})),
    },
    null=True,
)
_STEP = shape({"name": TEXT, "seconds": SECONDS, "peak_memory_mb": NUMBER_OR_NULL, "cached": BOOL})

DEGRADATION_PROPERTIES: dict[str, Any] = {
    "schema_version": {"const": SCHEMA_VERSION},
    "pipeline": {"const": PIPELINE},
    "run_id": TEXT,
    "created": TEXT,
    "code_version": TEXT,
    "seed": {"type": "integer"},
    "settings": SETTINGS,
    "data": _DATA,
    "finding": TEXT,
    "indicator": _INDICATOR,
    "threshold": _THRESHOLD,
    "machines": _list(_MACHINE, 1),
    "false_alarms": _FALSE_ALARMS,
    "rivals": _list(_RIVAL, 1),
    "severity": _list(_SEVERITY),
    "search": shape({"objective": TEXT, "trials": COUNT, "value": NUMBER_OR_NULL, "settings": SETTINGS}),
    "comparison": _CHAMPION,
    "model": _MODEL,
    "deploy": shape({"manifest": TEXT, "model_folder": TEXT}),
    "series": TEXT,
    "steps": _list(_STEP),
}
DEGRADATION_RESULT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Rarefault result.json of the pipeline degradation",
    **shape(DEGRADATION_PROPERTIES),
}
