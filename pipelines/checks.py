"""Parameters that can be refused before anything starts; the steps check what only the data can tell."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pipelines import degradation_checks, image_checks
from rarefault.errors import InputError

_SHARE = "a number from 0 to 1"
_LIMITS: dict[str, tuple[float, float, str]] = {
    "seed": (0, 2**32 - 1, "a whole number from 0 to 4294967295"),
    "test_size": (0.01, 0.99, "a share from 0.01 to 0.99"),
    "beta": (0.01, 100, "a number from 0.01 to 100"),
    "cost_ratio": (0, 1e9, "a number >= 0"),
    "folds": (2, 100, "a whole number from 2 to 100"),
    "repeats": (1, 100, "a whole number from 1 to 100"),
    "trials": (0, 100_000, "a whole number >= 0"),
    "search_seconds": (0, 1e9, "a number >= 0"),
    "search_workers": (1, 64, "a whole number from 1 to 64"),
    "search_pods": (0, 64, "a whole number from 0 to 64"),
    "synthesis_shards": (1, 64, "a whole number from 1 to 64"),
    "drift_level": (1e-6, 0.5, "a number above 0, up to 0.5"),
    "drift_rows": (100, 1e9, "a whole number >= 100"),
    "window_share": (0.01, 0.99, "a share from 0.01 to 0.99"),
    "max_age_days": (0, 1e9, "a number >= 0"),
    "max_drop": (0, 1, _SHARE),
    "min_probability": (0, 1, _SHARE),
    "gate_lift": (0, 1e9, "a number >= 0"),
    "gate_recall": (0, 1, _SHARE),
    "min_recall": (0, 1, _SHARE),
    "tolerance": (0, 1, _SHARE),
}


def check(values: Mapping[str, Any], pipeline: str = "") -> None:
    """Raise InputError, one line with the value and what is accepted, for a parameter that no data could make good."""
    own, check_methods = _OWN.get(pipeline, ({}, _check_methods))
    limits = {**_LIMITS, **own}
    for name in sorted(set(values) & set(limits)):
        low, high, said = limits[name]
        if not low <= values[name] <= high:
            raise InputError(f"{name} is {values[name]!r}; accepted: {said}")
    try:
        check_methods(values)
    except ValueError as problem:
        raise InputError(str(problem)) from problem


def _check_methods(values: Mapping[str, Any]) -> None:
    from rarefault.classifiers.estimators import CLASSIFIERS
    from rarefault.generators import GENERATORS
    from rarefault.registry.address import resolve
    from rarefault.settings import from_params
    from rarefault.tuning.search import SearchSettings
    from rarefault.tuning.spaces import space_of
    from rarefault.tuning.strategies import chosen
    from serving.deployment import cluster_address, deployment_settings
    from serving.kubernetes import check_storage_uri

    classifier = values.get("classifier", "logistic-regression")
    if classifier not in CLASSIFIERS:
        raise InputError(f"unknown classifier {classifier!r}; known classifiers: {', '.join(CLASSIFIERS)}")
    from_params(CLASSIFIERS[classifier].Settings, values.get("classifier_params", {}))
    chosen(values.get("strategies", []), 0, classifier)
    for name, params in values.get("strategy_params", {}).items():
        if not isinstance(params, Mapping):
            raise InputError(f"strategy_params are settings by generator, got {params!r} for {name!r}")
        GENERATORS[name].from_params(params)
    if values.get("generator") or values.get("generator_params"):
        GENERATORS[values.get("generator", "wgan")].from_params(values.get("generator_params", {}))
    searched = {key[7:]: values[key] for key in ("search_workers", "search_objective") if key in values}
    from_params(SearchSettings, searched)
    space_of(values.get("generator", "wgan"), values.get("search_space", {}))
    resolve(values.get("registry", ""))
    deployment_settings(values.get("deploy_params", {}))
    if values.get("storage_uri"):
        check_storage_uri(cluster_address(values["storage_uri"], "", "name", "1"))


_Check = Callable[[Mapping[str, Any]], None]
_OWN: dict[str, tuple[Mapping[str, tuple[float, float, str]], _Check]] = {
    **{name: (image_checks.LIMITS, partial(image_checks.check_images, name)) for name in image_checks.PIPELINES},
    degradation_checks.PIPELINE: (degradation_checks.LIMITS, degradation_checks.check_degradation),
}
"""The limits and checks that pipelines of images and signals have of their own."""
