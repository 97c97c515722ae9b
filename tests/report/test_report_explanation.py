"""The words beside the explanation: which values are risky, what one unit does, what is not drawn."""

from typing import Any

import pytest
from report_sample import coefficients_explanation, importances_explanation

from rarefault.report import check_result, render
from rarefault.report.explanation import explanation, in_view
from rarefault.report.formats import factor, quantity, sentence, shorten


def curve(log_odds: list[float], at: list[Any] | None = None, edges: list[float] | None = None) -> dict[str, Any]:
    at = at or [1.0, 2.0, 3.0, 4.0]
    edges = [] if isinstance(at[0], str) else edges or [at[0], at[-1]]
    counts = [1] * (len(edges) - 1 if edges else len(at))
    shown = {"name": "force", "unit": "kN", "weight": 1.0, "at": at, "log_odds": log_odds, "edges": edges}
    return {**shown, "good": counts, "faulty": counts}


def told(result: dict[str, Any], *curves: dict[str, Any]) -> list[tuple[str, str, str]]:
    result["explanation"] |= {"curves": list(curves), "pairs": []}
    check_result(result)
    return list((explanation(result) or {})["curves"])


@pytest.mark.parametrize(
    ("log_odds", "words"),
    [
        ([-1.0, 0.0, 0.5, 2.0], "More of it, more risk: odds ÷\u00a02.7 at 1\u00a0kN, ×\u00a07.4 at 4\u00a0kN."),
        ([2.0, 0.5, 0.5, -1.0], "Less of it, more risk: odds ×\u00a07.4 at 1\u00a0kN, ÷\u00a02.7 at 4\u00a0kN."),
        ([0.0, 1.0, 0.0, -1.0], "Most risk: odds ×\u00a02.7 at 2\u00a0kN. Least: ÷\u00a02.7 at 4\u00a0kN."),
        ([0.0, 9.0, 0.0, 0.0], "Most risk: odds ×\u00a0more than 1000 at 2\u00a0kN. Least: ×\u00a01 at 1\u00a0kN."),
        ([0.01, 0.0, 0.02, 0.0], "Hardly any effect."),
    ],
)
def test_a_curve_says_which_values_are_risky(detection: Any, log_odds: list[float], words: str) -> None:
    assert told(detection[0], curve(log_odds)) == [("force [kN]", words, "")]


def test_levels_have_no_direction(detection: Any) -> None:
    ((_, words, _),) = told(detection[0], curve([-1.0, 0.0, 1.0], at=["A", "B", "C"]))
    assert words == "Most risk: odds ×\u00a02.7 at C. Least: ÷\u00a02.7 at A."


def test_outliers_are_told_and_left_out_of_the_drawing(detection: Any) -> None:
    far = curve([0.0, 1.0, 2.0, 5.0], at=[0.0, 1.0, 2.0, 100.0], edges=[0.0, 3.0])
    assert in_view(far) == ([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, pytest.approx(2 + 3 / 98)])
    ((_, words, beyond),) = told(detection[0], far)
    assert "at 3\u00a0kN" in words and "as far as 100\u00a0kN (odds ×\u00a0148)" in beyond


def test_the_start_and_the_alarm_are_told_as_log_odds_and_probability(detection: Any) -> None:
    result, _ = detection
    next(s for s in result["strategies"] if s["name"] == result["selected"])["threshold"] = 0.25
    found = explanation(result) or {}
    assert found["start"] == "−2.31, a fault probability of 9.0\u202f%"
    assert found["alarm"] == "−1.10 (a fault probability of 0.250)"


def test_coefficients_say_what_one_unit_and_one_spread_do(detection: Any) -> None:
    result, _ = detection
    result["explanation"] = coefficients_explanation()
    row = result["explanation"]["coefficients"][1]
    row |= {"name": "torque", "unit": "Nm", "weight": 0.6931, "mean": 12.5, "spread": 0.5, "per_unit": 1.3863}
    result["explanation"]["coefficients"] = [row, result["explanation"]["coefficients"][-1]]
    check_result(result)
    found = explanation(result) or {}
    assert "0.5\u00a0Nm more of it" in found["example"] and "2.0 times the odds" in found["example"]
    assert "1 Nm more adds 1.386 to the log-odds (odds ×\u00a04.0)" in found["example"]
    torque, grade = found["coefficients"]
    assert (torque["unit"], torque["mean"], torque["factor"], torque["per_unit"]) == (
        "Nm",
        "12.5",
        "×\u00a02.0",
        "1.386",
    )
    assert grade["name"] == "grade = C" and grade["spread"] == "–"
    assert "Odds with<br>1 SD more" in render(result, {})


def test_importances_are_explained(detection: Any) -> None:
    result, _ = detection
    result["explanation"] = importances_explanation()
    check_result(result)
    assert "does not need the column" in render(result, {})


def test_what_is_not_drawn_is_counted(detection: Any) -> None:
    result, _ = detection
    rows = [{**curve([0.0, 1.0, 2.0, 3.0]), "name": f"sensor_{i}"} for i in range(600)]
    told(result, *rows)
    found = explanation(result) or {}
    assert len(found["curves"]) == 9 and found["left_out"] == "591 more columns"


def test_long_names_keep_both_ends_and_numbers_keep_what_tells_them_apart() -> None:
    assert shorten("a" * 500 + "_17", 12) == "aaaaa…aaa_17"
    assert shorten("short", 12) == "short"
    assert quantity(20.8253, "mm", span=0.5) == "20.825\u00a0mm"
    assert quantity(12_987_661, span=1.3e7) == "13\u202f000\u202f000"
    assert quantity(-2.1e-7) == "−2.1e−07" and quantity(float("nan")) == "–" and quantity(0.0, span=3.0) == "0"
    assert [factor(v) for v in (0.0, 0.01, 1.0, -1.0, 5.0, -9.0)] == [
        "×\u00a01",
        "×\u00a01.01",
        "×\u00a02.7",
        "÷\u00a02.7",
        "×\u00a0148",
        "÷\u00a0more than 1000",
    ]
    assert sentence("made -0.01 (95 % of a-1)") == "made −0.01 (95\u00a0% of a-1)"
