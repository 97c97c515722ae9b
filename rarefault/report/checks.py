"""The check that a result has the shape of result.json and that its numbers fit together."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from rarefault.report.degradation_schema import DEGRADATION_RESULT_SCHEMA
from rarefault.report.degradation_schema import PIPELINE as DEGRADATION
from rarefault.report.image_schema import IMAGE_RESULT_SCHEMA
from rarefault.report.image_schema import PIPELINES as IMAGE_PIPELINES
from rarefault.report.schema import RESULT_SCHEMA


def check_result(result: Mapping[str, Any]) -> None:
    """Raise ValueError, naming the place in one line, unless `result` is a valid result.json of its pipeline.

    Beyond the schema: every number is finite, intervals are the right way round, counts add up, strategy names
    are unique, and `selected` and `baseline` name strategies that were measured.
    """
    schema, further = _rules_of(result.get("pipeline"))
    error = best_match(Draft202012Validator(schema).iter_errors(result))
    if error is not None:
        message = " ".join(error.message.split())
        raise ValueError(f"{error.json_path.replace('$', 'result', 1)}: {message[:300]}")
    checks = (_number_problems(result, "result"), *(check(result) for check in further))
    for problem in chain.from_iterable(checks):
        raise ValueError(problem)


def _rules_of(pipeline: Any) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """The schema of a pipeline's result, and what is checked beyond it."""
    if pipeline == DEGRADATION:
        return DEGRADATION_RESULT_SCHEMA, _DEGRADATION_CHECKS
    if pipeline in IMAGE_PIPELINES:
        return IMAGE_RESULT_SCHEMA, _IMAGE_CHECKS
    return RESULT_SCHEMA, _CHECKS


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


def _explanation_problems(result: Mapping[str, Any]) -> Iterator[str]:
    found = result.get("explanation") or {"curves": [], "pairs": []}
    for i, curve in enumerate(found["curves"]):
        n_bins = max(len(curve["edges"]) - 1, 0) or len(curve["at"])
        lengths = {"log_odds": len(curve["at"]), "good": n_bins, "faulty": n_bins}
        for name, wanted in lengths.items():
            if len(curve[name]) != wanted:
                yield f"result.explanation.curves[{i}].{name}: {len(curve[name])} numbers, expected {wanted}"
    for i, pair in enumerate(found["pairs"]):
        knots = [len(axis["at"]) for axis in pair["axes"]]
        bins = [len(edges) - 1 for edges in pair["edges"]]
        for name, (wanted, width) in {"log_odds": knots, "good": bins, "faulty": bins}.items():
            if len(pair[name]) != wanted or any(len(row) != width for row in pair[name]):
                yield f"result.explanation.pairs[{i}].{name}: expected {wanted} rows of {width} numbers"


def _image_problems(result: Mapping[str, Any]) -> Iterator[str]:
    data, names = result["data"], [strategy["name"] for strategy in result["strategies"]]
    for part in ("train", "test"):
        total = sum(entry[part] for entry in data["classes"])
        if total != data[f"{part}_images"]:
            yield f"result.data: the classes have {total} {part} images, {part}_images says {data[f'{part}_images']}"
    missing = (role for role in _ROLES if result[role] not in names)
    yield from (f"result.{role}: no strategy is called {result[role]!r}" for role in missing)
    tested = sum(map(sum, result["confusion"]))
    if tested != data["test_images"]:
        yield f"result.confusion counts {tested} images; the test part has {data['test_images']}"


def _machine_problems(result: Mapping[str, Any]) -> Iterator[str]:
    data, machines = result["data"], result["machines"]
    for name in ("snapshots", "healthy_snapshots"):
        total = sum(machine[name] for machine in machines)
        if total != data[name]:
            yield f"result.data: the machines have {total} {name}, data says {data[name]}"
    if len({machine["name"] for machine in machines}) != len(machines):
        yield "result.machines: a name is used twice"
    for i, machine in enumerate(machines):
        onset, alarm = machine["onset"], machine["alarm"]
        if (onset is None) != (alarm is None) or (onset is not None and not onset <= alarm < machine["snapshots"]):
            yield f"result.machines[{i}]: onset {onset} and alarm {alarm} do not fit {machine['snapshots']} snapshots"
    if result["indicator"]["name"] not in [row["name"] for row in result["rivals"]]:
        yield f"result.rivals: the indicator {result['indicator']['name']!r} is not among them"


_ROLES = ("selected", "baseline")
_DEGRADATION_CHECKS = (_machine_problems,)
_IMAGE_CHECKS = (_image_problems,)
_CHECKS = (_data_problems, _strategy_problems, _explanation_problems)
