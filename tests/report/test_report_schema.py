"""The schema takes the samples, refuses broken results in one line, and is documented field by field."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rarefault.report import RESULT_SCHEMA, check_result

DOCS = Path(__file__).parents[2] / "docs" / "result-json.md"
Break = Callable[[dict[str, Any]], Any]


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(RESULT_SCHEMA)


def test_samples_pass_also_after_a_trip_through_json(detection: Any, generator: Any) -> None:
    for result, _ in (detection, generator):
        check_result(result)
        check_result(json.loads(json.dumps(result, allow_nan=False)))


BREAKS: dict[str, tuple[Break, str]] = {
    "version": (lambda r: r.update(schema_version="3"), "result.schema_version: '2' was expected"),
    "pipeline": (lambda r: r.update(pipeline="mystery"), "result.pipeline"),
    "missing": (lambda r: r.pop("data"), "'data' is a required property"),
    "missing-for-detection": (lambda r: r.pop("helped"), "'helped' is a required property"),
    "unknown": (lambda r: r.update(colour="blue"), "'colour' was unexpected"),
    "unknown-inside": (lambda r: r["data"].update(colour="blue"), "result.data: .*'colour' was unexpected"),
    "wrong-type": (lambda r: r["strategies"][2].update(threshold="0.5"), r"result.strategies\[2\].threshold"),
    "fraction": (lambda r: r["data"].update(rows=2400.5), "result.data.rows"),
    "status": (lambda r: r["strategies"][0].update(status="fine"), r"strategies\[0\].status"),
    "metric-missing": (lambda r: r["strategies"][0]["test"].pop("recall"), "'recall' is a required property"),
    "p-above-one": (lambda r: r["strategies"][0]["inner_difference"].update(p_better=1.2), "p_better"),
    "nan": (lambda r: r["strategies"][0]["test"]["f1"].update(value=float("nan")), "test.f1.value: nan is not"),
    "inf-in-settings": (lambda r: r["settings"].update(d_max=float("inf")), "settings.d_max: inf is not"),
    "interval": (lambda r: r["strategies"][0]["test"]["f1"].update(low=0.9, high=0.1), "low 0.9 is above high 0.1"),
    "faults": (lambda r: r["data"].update(train_faults=9999), "train_faults 9999 is above train_rows"),
    "twice": (lambda r: r["strategies"][0].update(name="smote"), "name 'smote' is used twice"),
    "selected-unknown": (lambda r: r.update(selected="magic"), "no strategy is called 'magic'"),
    "selected-failed": (lambda r: r.update(selected="adasyn"), "'adasyn' has no test metrics"),
    "baseline-unknown": (lambda r: r.update(baseline="magic"), "result.baseline: no strategy"),
    "two-selected": (lambda r: r["strategies"][0].update(status="selected"), "'untouched' has status 'selected'"),
    "explanation-kind": (lambda r: r["explanation"].update(kind="magic"), r"explanation.kind"),
    "curve-short": (lambda r: r["explanation"]["curves"][0]["log_odds"].pop(), r"curves\[0\].log_odds: 7 numbers, exp"),
    "curve-bins": (lambda r: r["explanation"]["curves"][1]["good"].pop(), r"curves\[1\].good: 2 numbers, expected 3"),
    "map-rows": (
        lambda r: r["explanation"]["pairs"][0]["log_odds"].pop(),
        r"pairs\[0\].log_odds: expected 4 rows of 4",
    ),
    "confusion": (lambda r: r["strategies"][1]["confusion"].update(tp=1), "confusion of 'tuned-threshold' counts"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_broken_results_are_refused_in_one_line(detection: Any, name: str) -> None:
    result, _ = detection
    spoil, message = BREAKS[name]
    spoil(result)
    with pytest.raises(ValueError, match=message) as caught:
        check_result(result)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_generator_run_needs_no_strategies_but_its_generator(generator: Any) -> None:
    result, _ = generator
    del result["generator"]
    with pytest.raises(ValueError, match="'generator' is a required property"):
        check_result(result)


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        yield from (name for name in schema.get("required", ()))
        for value in schema.values():
            yield from _names(value)


def test_every_field_is_documented() -> None:
    documented = set(re.findall(r'[`"]([a-z0-9_]+)["`]', DOCS.read_text(encoding="utf-8")))
    assert set(_names(RESULT_SCHEMA)) - documented == set()
