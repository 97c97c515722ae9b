"""The tables of an image report: training sets, change, distances, strategies, and the paper's numbers beside them."""

from collections.abc import Iterator, Mapping
from typing import Any

from rarefault.report.formats import DASH, clean, finite, interval, number, probability, seconds, signed
from rarefault.report.paper_images import FRECHET, TASKS

Values = Mapping[str, Any]
_PARTS = ("precision", "recall", "f1")
PART_TITLES = ("Precision", "Recall", "F1")
MACRO = "macro average"


def class_names(result: Values) -> list[str]:
    """The classes in their order, and the macro average last."""
    return [*(entry["name"] for entry in result["data"]["classes"]), MACRO]


def _key(name: str, part: str) -> str:
    return f"macro_{part}" if name == MACRO else f"{name}/{part}"


def table_rows(result: Values, table: Values) -> list[dict[str, Any]]:
    """A row for each training set: precision, recall and F1 of each class, the macro average, and the accuracy.

    `cells` hold everything; `f1` the F1 of each class and `macro` the macro averages, for a table that fits a page.
    """
    classes = class_names(result)
    return [
        {
            "title": clean(row["title"], 90),
            "f1": [_cell(row["metrics"].get(_key(name, "f1"))) for name in classes[:-1]],
            "macro": [_cell(row["metrics"].get(_key(MACRO, part))) for part in _PARTS],
            "counts": ", ".join(f"{clean(name, 40)} {n}" for name, n in row["counts"].items()),
            "cells": [_cell(row["metrics"].get(_key(name, part))) for name in classes for part in _PARTS],
            "accuracy": _cell(row["metrics"]["accuracy"]),
            "change": _change(row),
            "seconds": seconds(row["seconds"]),
        }
        for row in table["rows"]
    ]


def change_rows(result: Values, table: Values) -> list[dict[str, Any]]:
    """The change against the first training set in percent, as Table 9 of the ball-screw paper."""
    return [
        {
            "title": clean(row["title"], 90),
            "cells": [_percent(row["change"].get(_key(name, part))) for name in class_names(result) for part in _PARTS],
            "accuracy": _percent(row["change"]["accuracy"]),
        }
        for row in table["rows"]
        if row["change"]
    ]


def _cell(estimate: Values | None) -> dict[str, str]:
    return {"value": number(estimate and estimate["value"]), "interval": interval(estimate)}


def _percent(estimate: Values | None) -> dict[str, str]:
    if not estimate:
        return {"value": DASH, "interval": ""}
    return {"value": f"{signed(estimate['value'], 1)}\u202f%", "interval": interval(estimate, 1, sign=True)}


def _change(row: Values) -> dict[str, str]:
    found = (row["difference"] or {}).get("macro_f1")
    return {"value": signed(found["value"]) if found else DASH, "interval": interval(found, sign=True)}


def short_rows(table: Values) -> list[dict[str, Any]]:
    """A row for each training set with what Table 4 of the steel-plate paper shows: the accuracy, and macro F1."""
    return [
        {
            "title": clean(row["title"], 90),
            "images": sum(row["counts"].values()),
            "accuracy": _cell(row["metrics"]["accuracy"]),
            "macro": _cell(row["metrics"]["macro_f1"]),
            "defects": _cell(row["metrics"].get("defect_recall")),
            "change": _change(row),
            "seconds": seconds(row["seconds"]),
        }
        for row in table["rows"]
    ]


def paper_rows() -> list[dict[str, Any]]:
    """The ball-screw paper's Table 8."""
    names = ("pitting", "intact", "rust", "macro")
    return [
        {
            "task": number_of,
            "cells": [number(task[name][part]) for name in names for part in _PARTS],
            "accuracy": number(task["accuracy"]),
        }
        for number_of, task in TASKS.items()
    ]


def paper_distances() -> list[tuple[str, str, str]]:
    """The ball-screw paper's Table 6: class, and both distances."""
    return [(name, number(row["original"], 1), number(row["classical"], 1)) for name, row in FRECHET.items()]


