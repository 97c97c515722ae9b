"""Presets of the image pipelines: `quick` for minutes on two CPU cores, `paper` for the papers' settings on a GPU.

A preset is a plain dict of settings by part; whatever a run is given goes before it. `generators` and `inspectors`
hold settings by name, `fold_generators` and `fold_inspectors` what differs from these inside the inner folds.
"""

from collections.abc import Mapping
from typing import Any

from rarefault.errors import InputError

AUGMENTATION, TRANSLATION = "defect-augmentation", "defect-translation"

_QUICK_GAN = {"width": 0.125, "loops": 400, "batch": 32, "k_d": 1, "k_g": 1, "lr": 1e-3, "ema": 0.98}
_QUICK_TRANSLATOR = {"width": 0.25, "blocks": 3, "batch": 8}
_QUICK_DOMAINS = {
    **_QUICK_TRANSLATOR,
    "blocks": 2,
    "loops": 800,
    "warmup": 200,
    "n_critic": 1,
    "lr": 1e-3,
    "beta1": 0.5,
    "ema": 0.98,
    "lambda_cls_f": 2.0,
    "lambda_rec": 30.0,
}
_ONE_CYCLE = {"lr": 2e-3, "beta1": 0.9, "schedule": "one-cycle"}
_QUICK_INSPECTORS = {
    "table5-cnn": {**_ONE_CYCLE, "width": 0.5, "epochs": 8},
    "resnet18": {**_ONE_CYCLE, "width": 0.25, "epochs": 8},
    "mobilenet-v2": {**_ONE_CYCLE, "width": 0.25, "epochs": 8},
}
"""A tenth of the paper's epochs at ten times its rate, in narrow networks."""

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    AUGMENTATION: {
        "quick": {
            "image_size": 64,
            "channels": 1,
            "limit_per_class": {},
            "repeats": 5,
            "folds": 5,
            "fold_repeats": 1,
            "fid_draws": 10,
            "fid_images": 100,
            "generators": {"dcgan": _QUICK_GAN, "lsgan": _QUICK_GAN},
            "fold_generators": {"dcgan": {"loops": 160}, "lsgan": {"loops": 160}},
            "inspectors": _QUICK_INSPECTORS,
            "fold_inspectors": {},
        },
        "paper": {
            "image_size": 96,
            "channels": 3,
            "limit_per_class": {},
            "repeats": 10,
            "folds": 5,
            "fold_repeats": 2,
            "fid_draws": 10,
            "fid_images": 0,
            "generators": {},
            "fold_generators": {},
            "inspectors": {},
            "fold_inspectors": {},
        },
    },
    TRANSLATION: {
        "quick": {
            "image_size": 64,
            "channels": 1,
            "limit_per_class": {"*": 70},
            "times": 3.0,
            "repeats": 3,
            "folds": 5,
            "fold_repeats": 1,
            "fid_draws": 2,
            "fid_images": 40,
            "candidates": [],
            "generators": {
                "dcgan": {**_QUICK_GAN, "loops": 150},
                "lsgan": {**_QUICK_GAN, "loops": 150},
                "pegan": _QUICK_DOMAINS,
                "stargan": _QUICK_DOMAINS,
                "cyclegan": {**_QUICK_TRANSLATOR, "loops": 60},
            },
            "fold_generators": {"pegan": {"loops": 300}, "stargan": {"loops": 300}, "cyclegan": {"loops": 30}},
            "inspectors": {name: {**params, "epochs": 6} for name, params in _QUICK_INSPECTORS.items()},
            "fold_inspectors": {},
        },
        "paper": {
            "image_size": 64,
            "channels": 1,
            "limit_per_class": {},
            "times": 3.0,
            "repeats": 10,
            "folds": 5,
            "fold_repeats": 1,
            "fid_draws": 10,
            "fid_images": 0,
            "candidates": ["pegan", "stargan", "cyclegan", "dcgan", "lsgan"],
            "generators": {},
            "fold_generators": {},
            "inspectors": {},
            "fold_inspectors": {},
        },
    },
}
"""Pipeline -> preset -> settings.

times: generated images for each real one; fid_images: at most so many of a class are compared, 0: all; candidates: the
generators that the inner folds compare, none: the run's own.
"""


def preset(pipeline: str, name: str) -> Mapping[str, Any]:
    """The settings of a preset; raises InputError for a name that there is not."""
    known = PRESETS[pipeline]
    if name not in known:
        raise InputError(f"unknown preset {name!r}; known presets: {', '.join(known)}")
    return known[name]


def setting(pipeline: str, name: str, key: str, given: Any = None) -> Any:
    """What a run was given, or where that is empty (0, "", []) the preset's value."""
    return given or preset(pipeline, name)[key]


def params_of(
    pipeline: str, name: str, part: str, method: str, given: Mapping[str, Any], fold: bool = False
) -> dict[str, Any]:
    """Settings of a generator or an inspector (part: "generators" or "inspectors"): the preset's under those given.

    With `fold`, those that it has inside the inner folds. A preset's warm-up is at most a quarter of the loops.
    """
    chosen = preset(pipeline, name)
    inside = chosen[f"fold_{part}"].get(method, {}) if fold else {}
    under = {**chosen[part].get(method, {}), **inside}
    loops = given.get("loops", under.get("loops"))
    if "warmup" in under and isinstance(loops, (int, float)):
        under["warmup"] = min(under["warmup"], int(loops) // 4)
    return {**under, **given}
