"""One function per pipeline step: paths in, paths out, numbers returned."""

from importlib import import_module
from typing import Any

_MODULES = {
    "ingest": "ingestion",
    "ingest_images": "image_ingestion",
    "ingest_signals": "signal_ingestion",
    "preprocess": "preprocessing",
    "find_generator": "generator_registry",
    "load_generator": "generator_registry",
    "register_generator": "generator_registry",
    "plan_search": "generator_training",
    "search_generator": "generator_training",
    "train_gan": "generator_training",
    "evaluate_generator": "generator_evaluation",
    "synthesize": "synthesis",
    "kmeans_filter": "synthesis",
    "train_classifier": "classifier_training",
    "evaluate": "evaluation",
    "register": "registration",
    "gather": "gathering",
    "monitor": "monitoring",
    "decide": "monitoring",
    "report": "reporting",
    "report_failure": "failure",
    "report_generator": "reporting",
    "report_retraining": "retraining_report",
    "find_image_settings": "image_generation",
    "train_gan_images": "image_generation",
    "synthesize_images": "image_generation",
    "compare_augmentations": "image_comparison",
    "judge_images": "image_quality",
    "classify_images": "image_classification",
    "evaluate_inspector": "image_evaluation",
    "register_image_generators": "image_registration",
    "register_inspector": "image_registration",
    "find_indicator_settings": "degradation_training",
    "train_indicator": "degradation_training",
    "fit_threshold": "degradation_training",
    "assess_life": "degradation_assessment",
    "evaluate_degradation": "degradation_evaluation",
    "register_degradation": "degradation_registration",
    "report_degradation": "degradation_reporting",
    "report_augmentation": "image_reporting",
    "report_translation": "image_reporting",
}


def __getattr__(name: str) -> Any:
    """Import a step when it is first asked for, so that no step pays for another's imports."""
    if name not in _MODULES:
        raise AttributeError(f"no step {name!r}; steps: {', '.join(_MODULES)}")
    return getattr(import_module(f"rarefault.steps.{_MODULES[name]}"), name)
