"""The first screen: what was selected, whether synthetic data helped, and what the model does, in plain words."""

import shlex
from collections.abc import Mapping
from typing import Any

from rarefault.report import roles
from rarefault.report.formats import clean, count, finite, interval, number, percent, sentence
from rarefault.report.tables import objective_title

Values = Mapping[str, Any]


def verdict(result: Values) -> dict[str, Any] | None:
    """What the first screen says, or None in a run that selects no model."""
    strategy = roles.selected(result)
    if strategy is None:
        return None
    return {
        "headline": _headline(strategy["confusion"]),
        "sentence": sentence(result["helped"]["sentence"]),
        "helped": result["helped"]["value"],
        "title": clean(strategy["title"], 100),
        "classifier": clean(result["classifier"], 60).replace("-", " "),
        "threshold": number(strategy["threshold"]),
        "because": sentence(result["selected_because"]),
        "tiles": _tiles(result, strategy),
        "test_rows": result["data"]["test_rows"],
    }


def _headline(confusion: Values | None) -> str:
    if not confusion:
        return "A model was selected."
    faults, good = confusion["tp"] + confusion["fn"], confusion["tn"] + confusion["fp"]
    return (
        f"Of {count(faults)} faulty test parts {count(confusion['tp'])} are found and {count(confusion['fn'])} missed; "
        f"of {count(good)} good ones {count(confusion['fp'])} raise a false alarm."
    )


def _tiles(result: Values, strategy: Values) -> list[dict[str, str]]:
    test = strategy["test"]
    return [
        _tile("Recall", test["recall"], True, _of_hundred("faulty parts", "are found", test["recall"])),
        _tile("Precision", test["precision"], True, _of_hundred("alarms", "are real faults", test["precision"])),
        _tile("F2: both in one number", test["f2"], False, _beside(result, strategy)),
    ]


def _tile(name: str, estimate: Values, share: bool, words: str) -> dict[str, str]:
    if share:
        known = finite(estimate["low"]) and finite(estimate["high"])
        spread = f"{percent(estimate['low'])} \u2013 {percent(estimate['high'])}" if known else ""
        return {"name": name, "value": percent(estimate["value"]), "interval": spread, "words": words}
    return {"name": name, "value": number(estimate["value"], 2), "interval": interval(estimate, 2), "words": words}


def _of_hundred(of: str, are: str, estimate: Values) -> str:
    if not finite(estimate["value"]):
        return f"no {of} among the test parts"
    return f"of 100 {of}, about {100 * estimate['value']:.0f} {are}"


def _beside(result: Values, strategy: Values) -> str:
    others = []
    for words, other in (
        ("with the tuned baseline", roles.named(result, result["baseline"])),
        ("with the untouched data at threshold 0.5", roles.untouched(result)),
    ):
        if other and other is not strategy and other["test"]:
            others.append(f"{number(other['test']['f2']['value'], 2)} {words}")
    note = "1 is perfect; recall counts more than precision"
    return f"{note}; it was {', '.join(others)}" if others else note


def generator_verdict(result: Values, details: Values) -> dict[str, Any] | None:
    """What the first screen of a train-generator run says, or None where there is no generator."""
    generator = result.get("generator")
    if not generator:
        return None
    study = details.get("study") or {}
    best = next((t for t in study.get("trials") or [] if t["number"] == study.get("best")), None)
    objective = objective_title(study)
    found = f"Best of {len(study['trials'])} trials, {objective}: {number(best['value'], 4)}." if best else ""
    return {
        "name": clean(generator["name"], 60),
        "version": clean(generator["version"], 40),
        "uri": clean(generator["uri"]),
        "trained_here": generator["trained_here"],
        "found": found,
    }


def calls(result: Values) -> list[tuple[str, str]]:
    """(what it does, command) for using the registered model; names are quoted for a shell."""
    model, deploy = result.get("model"), result.get("deploy")
    lines = []
    if model:
        at = shlex.quote(clean(f"{model['name']}@{model['alias']}" if model["alias"] else model["name"]))
        lines.append(("Serve it on this machine", f"rarefault serve {at} --port 8080"))
    if deploy:
        lines.append(
            (
                "Deploy it to a KServe cluster",
                f"kubectl apply --server-side -f {shlex.quote(clean(deploy['manifest']))}",
            )
        )
    return lines
