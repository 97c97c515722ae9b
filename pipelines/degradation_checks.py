"""Parameters of the pipeline degradation that can be refused before anything starts."""

from collections.abc import Mapping
from typing import Any

from rarefault.errors import InputError

PIPELINE = "degradation"
LIMITS: dict[str, tuple[float, float, str]] = {
    "rate": (0, 1e9, "a number of samples a second, or 0 where the files say it"),
    "window": (2, 100_000, "a whole number >= 2"),
    "slide": (1, 100_000, "a whole number >= 1"),
    "confidence": (0.5, 0.999_999, "a share from 0.5 to 0.999999"),
    "held_out": (0.01, 0.5, "a share from 0.01 to 0.5"),
    "max_false_alarms": (0, 1, "a share from 0 to 1"),
    "max_delay": (0, 1_000_000, "a whole number >= 0"),
}
_OBJECTIVE = "healthy-spread"


def check_degradation(values: Mapping[str, Any]) -> None:
    """Raise InputError or ValueError for indicators, settings and searches that no signals could make good."""
    from rarefault.degradation import INDICATORS
    from rarefault.registry.address import resolve
    from rarefault.steps.degradation_training import assessment_settings
    from serving.deployment import all_settings, cluster_address
    from serving.kubernetes import check_storage_uri

    given = {"indicator": "vae", "window": 25, "slide": 1, "confidence": 0.999, **values}
    for name in [given["indicator"], *given.get("rivals", [])]:
        if name not in INDICATORS:
            raise InputError(f"unknown indicator {name!r}; known indicators: {', '.join(sorted(INDICATORS))}")
    if given["slide"] > given["window"]:
        raise InputError(f"slide is {given['slide']}; accepted: at most the window's {given['window']} snapshots")
    INDICATORS[given["indicator"]].from_params(given.get("indicator_params", {}))
    assessment_settings(given["window"], given["slide"], given["confidence"], given.get("assessment_params", {}))
    _check_search(given)
    resolve(given.get("registry", ""))
    all_settings(given.get("deploy_params", {}))
    if given.get("storage_uri"):
        check_storage_uri(cluster_address(given["storage_uri"], "", "name", "1"))


def _check_search(given: Mapping[str, Any]) -> None:
    from rarefault.settings import from_params
    from rarefault.tuning.search import SIGNAL_OBJECTIVES, SearchSettings
    from rarefault.tuning.spaces import space_of

    objective = given.get("search_objective", _OBJECTIVE)
    if objective not in SIGNAL_OBJECTIVES:
        raise InputError(
            f"unknown search objective {objective!r}; known search objectives: {', '.join(SIGNAL_OBJECTIVES)}"
        )
    workers = {"workers": given["search_workers"]} if "search_workers" in given else {}
    from_params(SearchSettings, {"generator": given["indicator"], "objective": objective, **workers})
    space_of(given["indicator"], given.get("search_space", {}))
