"""The shape of result.json, version 1, and the check that a result has it."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

SCHEMA_VERSION = "1"
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

_ALWAYS = ("schema_version", "pipeline", "run_id", "created", "code_version", "seed", "settings", "data", "steps")
_DETECTION = ("classifier", "beta", "baseline", "strategies", "selected", "selected_because", "helped")
_OUTCOME = ("similarity", "filter", "generator", "model", "deploy")

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
    "baseline": _TEXT,
    "strategies": {"type": "array", "items": _STRATEGY, "minItems": 1},
    "selected": _TEXT,
    "selected_because": _TEXT,
    "helped": _object({"value": _BOOL, "sentence": _TEXT}),
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


def check_result(result: Mapping[str, Any]) -> None:
    """Raise ValueError, naming the place in one line, unless `result` is a valid result.json of version 1.

    Beyond the schema: every number is finite, intervals are the right way round, counts add up, strategy names
    are unique, and `selected` and `baseline` name strategies that were measured.
    """
    error = best_match(Draft202012Validator(RESULT_SCHEMA).iter_errors(result))
    if error is not None:
        message = " ".join(error.message.split())
        raise ValueError(f"{error.json_path.replace('$', 'result', 1)}: {message[:300]}")
    for problem in (*_number_problems(result, "result"), *_data_problems(result), *_strategy_problems(result)):
        raise ValueError(problem)


def _number_problems(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{place}: {value} is not a finite number; write null where there is none"
    elif isinstance(value, Mapping):
        low, high = value.get("low"), value.get("high")
        if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
            yield f"{place}: low {low} is above high {high}"
        for name, item in value.items():
            yield from _number_problems(item, f"{place}.{name}")
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _number_problems(item, f"{place}[{i}]")


def _data_problems(result: Mapping[str, Any]) -> Iterator[str]:
    data = result["data"]
    for part in ("", "train_", "test_"):
        if data[f"{part}faults"] > data[f"{part}rows"]:
            yield f"result.data: {part}faults {data[f'{part}faults']} is above {part}rows {data[f'{part}rows']}"


def _strategy_problems(result: Mapping[str, Any]) -> Iterator[str]:
    strategies = result.get("strategies")
    if strategies is None:
        return
    names = Counter(s["name"] for s in strategies)
    yield from (f"result.strategies: name {name!r} is used twice" for name, n in names.items() if n > 1)
    by_name = {s["name"]: s for s in strategies}
    for role in ("selected", "baseline"):
        if result[role] not in by_name:
            yield f"result.{role}: no strategy is called {result[role]!r}; there are {sorted(by_name)}"
        elif by_name[result[role]]["test"] is None or by_name[result[role]]["confusion"] is None:
            yield f"result.{role}: strategy {result[role]!r} has no test metrics"
    for s in strategies:
        if (s["status"] == "selected") != (s["name"] == result["selected"]):
            yield f"result.strategies: {s['name']!r} has status {s['status']!r} but selected is {result['selected']!r}"
        yield from _confusion_problems(s, result["data"])


def _confusion_problems(strategy: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[str]:
    counts = strategy["confusion"]
    if counts is None:
        return
    good, faults = counts["tn"] + counts["fp"], counts["fn"] + counts["tp"]
    if (good + faults, faults) != (data["test_rows"], data["test_faults"]):
        yield (
            f"result.strategies: confusion of {strategy['name']!r} counts {good + faults} rows and {faults} faults; "
            f"the test part has {data['test_rows']} and {data['test_faults']}"
        )
