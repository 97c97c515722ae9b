"""Parameters of the image pipelines that can be refused before anything starts."""

from collections.abc import Mapping, Sequence
from typing import Any

from rarefault.errors import InputError
from rarefault.presets import AUGMENTATION, PRESETS, TRANSLATION, params_of

PIPELINES = (AUGMENTATION, TRANSLATION)
LIMITS: dict[str, tuple[float, float, str]] = {
    "repeats": (0, 100, "0 (the preset's) or a whole number from 2 to 100"),
    "folds": (0, 100, "0 (the preset's) or a whole number from 2 to 100"),
    "fold_repeats": (0, 100, "a whole number from 0 to 100 (0: the preset's)"),
    "times": (0, 100, "a number from 0 to 100 (0: the preset's)"),
    "fid_draws": (0, 1000, "a whole number from 0 to 1000 (0: the preset's)"),
    "min_score": (0, 1, "a number from 0 to 1"),
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    AUGMENTATION: {"generator": "dcgan", "inspector": "table5-cnn"},
    TRANSLATION: {
        "generator": "pegan",
        "generators": ["pegan", "stargan", "cyclegan", "dcgan", "lsgan"],
        "inspector": "resnet18",
        "inspectors": ["resnet18", "mobilenet-v2"],
    },
}


def check_images(pipeline: str, values: Mapping[str, Any]) -> None:
    """Raise InputError or ValueError for sizes, methods and settings that no images could make good."""
    given = {"preset": "quick", **_DEFAULTS[pipeline], **values}
    _check_sizes(given)
    _one_of("preset", [given["preset"]], PRESETS[pipeline])
    _check_generators(pipeline, given)
    _check_inspectors(pipeline, given)
    _check_search(given)


def _check_sizes(given: Mapping[str, Any]) -> None:
    size = given.get("image_size", 0)
    if size < 0 or size % 32 or size > 1024:
        raise InputError(f"image_size is {size}; accepted: a multiple of 32 up to 1024, or 0 for the preset's")
    if given.get("channels", 0) not in (0, 1, 3):
        raise InputError(f"channels is {given['channels']}; accepted: 1 (grey), 3 (RGB), or 0 for the preset's")
    for name in ("folds", "repeats"):
        if given.get(name, 0) == 1:  # one fold holds nothing back, and one repeat has no spread
            raise InputError(f"{name} is 1; accepted: {LIMITS[name][2]}")


def _one_of(what: str, names: Sequence[str], known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise InputError(f"unknown {what} {name!r}; known {what}s: {', '.join(sorted(known))}")


def _check_generators(pipeline: str, given: Mapping[str, Any]) -> None:
    from rarefault.datasets.images.classical import METHODS
    from rarefault.generators.image import IMAGE_GENERATORS
    from rarefault.steps.image_comparison import chosen_recipes

    _one_of("image generator", [given["generator"], *given.get("generators", [])], IMAGE_GENERATORS)
    if pipeline == AUGMENTATION and IMAGE_GENERATORS[given["generator"]].translates:
        raise InputError(
            f"{given['generator']} translates images; accepted: a generator that draws from noise (dcgan, lsgan), or "
            f"the pipeline {TRANSLATION}"
        )
    if pipeline == TRANSLATION and given["generator"] not in given["generators"]:
        raise InputError(f"generator {given['generator']!r} is not among generators {given['generators']}")
    _one_of("classical method", given.get("classical", []), METHODS)
    chosen_recipes(pipeline, given["preset"], given["generator"], given.get("strategies", []), given.get("times", 0.0))
    named = {given["generator"]: given.get("generator_params", {}), **given.get("strategy_params", {})}
    for name, params in named.items():
        _one_of("image generator", [name], IMAGE_GENERATORS)
        if not isinstance(params, Mapping):
            raise InputError(f"strategy_params are settings by generator, got {params!r} for {name!r}")
        IMAGE_GENERATORS[name].from_params(params_of(pipeline, given["preset"], "generators", name, params))


def _check_inspectors(pipeline: str, given: Mapping[str, Any]) -> None:
    from rarefault.classifiers.image import IMAGE_CLASSIFIERS, Inspector

    names = [given["inspector"], *given.get("inspectors", [])]
    _one_of("inspector", names, IMAGE_CLASSIFIERS)
    for name in names:
        params = params_of(pipeline, given["preset"], "inspectors", name, given.get("inspector_params", {}))
        Inspector.from_params({**params, "network": name})


def _check_search(given: Mapping[str, Any]) -> None:
    from rarefault.registry.address import resolve
    from rarefault.settings import from_params
    from rarefault.tuning.search import IMAGE_OBJECTIVES, IMAGES, SearchSettings
    from rarefault.tuning.spaces import space_of
    from serving.deployment import all_settings, cluster_address
    from serving.kubernetes import check_storage_uri

    _one_of("search objective", [given.get("search_objective", IMAGES)], dict.fromkeys(IMAGE_OBJECTIVES))
    workers = {"workers": given["search_workers"]} if "search_workers" in given else {}
    from_params(SearchSettings, {"generator": given["generator"], **workers})
    space_of(given["generator"], given.get("search_space", {}))
    resolve(given.get("registry", ""))
    all_settings(given.get("deploy_params", {}))
    if given.get("storage_uri"):
        check_storage_uri(cluster_address(given["storage_uri"], "", "name", "1"))
