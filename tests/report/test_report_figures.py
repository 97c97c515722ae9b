"""The figures: what they draw, and what they leave out."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from report_sample import coefficients_explanation, importances_explanation

from rarefault.report.error_figures import confusions, curves
from rarefault.report.explanation_figures import effects, interactions, weights
from rarefault.report.figures import draw_all, forest
from rarefault.report.generator_figures import history

ONE = {"forest", "thresholds", "weights", "pca", "history", "importances"}
SEVERAL = {"confusions": 3, "curves": 2, "effects": 6, "interactions": 2}


@pytest.fixture(scope="module")
def drawn(made: Any) -> dict[str, list[str]]:
    return draw_all(*made["detection"])


def words(*svgs: str | None) -> str:
    elements = [e for svg in svgs if svg for e in ElementTree.fromstring(svg).iter()]
    return " ".join(element.text or "" for element in elements if element.tag.endswith("text"))


def test_every_figure_is_well_formed_and_described(drawn: dict[str, list[str]]) -> None:
    assert {name: len(svgs) for name, svgs in drawn.items()} == dict.fromkeys(ONE, 1) | SEVERAL
    for svg in (svg for svgs in drawn.values() for svg in svgs):
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img" and len(root.get("aria-label", "")) > 20
        assert root.get("viewBox") and root.get("width") is None
        assert "<style" not in svg and "<metadata" not in svg


def test_ids_carry_the_figures_name_and_number(drawn: dict[str, list[str]]) -> None:
    for name, svgs in drawn.items():
        for k, svg in enumerate(svgs):
            start = f"{name}-" if name in ONE else f"{name}{k}-"
            assert [i for i in re.findall(r'\sid="([^"]+)"', svg) if not i.startswith(start)] == []


def test_nothing_to_show_draws_nothing(generator: Any) -> None:
    assert draw_all(generator[0], {}) == {}


def test_the_forest_leaves_out_the_baseline_and_failed_strategies(drawn: dict[str, list[str]]) -> None:
    shown = words(*drawn["forest"])
    assert "Conditional WGAN" in shown
    assert "tuned threshold" not in shown and "ADASYN" not in shown


def test_the_forest_names_what_was_compared(detection: Any) -> None:
    result, _ = detection
    assert "tuned baseline in F2 " in words(forest(result))
    result["objective"] = "cost saving at 20:1"
    assert "tuned baseline in cost saving at 20:1" in words(forest(result))


def test_confusions_show_original_paper_and_selected(detection: Any, drawn: dict[str, list[str]]) -> None:
    shown = words(*drawn["confusions"])
    for name in ("untouched", "wgan-kmeans", "conditional-wgan"):
        strategy = next(s for s in detection[0]["strategies"] if s["name"] == name)
        assert strategy["title"] in shown
        assert all(str(n) in shown for n in strategy["confusion"].values())


def test_curves_leave_out_the_twin_that_differs_by_its_threshold_only(detection: Any) -> None:
    result, details = detection
    assert "Untouched data, threshold 0.5" in words(*curves(result, details))
    result["selected"] = result["baseline"]
    shown = words(*curves(result, details))
    assert "selected: Untouched data, tuned threshold" in shown and "threshold 0.5" not in shown


def test_confusions_without_the_paper_and_with_untouched_selected_show_one(detection: Any) -> None:
    result, _ = detection
    result["strategies"] = result["strategies"][:2]
    result["selected"] = "untouched"
    assert words(*confusions(result)).count("missed fault") == 1


def test_dollar_signs_are_not_mathematics() -> None:
    found = coefficients_explanation()
    found["coefficients"][0] |= {"name": r"$\frac{a}$ & <b>", "unit": "$"}
    assert r"$\frac{a}$ & <b> [$]" in words(weights({"explanation": found}))


def test_weights_keep_the_heaviest_columns_with_units() -> None:
    found = coefficients_explanation()
    row = found["coefficients"][0]
    found["coefficients"] = [{**row, "name": f"f{i:03}", "unit": "kN", "weight": (-1.0) ** i * i} for i in range(40)]
    shown = re.findall(r"f\d{3} \[kN\]", words(weights({"explanation": found})))
    assert sorted(shown, reverse=True) == [f"f{i:03} [kN]" for i in range(39, 24, -1)]


def test_importances_are_ordered_by_what_is_lost_not_by_what_chance_gained() -> None:
    found = importances_explanation()
    found["importances"][7] |= {"weight": -0.9, "low": -1.0, "high": -0.8}
    assert found["importances"][7]["name"] not in words(weights({"explanation": found}))


def test_a_level_is_named_with_its_column() -> None:
    assert "grade = C" in words(weights({"explanation": coefficients_explanation()}))


def test_curves_show_the_heaviest_columns_with_axes_and_directions(detection: Any) -> None:
    result, _ = detection
    shown = effects(result)
    assert all("risk" in words(svg) and "parts" in words(svg) and "×1" in words(svg) for svg in shown)
    for curve, svg in zip(result["explanation"]["curves"], shown, strict=False):
        assert curve["name"] in words(svg) and f"[{curve['unit']}]" * bool(curve["unit"]) in words(svg)
    assert "A B C" in words(shown[1])


def test_maps_name_both_columns_and_a_level(detection: Any) -> None:
    shown = interactions(detection[0])
    first, second = detection[0]["explanation"]["pairs"][0]["axes"]
    assert first["name"] in words(shown[0]) and second["name"] in words(shown[0])
    assert "other" in words(shown[1]) and " C " in f" {words(shown[1])} "


def test_hundreds_of_levels_and_long_names_fit(detection: Any) -> None:
    found = detection[0]["explanation"]
    n, long = 300, "press_force_" * 20
    levels = [f"{long}{i}" for i in range(n)]
    found["curves"][1] |= {"at": levels, "log_odds": [0.1 * (i % 7) for i in range(n)]}
    found["curves"][1] |= {"name": long, "good": list(range(n)), "faulty": [1] * n}
    svg = effects(detection[0])[1]
    assert words(svg).count("…") == 10 + 1
    assert len(max(words(svg).split(" "), key=len)) <= 40


@pytest.mark.parametrize("values", [[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0], [2.0, 2.0]])
def test_history_follows_the_best_in_either_direction(values: list[float]) -> None:
    trials = [{"number": i, "value": v, "state": "COMPLETE", "params": {}} for i, v in enumerate(values)]
    svg = history({"study": {"trials": trials, "best": len(values) - 1, "objective": "loss"}})
    assert "best so far" in words(svg or "")
