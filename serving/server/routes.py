"""Which path leads where: a table of exact paths, made anew whenever a model changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from orjson import dumps

from serving.server.answers import Answer
from serving.server.descriptions import SERVER, description
from serving.server.kinds import Context, Handler, Served
from serving.server.metrics import Metrics, Traffic
from serving.server.openapi import openapi
from serving.server.refusals import Refusal, listed, shown


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a path; only `method` is accepted there (GET includes HEAD)."""

    method: str
    handler: Handler
    traffic: Traffic
    binary: Traffic


Routes = dict[str, Route]


@dataclass(frozen=True)
class State:
    """What the routes tell of: the served models, those that could not be read, and whether requests are accepted.

    waiting: models whose store of machine states cannot be reached.
    """

    models: Mapping[str, Served]
    broken: Mapping[str, str]
    draining: bool = False
    waiting: frozenset[str] = frozenset()

    @property
    def ready(self) -> bool:
        """Whether every model can be asked."""
        return bool(self.models) and not self.broken and not self.draining and not self.waiting


def routes_of(state: State, metrics: Metrics, context: Context) -> Routes:
    """Every path that is answered in this state."""
    routes = _general(state, metrics)
    for model in state.models.values():
        routes |= _of_model(model, state, metrics, context)
    for name, reason in state.broken.items():
        if name not in state.models:
            routes |= _of_broken(name, reason, metrics)
    return routes


def _get(answer: bytes | Answer, traffic: Traffic) -> Route:
    return Route("GET", lambda headers, body: answer, traffic, traffic)


def _general(state: State, metrics: Metrics) -> Routes:
    traffic = metrics.traffic("", "other")
    names = dumps({"models": sorted({*state.models, *state.broken})})
    live, ready = dumps({"live": True}), _when(state.ready, {"ready": state.ready})
    routes = {
        "/": _get(dumps(description(state.models)), traffic),
        "/healthz": _get(live, traffic),
        "/v1/models": _get(names, traffic),
        "/v2": _get(dumps(SERVER), traffic),
        "/v2/": _get(dumps(SERVER), traffic),
        "/v2/models": _get(names, traffic),
        "/v2/health/live": _get(live, traffic),
        "/v2/health/ready": _get(ready, traffic),
        "/openapi.json": Route("GET", lambda headers, body: dumps(openapi(state.models)), traffic, traffic),
    }
    routes["/metrics"] = Route(
        "GET", lambda headers, body: Answer(metrics.text(state.models, state.ready), 200, _METRICS), traffic, traffic
    )
    return routes


_METRICS = b"text/plain; version=0.0.4; charset=utf-8"


def _of_model(model: Served, state: State, metrics: Metrics, context: Context) -> Routes:
    v1, v2 = metrics.traffic(model.name, "v1"), metrics.traffic(model.name, "v2")
    binary = metrics.traffic(model.name, "v2-binary")
    open_ = not state.draining and model.name not in state.waiting
    predict, infer = model.kind.handlers(model, context)
    ready = _get(_when(open_, {"name": model.name, "ready": open_}), v2)
    about = _get(dumps(model.kind.metadata(model)), v2)
    routes = {
        f"/v1/models/{model.name}": _get(_when(open_, {"name": model.name, "ready": open_}), v1),
        f"/v1/models/{model.name}:predict": Route("POST", predict, v1, v1),
    }
    for path in (f"/v2/models/{model.name}", f"/v2/models/{model.name}/versions/{model.version}"):
        routes |= {path: about, f"{path}/ready": ready, f"{path}/infer": Route("POST", infer, v2, binary)}
    return routes


def _of_broken(name: str, reason: str, metrics: Metrics) -> Routes:
    traffic = metrics.traffic(name, "v1")
    not_ready = _get(_when(False, {"name": name, "ready": False}), traffic)

    def refuse(headers: Mapping[bytes, bytes], body: bytes) -> bytes:
        raise Refusal(503, f"model {shown(name)} is not ready: {reason}")

    routes = dict.fromkeys((f"/v1/models/{name}", f"/v2/models/{name}", f"/v2/models/{name}/ready"), not_ready)
    for path in (f"/v1/models/{name}:predict", f"/v2/models/{name}/infer"):
        routes[path] = Route("POST", refuse, traffic, traffic)
    return routes


def _when(ready: bool, answer: dict[str, object]) -> bytes | Answer:
    return dumps(answer) if ready else Answer(dumps(answer), 503)


def unknown_path(path: str, state: State) -> Refusal:
    """The 404 that says which part of the path is unknown."""
    parts = path.split("/")
    if path.startswith(("/v1/models/", "/v2/models/")):
        name = parts[3].partition(":")[0] if parts[1] == "v1" else parts[3]
        model = state.models.get(name)
        if model is None:
            return Refusal(404, f"model {shown(name)} is not served; served: {listed(sorted(state.models))}")
        if len(parts) > 5 and parts[4] == "versions" and parts[5] != model.version:
            served = shown(model.version)
            return Refusal(404, f"version {shown(parts[5])} of model {shown(name)} is not served; served: {served}")
    return Refusal(404, f"nothing is at {shown(path)}; /openapi.json lists what there is")
