"""Generated images are used only when the inner folds say, with high probability, that they help."""

from collections.abc import Mapping, Sequence
from typing import Any

from rarefault.tuning.comparison import OBJECTIVE
from rarefault.tuning.images.inner import yardstick
from rarefault.tuning.selection import FEWEST_FOLDS, Selection, probability

TITLE = "macro F1"
Outcome = Mapping[str, Any]


def select_images(
    outcomes: Sequence[Outcome],
    min_probability: float = 0.95,
    collapsed: Mapping[str, Sequence[str]] | None = None,
) -> Selection:
    """Pick among the outcomes of `compare_inner` by inner-fold evidence only.

    The yardstick is the best strategy without generated images. Of those with generated images, tried on at least 5
    folds, whose P(better than the yardstick) reaches min_probability and whose generator collapsed nowhere, the one
    with the best inner mean wins; with none, the yardstick stays. collapsed: {generator: classes} of the generators
    fitted on all training images.
    """
    best, whole = yardstick(outcomes), collapsed or {}
    fates, winners = {}, []
    for outcome in outcomes:
        status, reason = _fate(outcome, best, min_probability, whole.get(outcome["generator"] or "", ()))
        fates[outcome["name"]] = ("kept" if status == "better" else status, reason)
        if status == "better":
            winners.append((outcome["inner"][OBJECTIVE]["value"], outcome["name"]))
    selected = max(winners)[1] if winners else best
    fates[selected] = ("selected", fates[selected][1])
    return Selection(selected, _because(selected, best, outcomes, min_probability), fates)


def best_generated(outcomes: Sequence[Outcome], selected: str) -> str | None:
    """The selected strategy if it uses generated images, else the one of those that do with the best inner mean.

    A strategy that failed, or whose generator collapsed, is not taken while there is another.
    """
    by_name = {outcome["name"]: outcome for outcome in outcomes}
    if by_name[selected]["generator"]:
        return selected
    usable = [
        (not outcome["collapsed"], outcome["inner"][OBJECTIVE]["value"], outcome["name"])
        for outcome in outcomes
        if outcome["generator"] and not outcome["failed"]
    ]
    return max(usable)[2] if usable else None


def helped_images(outcomes: Sequence[Outcome], selected: str, difference: Mapping[str, float] | None) -> dict[str, Any]:
    """Whether generated images helped, and the sentence.

    difference: macro F1 on the test images, `best_generated` minus the yardstick, with its 95 % interval.
    """
    generated, titles = best_generated(outcomes, selected), {o["name"]: o["title"] for o in outcomes}
    if generated is None or difference is None:
        return {"value": False, "sentence": "No strategy with generated images could be tried."}
    name, other = titles[generated], titles[yardstick(outcomes)]
    said = (
        f"{difference['value']:+.3f} {TITLE} on the test images (95 % interval {difference['low']:+.3f} to "
        f"{difference['high']:+.3f}) against {other}"
    )
    if selected != generated:
        sentence = f"Generated images are not used: the best of them, {name}, made {said}, and was not convincing on "
        return {"value": False, "sentence": f"{sentence}the inner folds."}
    if difference["low"] > 0:
        return {"value": True, "sentence": f"Generated images helped: {name} made {said}."}
    if difference["value"] > 0:
        sentence = f"Generated images probably helped: {name} made {said}, which leaves the sign open."
        return {"value": True, "sentence": sentence}
    sentence = f"Generated images looked better on the inner folds but did not help: {name} made {said}."
    return {"value": False, "sentence": sentence}


def _fate(outcome: Outcome, best: str, min_probability: float, collapsed: Sequence[str]) -> tuple[str, str]:
    if outcome["name"] == best:
        return "kept", "the yardstick: the best without generated images"
    if outcome["failed"]:
        return "failed", outcome["failed"]
    difference, tried = outcome["inner_difference"], outcome["folds_tried"]
    p = difference["p_better"]
    said = f"{TITLE} {difference['value']:+.3f} against the yardstick on the inner folds, P(better) {probability(p)}"
    if not outcome["generator"]:
        return "kept", said
    lost = sorted({*outcome["collapsed"], *collapsed})
    if lost:
        return "dropped", f"its generator collapsed for {', '.join(lost)} and is never used; {said}"
    if tried < FEWEST_FOLDS:
        return "kept", f"{said}, from {tried} folds only (at least {FEWEST_FOLDS} are needed to win)"
    return ("better" if p >= min_probability else "kept"), said


def _because(selected: str, best: str, outcomes: Sequence[Outcome], min_probability: float) -> str:
    by_name = {outcome["name"]: outcome for outcome in outcomes}
    title, other = by_name[selected]["title"], by_name[best]["title"]
    if selected == best:
        return (
            f"{title} stays: no strategy with generated images was better with probability {min_probability:.2f} or "
            "more on the inner folds."
        )
    difference = by_name[selected]["inner_difference"]
    return (
        f"{title} was better than {other} on the inner folds by {difference['value']:.3f} {TITLE} with probability "
        f"{probability(difference['p_better'])}."
    )
