"""The API server's checks: the schemas of KServe's kinds with unknown fields refused, and those of the core kinds."""

import json
import os
from functools import cache
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest

_FILES = {
    "InferenceService": "inferenceservice-serving.kserve.io-v1beta1.json",
    "ServingRuntime": "servingruntime-serving.kserve.io-v1alpha1.json",
}


def closed(schema):
    """The same schema, refusing fields it does not name wherever the API server would drop them."""
    done = dict(schema)
    done["properties"] = {name: closed(part) for name, part in schema.get("properties", {}).items()}
    if "items" in schema:
        done["items"] = closed(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        done["additionalProperties"] = closed(schema["additionalProperties"])
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource")
    if schema.get("type") == "object" and "additionalProperties" not in schema and not open_ended:
        done["additionalProperties"] = False
    return done


@cache
def validator(path):
    schema = json.loads(path.read_text())
    strict = closed(schema)
    strict["properties"]["metadata"] = {"type": "object", "required": ["name"]}  # the API server knows its fields
    return jsonschema.Draft202012Validator(strict)


class RefusedError(ValueError):
    """An object that a cluster would not take."""


class ApiServer:
    """Refuses what a cluster would refuse."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self, thing) -> None:
        """Raise RefusedError for an object with unknown fields or wrong values; a kind without a schema here passes."""
        if thing["kind"] in _FILES:
            for problem in validator(self.folder / _FILES[thing["kind"]]).iter_errors(thing):
                raise RefusedError(problem.message)
        elif thing["apiVersion"] == "networking.k8s.io/v1":
            try:
                kubernetes_validate.validate(thing, "1.32", strict=True)
            except kubernetes_validate.ValidationError as problem:
                raise RefusedError(problem.message) from problem


@pytest.fixture(scope="session")
def api_server():
    """Needs KServe's schemas, in the folder named by RAREFAULT_SCHEMAS, else in k8s/ beside RAREFAULT_DATA."""
    data = os.environ.get("RAREFAULT_DATA", "")
    folder = Path(os.environ.get("RAREFAULT_SCHEMAS") or (Path(data).parent / "k8s" if data else "no-schemas"))
    if folder.is_dir():
        return ApiServer(folder)
    reason = f"NOT CHECKED AGAINST KSERVE'S SCHEMAS: {folder} is no folder; name it with RAREFAULT_SCHEMAS"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)
