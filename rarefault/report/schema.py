"""The shape of result.json, version 2."""

from typing import Any

from rarefault.report.retrain_schema import BATCHES, COMPARISON, DECISION, DRIFT, PERFORMANCE
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

SCHEMA_VERSION = "2"
TEST_METRICS = ("accuracy", "precision", "recall", "f1", "f2", "g_mean", "pr_auc")
SIMILARITY_METRICS = (
    "ks_complement",
    "correlation_similarity",
    "wasserstein",
    "jensen_shannon",
    "copy_share",
)

_DATA = shape(
    {
        "name": TEXT,
        "notes": TEXT,
        "fingerprint": TEXT,
        **dict.fromkeys(("rows", "faults", "train_rows", "train_faults", "test_rows", "test_faults"), COUNT),
        "features": COUNT,
        "split": {"type": ["string", "object"]},
        "label": TEXT,
        "positive": {"type": ["string", "number", "boolean"]},
        "repairs": TEXTS,
        "warnings": TEXTS,
    }
)
_STRATEGY = shape(
    {
        "name": {"type": "string", "minLength": 1},
        "title": TEXT,
        "generator": TEXT_OR_NULL,
        "filter": TEXT_OR_NULL,
        "status": {"enum": ["selected", "kept", "dropped", "failed", "fell-back"]},
        "reason": TEXT,
        "threshold": NUMBER_OR_NULL,
        "inner": metrics(("f2",), ESTIMATE),
        "inner_difference": shape(
            {"value": NUMBER_OR_NULL, "low": NUMBER_OR_NULL, "high": NUMBER_OR_NULL, "p_better": SHARE}, null=True
        ),
        "test": metrics(TEST_METRICS, ESTIMATE),
        "test_at_half": metrics(TEST_METRICS, ESTIMATE),
        "confusion": shape(dict.fromkeys(("tn", "fp", "fn", "tp"), COUNT), null=True),
        "seconds": SECONDS,
        "settings": SETTINGS,
    }
)
_PAIR = shape({"value": NUMBER_OR_NULL, "reference": NUMBER_OR_NULL})
_SIMILARITY = shape(
    {
        "generator": TEXT,
        "label": {"enum": ["fault", "all"]},
        "metrics": {**metrics(SIMILARITY_METRICS, _PAIR), "type": "object"},
    }
)
_FILTER = shape(
    {
        "name": TEXT,
        "purity": SHARE,
        "lift": NUMBER_OR_NULL,
        "recall": SHARE,
        "base_rate": SHARE,
        "passed": BOOL,
        "reason": TEXT,
        "kept": COUNT,
        "wanted": COUNT,
    },
    null=True,
)
_GENERATOR = shape({"name": TEXT, "uri": TEXT, "version": TEXT, "trained_here": BOOL, "settings": SETTINGS}, null=True)
_MODEL = shape(dict.fromkeys(("name", "uri", "version", "alias", "why", "registry"), TEXT), null=True)
_STEP = shape({"name": TEXT, "seconds": SECONDS, "peak_memory_mb": NUMBER_OR_NULL, "cached": BOOL})

_NUMBERS: dict[str, Any] = {"type": "array", "items": NUMBER}
_COUNTS: dict[str, Any] = {"type": "array", "items": COUNT}
_COEFFICIENT = shape(
    {
        "name": TEXT,
        "level": TEXT_OR_NULL,
        "unit": TEXT,
        "weight": NUMBER,
        "mean": NUMBER,
        "spread": NUMBER_OR_NULL,
        "per_unit": NUMBER,
    }
)
_CURVE = shape(
    {
        "name": TEXT,
        "unit": TEXT,
        "weight": NUMBER,
        "at": {"anyOf": [_NUMBERS, TEXTS]},
        "log_odds": _NUMBERS,
        "edges": _NUMBERS,
        "good": _COUNTS,
        "faulty": _COUNTS,
    }
)
_AXIS = shape({"name": TEXT, "level": TEXT_OR_NULL, "unit": TEXT, "at": _NUMBERS})
_CELLS: dict[str, Any] = {"type": "array", "items": _COUNTS}
_INTERACTION = shape(
    {
        "axes": {"type": "array", "items": _AXIS, "minItems": 2, "maxItems": 2},
        "weight": NUMBER,
        "log_odds": {"type": "array", "items": _NUMBERS},
        "edges": {"type": "array", "items": _NUMBERS, "minItems": 2, "maxItems": 2},
        "good": _CELLS,
        "faulty": _CELLS,
    }
)
_IMPORTANCE = shape({"name": TEXT, "unit": TEXT, "weight": NUMBER, "low": NUMBER, "high": NUMBER})
_EXPLANATION = shape(
    {
        "kind": {"enum": ["coefficients", "curves", "importances"]},
        "intercept": NUMBER_OR_NULL,
        "coefficients": {"type": "array", "items": _COEFFICIENT},
        "curves": {"type": "array", "items": _CURVE},
        "pairs": {"type": "array", "items": _INTERACTION},
        "importances": {"type": "array", "items": _IMPORTANCE},
    }
)

_ALWAYS = ("schema_version", "pipeline", "run_id", "created", "code_version", "seed", "settings", "data", "steps")
_DETECTION = ("classifier", "beta", "objective", "baseline", "strategies", "selected", "selected_because", "helped")
_RETRAIN = ("champion", "batches", "drift", "performance", "decision", "comparison", "similarity", "generator", "model")
_OUTCOME = ("explanation", "similarity", "filter", "generator", "model", "deploy")

_PROPERTIES: dict[str, Any] = {
    "schema_version": {"const": SCHEMA_VERSION},
    "pipeline": {"enum": ["fault-detection", "train-generator", "retrain"]},
    "run_id": TEXT,
    "created": TEXT,
    "code_version": TEXT,
    "seed": {"type": "integer"},
    "settings": SETTINGS,
    "data": _DATA,
    "classifier": TEXT,
    "beta": {"type": "number", "exclusiveMinimum": 0},
    "objective": TEXT,
    "baseline": TEXT,
    "strategies": {"type": "array", "items": _STRATEGY, "minItems": 1},
    "selected": TEXT,
    "selected_because": TEXT,
    "helped": shape({"value": BOOL, "sentence": TEXT}),
    "explanation": _EXPLANATION,
    "similarity": {"type": "array", "items": _SIMILARITY},
    "filter": _FILTER,
    "generator": _GENERATOR,
    "model": _MODEL,
    "deploy": shape({"manifest": TEXT, "model_folder": TEXT}, null=True),
    "steps": {"type": "array", "items": _STEP},
    "champion": shape(dict.fromkeys(("name", "version", "uri"), TEXT)),
    "batches": BATCHES,
    "drift": DRIFT,
    "performance": PERFORMANCE,
    "decision": DECISION,
    "comparison": COMPARISON,
}
_REQUIRED = {
    "fault-detection": [*_DETECTION, *_OUTCOME],
    "train-generator": ["similarity", "generator"],
    "retrain": list(_RETRAIN),
}

RESULT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Rarefault result.json",
    "type": "object",
    "properties": _PROPERTIES,
    "required": list(_ALWAYS),
    "additionalProperties": False,
    "allOf": [
        {"if": {"properties": {"pipeline": {"const": name}}, "required": ["pipeline"]}, "then": {"required": required}}
        for name, required in _REQUIRED.items()
    ],
    "dependentRequired": {"strategies": [*_DETECTION, *_OUTCOME]},
}
