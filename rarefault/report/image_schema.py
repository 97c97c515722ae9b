"""The shape of result.json of the image pipelines, version 1."""

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
    metrics,
    shape,
)

SCHEMA_VERSION = "1"
PIPELINES = ("defect-augmentation", "defect-translation")

_ESTIMATES = metrics((), ESTIMATE)
_CHANGES: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": {"anyOf": [ESTIMATE, {"type": "null"}]},
}
_COUNTS: dict[str, Any] = {"type": "object", "additionalProperties": COUNT}
_CONFUSION: dict[str, Any] = {"type": "array", "items": {"type": "array", "items": COUNT}}


def _list(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


_DATA = shape(
    {
        "name": TEXT,
        "notes": TEXT,
        "fingerprint": TEXT,
        **dict.fromkeys(("images", "train_images", "test_images", "size", "channels"), COUNT),
        "groups": shape({"train": COUNT, "test": COUNT}),
        "background": TEXT,
        "classes": _list(shape({"name": TEXT, "train": COUNT, "test": COUNT}), 1),
        "split": TEXT,
        "repairs": TEXTS,
        "warnings": TEXTS,
    }
)
_GENERATOR = shape(
    {
        **dict.fromkeys(("source", "generator", "title", "name", "version", "uri"), TEXT),
        "settings": SETTINGS,
        "health": SETTINGS,
    }
)
_SPREAD = shape({"mean": NUMBER, "spread": NUMBER, "values": _list(NUMBER)})
_FIGURES = metrics(("fid", "kid", "precision", "recall"), _SPREAD)
_FID = shape(
    {
        "network": TEXT,
        **dict.fromkeys(("features", "images", "draws"), COUNT),
        **dict.fromkeys(("original", "augmented"), _FIGURES),
        "halves": shape({"images": COUNT, **dict.fromkeys(("real", "generated"), _SPREAD)}, null=True),
        "notes": TEXTS,
    }
)
_DIVERSITY = shape(
    {
        **dict.fromkeys(("real", "generated", "ratio", "nearest_ratio"), NUMBER),
        "collapsed": BOOL,
        "why": TEXT,
    }
)
_MEMORISING = shape({**dict.fromkeys(("median", "real_median", "limit", "share"), NUMBER), "memorised": BOOL})
_DISTANCE = shape(
    {
        **dict.fromkeys(("source", "title", "label"), TEXT),
        "fid": _FID,
        "diversity": metrics((), _DIVERSITY),
        "memorising": metrics((), _MEMORISING),
        "warnings": TEXTS,
    }
)
_DEFECTS = shape(
    {"recall": SHARE, "precision": SHARE, "missed": COUNT, "false_alarms": COUNT, "count": COUNT}, null=True
)
_ROW = shape(
    {
        "name": TEXT,
        "title": TEXT,
        "counts": _COUNTS,
        "repeats": COUNT,
        "seconds": SECONDS,
        "metrics": _ESTIMATES,
        "difference": _ESTIMATES,
        "change": _CHANGES,
    }
)
_TABLE = shape({"inspector": TEXT, "rows": _list(_ROW, 1)})
_DIFFERENCE = shape(
    {"value": NUMBER_OR_NULL, "low": NUMBER_OR_NULL, "high": NUMBER_OR_NULL, "p_better": SHARE}, null=True
)
_STRATEGY = shape(
    {
        "name": TEXT,
        "title": TEXT,
        "status": {"enum": ["selected", "kept", "dropped", "failed"]},
        "reason": TEXT,
        "inner": _ESTIMATES,
        "inner_difference": _DIFFERENCE,
        "seconds": SECONDS,
    }
)
_MODEL = shape(dict.fromkeys(("name", "uri", "version", "alias", "why", "registry"), TEXT))
_STEP = shape({"name": TEXT, "seconds": SECONDS, "peak_memory_mb": NUMBER_OR_NULL, "cached": BOOL})

IMAGE_PROPERTIES: dict[str, Any] = {
    "schema_version": {"const": SCHEMA_VERSION},
    "pipeline": {"enum": list(PIPELINES)},
    "run_id": TEXT,
    "created": TEXT,
    "code_version": TEXT,
    "seed": {"type": "integer"},
    "settings": SETTINGS,
    "data": _DATA,
    "inspector": TEXT,
    "objective": TEXT,
    "baseline": TEXT,
    "strategies": _list(_STRATEGY, 1),
    "selected": TEXT,
    "selected_because": TEXT,
    "helped": shape({"value": BOOL, "sentence": TEXT}),
    "test": _ESTIMATES,
    "confusion": _CONFUSION,
    "defects": _DEFECTS,
    "synthetic_images": COUNT,
    "classification": shape({"repeats": COUNT, "tables": _list(_TABLE, 1)}),
    "distances": _list(_DISTANCE),
    "generators": _list(_GENERATOR),
    "search": shape({"objective": TEXT, "trials": COUNT, "value": NUMBER_OR_NULL, "settings": SETTINGS}),
    "model": _MODEL,
    "comparison": {"type": ["object", "null"]},
    "deploy": shape({"manifest": TEXT, "model_folder": TEXT}),
    "experts": TEXT_OR_NULL,
    "steps": _list(_STEP),
}
IMAGE_RESULT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Rarefault result.json of the image pipelines",
    **shape(IMAGE_PROPERTIES),
}
