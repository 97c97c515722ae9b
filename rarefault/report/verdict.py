"""The first screen: what was selected, whether synthetic data helped, and what the model does, in plain words."""

import shlex
from collections.abc import Mapping
from typing import Any

from rarefault.report import roles
from rarefault.report.formats import clean, count, finite, interval, number, percent

Values = Mapping[str, Any]


def verdict(result: Values) -> dict[str, Any] | None:
    """What the first screen says, or None in a run that selects no model."""
    strategy = roles.selected(result)
    if strategy is None:
        return None
    return {
        "sentence": clean(result["helped"]["sentence"]),
        "helped": result["helped"]["value"],
        "title": clean(strategy["title"], 100),
        "classifier": clean(result["classifier"], 60).replace("-", " "),
        "threshold": number(strategy["threshold"]),
        "because": clean(result["selected_because"]),
        "tiles": _tiles(result, strategy),
        "counts": _counts_sentence(strategy["confusion"]),
    }


def _tiles(result: Values, strategy: Values) -> list[dict[str, str]]:
    test = strategy["test"]
    return [
        _tile("Recall", test["recall"], True, _of_hundred("faulty parts", "are found", test["recall"])),
        _tile("Precision", test["precision"], True, _of_hundred("alarms", "are real faults", test["precision"])),
        _tile("F2", test["f2"], False, _beside(result, strategy)),
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
    return "it was " + ", ".join(others) if others else "1 is perfect; a missed fault weighs most"


def _counts_sentence(confusion: Values | None) -> str:
    if not confusion:
        return ""
    faults, good = confusion["tp"] + confusion["fn"], confusion["tn"] + confusion["fp"]
    return (
        f"On {count(faults + good)} test parts that no step had seen, {count(faults)} of them faulty: "
        f"{count(confusion['tp'])} faults found, {count(confusion['fn'])} missed, "
        f"{count(confusion['fp'])} false alarms among {count(good)} good parts."
    )


def generator_verdict(result: Values, details: Values) -> dict[str, Any] | None:
    """What the first screen of a train-generator run says, or None where there is no generator."""
    generator = result.get("generator")
    if not generator:
        return None
    study = details.get("study") or {}
    best = next((t for t in study.get("trials") or [] if t["number"] == study.get("best")), None)
    objective = clean(study.get("objective", "objective"), 80)
    found = f"Best of {len(study['trials'])} trials by {objective}: {number(best['value'], 4)}." if best else ""
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
        lines.append(("Deploy it to a KServe cluster", f"kubectl apply -f {shlex.quote(clean(deploy['manifest']))}"))
    return lines
