"""The shape of result.json, version 2."""

from collections.abc import Mapping
from typing import Any

SCHEMA_VERSION = "2"
TEST_METRICS = ("accuracy", "precision", "recall", "f1", "f2", "g_mean", "pr_auc")
SIMILARITY_METRICS = (
    "ks_complement",
    "correlation_similarity",
    "wasserstein",
    "jensen_shannon",
    "copy_share",
)

_TEXT: dict[str, Any] = {"type": "string"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_NUMBER: dict[str, Any] = {"type": "number"}
_NUMBER_OR_NULL: dict[str, Any] = {"type": ["number", "null"]}
_SHARE: dict[str, Any] = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_SECONDS: dict[str, Any] = {"type": "number", "minimum": 0}
_BOOL: dict[str, Any] = {"type": "boolean"}
_SETTINGS: dict[str, Any] = {"type": "object"}


def _object(properties: Mapping[str, Any], optional: tuple[str, ...] = (), null: bool = False) -> dict[str, Any]:
    return {
        "type": ["object", "null"] if null else "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _metrics(required: tuple[str, ...], item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": ["object", "null"], "required": list(required), "additionalProperties": dict(item)}


_ESTIMATE = _object({"value": _NUMBER_OR_NULL, "low": _NUMBER_OR_NULL, "high": _NUMBER_OR_NULL})
_DATA = _object(
    {
        "name": _TEXT,
        "notes": _TEXT,
        "fingerprint": _TEXT,
        **dict.fromkeys(("rows", "faults", "train_rows", "train_faults", "test_rows", "test_faults"), _COUNT),
        "features": _COUNT,
        "split": {"type": ["string", "object"]},
        "label": _TEXT,
        "positive": {"type": ["string", "number", "boolean"]},
        "repairs": _TEXTS,
        "warnings": _TEXTS,
    }
)
_STRATEGY = _object(
    {
        "name": {"type": "string", "minLength": 1},
        "title": _TEXT,
        "generator": _TEXT_OR_NULL,
        "filter": _TEXT_OR_NULL,
        "status": {"enum": ["selected", "kept", "dropped", "failed", "fell-back"]},
        "reason": _TEXT,
        "threshold": _NUMBER_OR_NULL,
        "inner": _metrics(("f2",), _ESTIMATE),
        "inner_difference": _object(
            {"value": _NUMBER_OR_NULL, "low": _NUMBER_OR_NULL, "high": _NUMBER_OR_NULL, "p_better": _SHARE}, null=True
        ),
        "test": _metrics(TEST_METRICS, _ESTIMATE),
        "test_at_half": _metrics(TEST_METRICS, _ESTIMATE),
        "confusion": _object(dict.fromkeys(("tn", "fp", "fn", "tp"), _COUNT), null=True),
        "seconds": _SECONDS,
        "settings": _SETTINGS,
    }
)
_PAIR = _object({"value": _NUMBER_OR_NULL, "reference": _NUMBER_OR_NULL})
_SIMILARITY = _object(
    {
        "generator": _TEXT,
        "label": {"enum": ["fault", "all"]},
        "metrics": {**_metrics(SIMILARITY_METRICS, _PAIR), "type": "object"},
    }
)
_FILTER = _object(
    {
        "name": _TEXT,
        "purity": _SHARE,
        "lift": _NUMBER_OR_NULL,
        "recall": _SHARE,
        "base_rate": _SHARE,
        "passed": _BOOL,
        "reason": _TEXT,
        "kept": _COUNT,
        "wanted": _COUNT,
    },
    null=True,
)
_GENERATOR = _object(
    {"name": _TEXT, "uri": _TEXT, "version": _TEXT, "trained_here": _BOOL, "settings": _SETTINGS}, null=True
)
_MODEL = _object(dict.fromkeys(("name", "uri", "version", "alias", "why", "registry"), _TEXT), null=True)
_STEP = _object({"name": _TEXT, "seconds": _SECONDS, "peak_memory_mb": _NUMBER_OR_NULL, "cached": _BOOL})

_NUMBERS: dict[str, Any] = {"type": "array", "items": _NUMBER}
_COUNTS: dict[str, Any] = {"type": "array", "items": _COUNT}
_COEFFICIENT = _object(
    {
        "name": _TEXT,
        "level": _TEXT_OR_NULL,
        "unit": _TEXT,
        "weight": _NUMBER,
        "mean": _NUMBER,
        "spread": _NUMBER_OR_NULL,
        "per_unit": _NUMBER,
    }
)
_CURVE = _object(
    {
        "name": _TEXT,
        "unit": _TEXT,
        "weight": _NUMBER,
        "at": {"anyOf": [_NUMBERS, _TEXTS]},
        "log_odds": _NUMBERS,
        "edges": _NUMBERS,
        "good": _COUNTS,
        "faulty": _COUNTS,
    }
)
_AXIS = _object({"name": _TEXT, "level": _TEXT_OR_NULL, "unit": _TEXT, "at": _NUMBERS})
_CELLS: dict[str, Any] = {"type": "array", "items": _COUNTS}
_INTERACTION = _object(
    {
        "axes": {"type": "array", "items": _AXIS, "minItems": 2, "maxItems": 2},
        "weight": _NUMBER,
        "log_odds": {"type": "array", "items": _NUMBERS},
        "edges": {"type": "array", "items": _NUMBERS, "minItems": 2, "maxItems": 2},
        "good": _CELLS,
        "faulty": _CELLS,
    }
)
_IMPORTANCE = _object({"name": _TEXT, "unit": _TEXT, "weight": _NUMBER, "low": _NUMBER, "high": _NUMBER})
_EXPLANATION = _object(
    {
        "kind": {"enum": ["coefficients", "curves", "importances"]},
        "intercept": _NUMBER_OR_NULL,
        "coefficients": {"type": "array", "items": _COEFFICIENT},
        "curves": {"type": "array", "items": _CURVE},
        "pairs": {"type": "array", "items": _INTERACTION},
        "importances": {"type": "array", "items": _IMPORTANCE},
    }
)

_ALWAYS = ("schema_version", "pipeline", "run_id", "created", "code_version", "seed", "settings", "data", "steps")
_DETECTION = ("classifier", "beta", "objective", "baseline", "strategies", "selected", "selected_because", "helped")
_OUTCOME = ("explanation", "similarity", "filter", "generator", "model", "deploy")

_PROPERTIES: dict[str, Any] = {
    "schema_version": {"const": SCHEMA_VERSION},
    "pipeline": {"enum": ["fault-detection", "train-generator"]},
    "run_id": _TEXT,
    "created": _TEXT,
    "code_version": _TEXT,
    "seed": {"type": "integer"},
    "settings": _SETTINGS,
    "data": _DATA,
    "classifier": _TEXT,
    "beta": {"type": "number", "exclusiveMinimum": 0},
    "objective": _TEXT,
    "baseline": _TEXT,
    "strategies": {"type": "array", "items": _STRATEGY, "minItems": 1},
    "selected": _TEXT,
    "selected_because": _TEXT,
    "helped": _object({"value": _BOOL, "sentence": _TEXT}),
    "explanation": _EXPLANATION,
    "similarity": {"type": "array", "items": _SIMILARITY},
    "filter": _FILTER,
    "generator": _GENERATOR,
    "model": _MODEL,
    "deploy": _object({"manifest": _TEXT, "model_folder": _TEXT}, null=True),
    "steps": {"type": "array", "items": _STEP},
}

RESULT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Rarefault result.json",
    "type": "object",
    "properties": _PROPERTIES,
    "required": list(_ALWAYS),
    "additionalProperties": False,
    "if": {"properties": {"pipeline": {"const": "fault-detection"}}, "required": ["pipeline"]},
    "then": {"required": [*_DETECTION, *_OUTCOME]},
    "else": {"required": ["similarity", "generator"]},
}
