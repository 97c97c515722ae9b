"""The ways to cope with few faults that every run compares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

from rarefault.generators import GENERATORS

BASELINE = "tuned-threshold"
UNTOUCHED = "untouched"
PAPER = "wgan-kmeans"
FALLBACK = "conditional-wgan"
STEPS = {"max_steps": 2000}
"""What a WGAN of a comparison trains at most, so that a table of 10,000 rows takes no minutes a fold."""


@dataclass(frozen=True)
class Strategy:
    """One way to train: which rows are added, how the classes weigh, and how the threshold is chosen.

    generator and filter name registry entries (empty: none); params are the generator's settings; classifier_params
    change the classifier; only_for names the one classifier that can do that (empty: all); needs names a package;
    a costly one is started first, and tried further only while it leads; `widest` is the largest number of columns
    for which the strategy is in the default set, unless `default` says that it is never there.
    """

    title: str
    generator: str = ""
    filter: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    classifier_params: Mapping[str, Any] = field(default_factory=dict)
    threshold: Literal["half", "tuned"] = "tuned"
    only_for: str = ""
    needs: str = ""
    costly: bool = False
    widest: int = 100_000
    default: bool = True

    @property
    def synthetic(self) -> bool:
        """Whether the strategy adds rows."""
        return bool(self.generator)


_NAMED: dict[str, Strategy] = {
    UNTOUCHED: Strategy("Untouched data, threshold 0.5", threshold="half"),
    BASELINE: Strategy("Untouched data, tuned threshold"),
    "class-weights": Strategy("Class weights", classifier_params={"class_weight": "balanced"}),
    "additive-curves": Strategy(
        "Additive curves and pairs", classifier_params={"form": "additive"}, only_for="logistic-regression"
    ),
    "mixed-vote": Strategy(
        "Vote of boosting, extra trees and curves", classifier_params={"form": "vote"}, only_for="gradient-boosting"
    ),
    "smote": Strategy("SMOTE", generator="smote"),
    "gaussian-copula": Strategy("Gaussian copula per class", generator="gaussian-copula"),
    FALLBACK: Strategy("Conditional WGAN", generator="conditional-wgan", params=STEPS),
    PAPER: Strategy("WGAN + K-means (the paper's)", generator="wgan", filter="kmeans", params=STEPS),
    "ctgan": Strategy(
        "CTGAN", generator="ctgan", params={"epochs": 15, "batch_size": 200}, needs="sdv", costly=True, widest=100
    ),
}
_USED = {strategy.generator for strategy in _NAMED.values()}
STRATEGIES: dict[str, Strategy] = {
    **_NAMED,
    **{name: Strategy(name, generator=name, default=False) for name in GENERATORS if name not in _USED},
}
"""Every generator that none of the named strategies uses is one under its own name, compared only when asked for."""


def chosen(names: Sequence[str], n_columns: int, classifier: str) -> tuple[list[str], list[str]]:
    """The strategies to compare, and one sentence for each that was left out.

    An empty `names` means all that fit: whose package is installed and whose cost the table's width allows. The
    untouched data and the tuned baseline are always there, and the conditional WGAN where the paper's strategy is:
    it takes its place when the gate fails. Raises ValueError for an unknown name and for a named strategy whose
    package is missing or that another classifier is meant for.
    """
    unknown = sorted(set(names) - set(STRATEGIES))
    if unknown:
        raise ValueError(f"unknown strategies {unknown}; known strategies: {list(STRATEGIES)}")
    if names:
        wanted = {UNTOUCHED, BASELINE, *names, *([FALLBACK] if PAPER in names else [])}
        for name in sorted(wanted):
            if STRATEGIES[name].only_for not in ("", classifier):
                raise ValueError(
                    f"strategy {name!r} is for classifier {STRATEGIES[name].only_for!r}, got {classifier!r}"
                )
            if not _installed(name):
                raise ValueError(f"strategy {name!r} needs the package {STRATEGIES[name].needs!r}, not installed here")
        return [name for name in STRATEGIES if name in wanted], []
    kept, left_out = [], []
    for name, strategy in STRATEGIES.items():
        if not strategy.default or strategy.only_for not in ("", classifier):
            continue
        if not _installed(name):
            left_out.append(f"{strategy.title} was left out: the package {strategy.needs!r} is not installed.")
        elif n_columns > strategy.widest:
            left_out.append(
                f"{strategy.title} was left out: {n_columns} columns make it slow (at most {strategy.widest} by "
                f"default); name {name!r} among the strategies to run it."
            )
        else:
            kept.append(name)
    return kept, left_out


def _installed(name: str) -> bool:
    needs = STRATEGIES[name].needs
    return not needs or find_spec(needs) is not None