def distance_rows(result: Values) -> list[dict[str, Any]]:
    """Each generator and class: Fréchet distances, coverage, diversity and copies."""
    return [_distance_row(entry) for entry in result["distances"]]


def _distance_row(entry: Values) -> dict[str, Any]:
    fid, view = entry["fid"], next(iter(entry["diversity"]))
    halves, augmented = fid["halves"], fid["augmented"]
    return {
        "title": clean(entry["title"], 60),
        "label": clean(entry["label"], 60),
        "original": _spread(fid["original"]["fid"]),
        "augmented": _spread(augmented["fid"]) if augmented else {"value": DASH, "interval": ""},
        "real": _spread(halves["real"]) if halves else {"value": DASH, "interval": ""},
        "kid": _spread(fid["original"]["kid"], 3),
        "precision": number(fid["original"]["precision"]["mean"], 2),
        "recall": number(fid["original"]["recall"]["mean"], 2),
        "diversity": number(entry["diversity"][view]["ratio"], 2),
        "copies": f"{100 * entry['memorising'][view]['share']:.0f}\u202f%",
        "bad": bool(entry["warnings"]),
    }


def _spread(found: Values, digits: int = 1) -> dict[str, str]:
    return {"value": number(found["mean"], digits), "interval": f"\u00b1 {number(found['spread'], digits)}"}


def distance_matrix(result: Values) -> tuple[list[str], list[dict[str, Any]]]:
    """Table 3 of the steel-plate paper: a row for each generator, a column for each class, and the mean."""
    labels = list(dict.fromkeys(entry["label"] for entry in result["distances"]))
    rows: dict[str, dict[str, Any]] = {}
    for entry in result["distances"]:
        rows.setdefault(entry["title"], {})[entry["label"]] = entry["fid"]["original"]["fid"]
    means = {title: sum(cells[name]["mean"] for name in labels) / len(labels) for title, cells in rows.items()}
    best = min(means.values(), default=0.0)
    return labels, [
        {
            "title": clean(title, 60),
            "cells": [_spread(cells[name]) for name in labels],
            "mean": number(means[title], 1),
            "best": means[title] == best,
        }
        for title, cells in rows.items()
    ]


def half_row(result: Values) -> list[dict[str, str]]:
    """Real half against real half for each class, the yardstick of the distances."""
    found: dict[str, dict[str, str]] = {}
    for entry in result["distances"]:
        halves = entry["fid"]["halves"]
        found[entry["label"]] = _spread(halves["real"]) if halves else {"value": DASH, "interval": ""}
    return list(found.values())


def strategy_rows(result: Values) -> list[dict[str, Any]]:
    """Every strategy of the inner folds: macro F1, difference to the yardstick, P(better), and what became of it."""
    return [
        {
            "title": clean(row["title"], 90),
            "badges": list(_badges(result, row)),
            "selected": row["name"] == result["selected"],
            "failed": row["status"] == "failed",
            "reason": clean(row["reason"]),
            "inner": _cell((row["inner"] or {}).get("macro_f1")),
            "accuracy": _cell((row["inner"] or {}).get("accuracy")),
            "difference": _signed(row["inner_difference"]),
            "p_better": probability(row["inner_difference"]["p_better"]) if row["inner_difference"] else DASH,
            "seconds": seconds(row["seconds"]),
        }
        for row in result["strategies"]
    ]


def _signed(found: Values | None) -> dict[str, str]:
    known = found is not None and finite(found["value"])
    return {"value": signed(found["value"]) if found and known else DASH, "interval": interval(found, sign=True)}


def _badges(result: Values, row: Values) -> Iterator[tuple[str, str]]:
    if row["name"] == result["selected"]:
        yield "selected", "selected"
    if row["name"] == result["baseline"]:
        yield "baseline", "yardstick"
    if row["status"] in ("failed", "dropped"):
        yield "status", row["status"]
