"""What the server says of itself and of its models."""

from collections.abc import Mapping
from typing import Any

from serving.server.model import Model

SERVER = {"name": "rarefault", "version": "1", "extensions": ["binary_tensor_data"]}
"""GET /v2."""


def description(models: Mapping[str, Model]) -> dict[str, Any]:
    """GET /: what is served, and where to read on."""
    return {
        "status": "alive",
        "server": SERVER["name"],
        "models": [
            {
                "name": name,
                "version": model.version,
                "features": model.schema.width,
                "predict": f"/v1/models/{name}:predict",
                "infer": f"/v2/models/{name}/infer",
            }
            for name, model in models.items()
        ],
        "see": ["/v1/models", "/v2", "/metrics", "/openapi.json"],
    }


def metadata(model: Model) -> dict[str, Any]:
    """GET /v2/models/NAME: the tensors, and the features with their units and training ranges."""
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": "rarefault",
        "inputs": _inputs(model),
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
            {"name": "probability", "datatype": "FP64", "shape": [-1]},
        ],
        "parameters": {
            "classifier": model.classifier,
            "threshold": model.threshold,
            "labels": {"positive": model.positive, "negative": model.negative},
            "features": [_feature(feature) for feature in model.features],
            "created": model.created,
        },
    }


def _inputs(model: Model) -> list[dict[str, Any]]:
    if not model.schema.levels:
        return [{"name": "input-0", "datatype": "FP64", "shape": [-1, model.schema.width]}]
    return [
        {"name": name, "datatype": "BYTES" if at in model.schema.levels else "FP64", "shape": [-1]}
        for at, name in enumerate(model.schema.names)
    ]


def _feature(feature: Any) -> dict[str, Any]:
    facts = {"name": feature.name, "unit": feature.unit, "kind": feature.kind}
    if feature.levels:
        return facts | {"levels": list(feature.levels)}
    return facts | {"low": feature.low, "high": feature.high}
