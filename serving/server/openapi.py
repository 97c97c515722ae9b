"""The OpenAPI 3.1 description of the paths that are served now, with each model's own inputs."""

from collections.abc import Mapping

from serving.server.kinds import Served
from serving.server.schemas import STRINGS, Json, object_of


def openapi(models: Mapping[str, Served]) -> Json:
    """GET /openapi.json."""
    paths: Json = {path: {"get": _get(about)} for path, about in _GENERAL.items()}
    paths["/metrics"] = {"get": _operation("Prometheus metrics", {"200": _text("Metrics")})}
    for model in models.values():
        paths |= _of_model(model)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rarefault model server", "version": "1"},
        "paths": paths,
        "components": {"schemas": {"Error": object_of({"error": {"type": "string"}})}},
    }


_GENERAL = {
    "/": "What is served",
    "/healthz": "Alive",
    "/openapi.json": "This description",
    "/v1/models": "Names of the models",
    "/v2": "The server and its extensions",
    "/v2/models": "Names of the models",
    "/v2/health/live": "Alive",
    "/v2/health/ready": "Every model can be asked",
}


def _of_model(model: Served) -> Json:
    base, schemas = f"/v2/models/{model.name}", model.kind.schemas(model)
    paths: Json = {
        f"/v1/models/{model.name}": {"get": _get("Whether the model can be asked")},
        f"/v1/models/{model.name}:predict": {"post": _post("Score", schemas.instances, schemas.predictions)},
    }
    for path in (base, f"{base}/versions/{model.version}"):
        paths |= {
            path: {"get": _get("The model's tensors")},
            f"{path}/ready": {"get": _get("Whether the model can be asked")},
            f"{path}/infer": {"post": _post("Score tensors", schemas.tensors, schemas.outputs)},
        }
    return paths


def _get(about: str) -> Json:
    return _operation(about, {"200": _json(about, {"type": "object"}), "503": _json("Not ready", {"type": "object"})})


def _post(about: str, body: Json, answer: Json) -> Json:
    refused = {
        408: "Too slow",
        413: "Too large",
        415: "Media type not accepted",
        429: "Too many requests are waiting",
        503: "Not ready",
    }
    scored = _json("Scored", answer)
    scored["content"]["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    answers = {"200": scored} | {str(status): _error(reason) for status, reason in refused.items()}
    request = {"required": True, "content": {"application/json": {"schema": body}}}
    return _operation(about, answers) | {"requestBody": request}


def _operation(about: str, answers: Json) -> Json:
    common = {"400": _error("Request not accepted"), "404": _error("Unknown"), "405": _error("Method not accepted")}
    return {"summary": about, "responses": answers | common}


def _json(about: str, schema: Json) -> Json:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _text(about: str) -> Json:
    return {"description": about, "content": {"text/plain": {"schema": STRINGS}}}


def _error(about: str) -> Json:
    return _json(about, {"$ref": "#/components/schemas/Error"})
