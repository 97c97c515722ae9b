"""The report of an image run as one HTML file that needs nothing else, and the page of the experts' test."""

from collections.abc import Mapping
from typing import Any

from rarefault.report import formats, roles, tables, verdict
from rarefault.report import image_tables as rows_of
from rarefault.report.image_figures import draw_images
from rarefault.report.images.experts import experts_page
from rarefault.report.page import environment

Values = Mapping[str, Any]
_TEMPLATES = {"defect-augmentation": "augmentation.html.j2", "defect-translation": "translation.html.j2"}
_SHOWN_ITEMS = 12


def render_images(result: Values, details: Values) -> str:
    """The report as HTML text; `details` are what figures are drawn of (see `draw_images`)."""
    template = environment().get_template(_TEMPLATES[result["pipeline"]])
    page = template.render(figures=draw_images(result, details), **_view(result))
    return page.encode("utf-8", "replace").decode("utf-8")


def render_experts(result: Values, details: Values) -> str:
    """The page of the experts' test as HTML text: test images against those of the run's own generator."""
    samples, classes = details["samples"], [entry["name"] for entry in result["data"]["classes"]]
    title = details["entries"][0]["title"]
    generated = {
        entry["label"]: details["pictures"][entry["name"]]["asked"]
        for entry in details["entries"]
        if entry["title"] == title
    }
    real = {label: samples["images"][samples["codes"] == classes.index(label)] for label in generated}
    return experts_page(real, generated, name=result["data"]["name"], seed=result["seed"])


def _view(result: Values) -> dict[str, Any]:
    labels, matrix = rows_of.distance_matrix(result)
    return {
        "result": result,
        "data": result["data"],
        "simulated": roles.is_simulated(result["data"]["notes"]),
        "shown_items": _SHOWN_ITEMS,
        "total_seconds": sum(step["seconds"] for step in result["steps"] if not step["cached"]),
        "verdict": _verdict(result),
        "model": result["model"],
        "calls": verdict.calls(result),
        "classes": rows_of.class_names(result),
        "part_titles": rows_of.PART_TITLES,
        "tables": [
            {
                "inspector": formats.clean(table["inspector"], 60),
                "rows": rows_of.table_rows(result, table),
                "changes": rows_of.change_rows(result, table),
                "short": rows_of.short_rows(table),
            }
            for table in result["classification"]["tables"]
        ],
        "repeats": result["classification"]["repeats"],
        "adds_nothing": _adds_nothing(result),
        "paper": rows_of.paper_rows(),
        "paper_distances": rows_of.paper_distances(),
        "distances": rows_of.distance_rows(result),
        "labels": labels,
        "matrix": matrix,
        "halves": rows_of.half_row(result),
        "network": formats.clean(result["distances"][0]["fid"]["network"]) if result["distances"] else "",
        "notes": list(dict.fromkeys(note for entry in result["distances"] for note in entry["fid"]["notes"])),
        "warnings": health_warnings(result),
        "strategies": rows_of.strategy_rows(result),
        "steps": tables.step_rows(result["steps"]),
        "lineage": list(_lineage(result)),
        "settings": list(formats.flat(result["settings"])),
        "generator_settings": [
            (entry["title"], list(formats.flat(entry["settings"]))) for entry in result["generators"]
        ],
    }


def health_warnings(result: Values) -> list[str]:
    """What is wrong with generated images, at most two sentences for each generator and class.

    Collapse, as the training saw it or else as the images show it, and copies of training images.
    """
    health = {
        (entry["title"], label): facts for entry in result["generators"] for label, facts in entry["health"].items()
    }
    said = []
    for entry in result["distances"]:
        facts, who = health.get((entry["title"], entry["label"]), {}), f"{entry['title']}, {entry['label']}"
        copies = [text for text in entry["warnings"] if text.startswith("memorised")]
        others = [text for text in entry["warnings"] if not text.startswith("memorised")]
        if facts.get("collapsed"):
            others.insert(0, str(facts.get("reason") or "its training collapsed"))
        said += [f"{who}: {text}." for text in (*others[:1], *copies[:1])]
    return said


def _adds_nothing(result: Values) -> bool:
    """Whether balancing adds no image, because every class has as many as the largest."""
    first, second = (table["counts"] for table in result["classification"]["tables"][0]["rows"][:2])
    return bool(first == second)


def _verdict(result: Values) -> dict[str, Any]:
    test, defects = result["test"], result["defects"]
    chosen = next(row for row in result["strategies"] if row["name"] == result["selected"])
    tiles = [_tile("Macro F1", test["macro_f1"], "the mean of all classes, each counted the same; 1 is perfect")]
    if defects:
        tiles.append(
            _tile(
                "Defects found", test["defect_recall"], f"{defects['missed']} of {defects['count']} were called clean"
            )
        )
        tiles.append(
            _tile("Alarms that are defects", test["defect_precision"], f"{defects['false_alarms']} false alarms")
        )
    else:
        tiles.append(_tile("Accuracy", test["accuracy"], "share of the test images told right"))
    return {
        "headline": _headline(result),
        "title": formats.clean(chosen["title"], 100),
        "because": formats.sentence(result["selected_because"]),
        "helped": result["helped"]["value"],
        "sentence": formats.sentence(result["helped"]["sentence"]),
        "tiles": tiles,
    }


def _headline(result: Values) -> str:
    defects, n = result["defects"], result["data"]["test_images"]
    right = sum(row[at] for at, row in enumerate(result["confusion"]))
    if not defects:
        return f"Of {formats.count(n)} test images {formats.count(right)} are told right."
    found, clean = defects["count"] - defects["missed"], n - defects["count"]
    return (
        f"Of {formats.count(defects['count'])} test images with a defect {formats.count(found)} are found; of "
        f"{formats.count(clean)} clean ones {formats.count(defects['false_alarms'])} raise a false alarm."
    )


def _tile(name: str, estimate: Values, words: str) -> dict[str, str]:
    return {
        "name": name,
        "value": formats.number(estimate["value"], 2),
        "interval": formats.interval(estimate, 2),
        "words": words,
    }


def _lineage(result: Values) -> Any:
    yield "Run", formats.clean(result["run_id"])
    yield "Code version", formats.clean(result["code_version"])
    yield "Seed", str(result["seed"])
    yield "Data fingerprint", formats.clean(result["data"]["fingerprint"])
    for entry in result["generators"]:
        yield "Generator", f"{formats.clean(entry['name'])} version {formats.clean(entry['version'])}"
    yield "Model", f"{formats.clean(result['model']['name'])} version {formats.clean(result['model']['version'])}"
    yield "Registry", formats.clean(result["model"]["registry"])
