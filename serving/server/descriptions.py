"""What the server says of itself and of its models."""

from collections.abc import Mapping
from typing import Any

from serving.server.kinds import Served

SERVER = {"name": "rarefault", "version": "1", "extensions": ["binary_tensor_data"]}
"""GET /v2."""


def description(models: Mapping[str, Served]) -> dict[str, Any]:
    """GET /: what is served, and where to read on."""
    return {
        "status": "alive",
        "server": SERVER["name"],
        "models": [
            {
                "name": name,
                "version": model.version,
                **model.kind.summary(model),
                "predict": f"/v1/models/{name}:predict",
                "infer": f"/v2/models/{name}/infer",
            }
            for name, model in models.items()
        ],
        "see": ["/v1/models", "/v2", "/metrics", "/openapi.json"],
    }
