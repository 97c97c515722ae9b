"""The figures: what they draw, and what they leave out."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from rarefault.report import figures
from rarefault.report.figures import draw_all
from rarefault.report.generator_figures import history

NAMES = {"forest", "confusions", "curves", "thresholds", "explanation", "pca", "history", "importances"}


@pytest.fixture(scope="module")
def drawn(made: Any) -> dict[str, str]:
    return draw_all(*made["detection"])


def words(svg: str) -> str:
    return " ".join(
        element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    )


def test_every_figure_is_well_formed_and_described(drawn: dict[str, str]) -> None:
    assert set(drawn) == NAMES
    for svg in drawn.values():
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img" and len(root.get("aria-label", "")) > 20
        assert root.get("viewBox") and root.get("width") is None
        assert "<style" not in svg and "<metadata" not in svg


def test_ids_carry_the_figures_name(drawn: dict[str, str]) -> None:
    for name, svg in drawn.items():
        assert [i for i in re.findall(r'\sid="([^"]+)"', svg) if not i.startswith(f"{name}-")] == []


def test_nothing_to_show_draws_nothing(generator: Any) -> None:
    assert draw_all(generator[0], {}) == {}


def test_the_forest_leaves_out_the_baseline_and_failed_strategies(drawn: dict[str, str]) -> None:
    assert "Conditional WGAN" in words(drawn["forest"])
    assert "tuned threshold" not in words(drawn["forest"]) and "ADASYN" not in words(drawn["forest"])


def test_confusions_show_original_paper_and_selected(detection: Any, drawn: dict[str, str]) -> None:
    shown = words(drawn["confusions"])
    for name in ("untouched", "wgan-kmeans", "conditional-wgan"):
        strategy = next(s for s in detection[0]["strategies"] if s["name"] == name)
        assert strategy["title"] in shown
        assert all(str(n) in shown for n in strategy["confusion"].values())


def test_confusions_without_the_paper_and_with_untouched_selected_show_one(detection: Any) -> None:
    result, _ = detection
    result["strategies"] = result["strategies"][:2]
    result["selected"] = "untouched"
    assert words(figures.confusions(result) or "").count("missed fault") == 1


def test_dollar_signs_are_not_mathematics() -> None:
    row = {"feature": r"$\frac{a}$ & <b>", "unit": "$", "weight": 1.0}
    assert r"$\frac{a}$ & <b> [$]" in words(figures.explanation({"explanation": [row]}) or "")


def test_explanation_keeps_the_heaviest_features_with_units() -> None:
    rows = [{"feature": f"f{i:03}", "unit": "kN", "weight": (-1) ** i * i} for i in range(40)]
    shown = re.findall(r"f\d{3} \[kN\]", words(figures.explanation({"explanation": rows}) or ""))
    assert sorted(shown, reverse=True) == [f"f{i:03} [kN]" for i in range(39, 24, -1)]


@pytest.mark.parametrize("values", [[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0], [2.0, 2.0]])
def test_history_follows_the_best_in_either_direction(values: list[float]) -> None:
    trials = [{"number": i, "value": v, "state": "COMPLETE", "params": {}} for i, v in enumerate(values)]
    svg = history({"study": {"trials": trials, "best": len(values) - 1, "objective": "loss"}})
    assert "best so far" in words(svg or "")
