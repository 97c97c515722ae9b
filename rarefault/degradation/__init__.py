"""Degradation of machines from vibration: health indicators that learn from healthy snapshots, and what they mean.

To add an indicator, write a subclass of `rarefault.degradation.indicator.HealthIndicator` and one line in INDICATORS.
"""

import json
from pathlib import Path

from rarefault.degradation.indicator import HealthIndicator
from rarefault.errors import InputError
from rarefault.registries import LazyRegistry

INDICATORS: LazyRegistry[HealthIndicator] = LazyRegistry(
    "health indicator",
    {
        "vae": "rarefault.degradation.vae:VAE",
        "rms": "rarefault.degradation.baselines.rms:RMS",
        "kurtosis": "rarefault.degradation.baselines.kurtosis:Kurtosis",
        "related-similarity": "rarefault.degradation.baselines.related_similarity:RelatedSimilarity",
        "som-mqe": "rarefault.degradation.baselines.som_mqe:SOM",
        "pca-residual": "rarefault.degradation.baselines.pca_residual:PCAResidual",
        "isolation-forest": "rarefault.degradation.baselines.isolation_forest:IsolationForest",
    },
)


def load_indicator(folder: str | Path) -> HealthIndicator:
    """Load whichever health indicator was saved in `folder`; raises InputError when there is none."""
    try:
        model = json.loads((Path(folder) / "model.json").read_text())
    except FileNotFoundError:
        raise InputError(f"{folder} holds no model.json; expected a folder written by an indicator's save") from None
    if model.get("kind") != "health-indicator":
        raise InputError(f"{folder} holds a {model.get('kind')!r} model, expected a health indicator")
    return INDICATORS[model["name"]].load(folder)


__all__ = ["INDICATORS", "HealthIndicator", "load_indicator"]
