"""The pipelines: how the components hang together."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

PIPELINES = {
    "fault-detection": "pipelines.fault_detection:fault_detection",
    "train-generator": "pipelines.train_generator:train_generator",
    "retrain": "pipelines.retrain:retrain",
    "defect-augmentation": "pipelines.defect_augmentation:defect_augmentation",
    "defect-translation": "pipelines.defect_translation:defect_translation",
    "degradation": "pipelines.degradation:degradation",
}


def get(name: str) -> Callable[..., Any]:
    """The pipeline called `name`; raises ValueError naming those that exist."""
    if name not in PIPELINES:
        raise ValueError(f"unknown pipeline {name!r}; known pipelines: {', '.join(PIPELINES)}")
    module, _, attribute = PIPELINES[name].partition(":")
    pipeline: Callable[..., Any] = getattr(import_module(module), attribute)
    return pipeline
