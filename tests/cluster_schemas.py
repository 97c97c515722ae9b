"""What an API server refuses: unknown fields and wrong values, by the schemas of the cluster the manifests go to."""

import json
from functools import cache

import jsonschema
import kubernetes_validate

KUBERNETES = "1.34"
FILES = {
    "ClusterStorageContainer": "clusterstoragecontainer-serving.kserve.io-v1alpha1.json",
    "InferenceService": "inferenceservice-serving.kserve.io-v1beta1.json",
    "Pipeline": "pipeline-pipelines.kubeflow.org-v2beta1.json",
    "PipelineVersion": "pipelineversion-pipelines.kubeflow.org-v2beta1.json",
    "ScheduledWorkflow": "scheduledworkflow-kubeflow.org-v1beta1.json",
    "ServingRuntime": "servingruntime-serving.kserve.io-v1alpha1.json",
}
CORE = ("v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1")


def _text(**more):
    return {"type": "string", "minLength": 1, **more}


def _fields(needed, **properties):
    return {"type": "object", "properties": properties, "required": needed.split(), "additionalProperties": False}


_LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
_DURATION = _text(pattern=r"^(\d+(ms|[smhdwy]))+$")
_SELECTOR = _fields(
    "",
    matchLabels=_LABELS,
    matchExpressions={
        "type": "array",
        "items": _fields("key operator", key=_text(), operator=_text(), values={"type": "array"}),
    },
)
MONITORING = {  # the fields of the Prometheus operator's kinds that are used here, closed
    "PodMonitor": _fields(
        "selector podMetricsEndpoints",
        selector=_SELECTOR,
        podTargetLabels={"type": "array", "items": _text()},
        podMetricsEndpoints={
            "type": "array",
            "items": _fields("port path interval", port=_text(), path=_text(pattern="^/"), interval=_DURATION),
        },
    ),
    "PrometheusRule": _fields(
        "groups",
        groups={
            "type": "array",
            "items": _fields(
                "name rules",
                name=_text(),
                interval=_DURATION,
                rules={
                    "type": "array",
                    "items": {
                        **_fields(
                            "expr",
                            alert=_text(),
                            record=_text(),
                            expr=_text(),
                            labels=_LABELS,
                            annotations=_LABELS,
                            **{"for": _DURATION},
                        ),
                        "oneOf": [{"required": ["alert"]}, {"required": ["record"]}],
                    },
                },
            ),
        },
    ),
}


class RefusedError(ValueError):
    """An object that a cluster would not take."""


def closed(schema):
    """The same schema, refusing fields it does not name wherever the API server would drop them."""
    done = dict(schema)
    done["properties"] = {name: closed(part) for name, part in schema.get("properties", {}).items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            done[key] = closed(schema[key])
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-embedded-resource")
    if schema.get("type") == "object" and "additionalProperties" not in schema and not open_ended:
        done["additionalProperties"] = False
    return done


@cache
def _validator(path):
    strict = closed(json.loads(path.read_text()))
    strict["properties"]["metadata"] = {"type": "object", "required": ["name"]}
    return jsonschema.Draft202012Validator(strict)


def check(part, folder):
    """Raise RefusedError for an object with unknown fields or wrong values, or of a kind that has no schema here."""
    kind = part["kind"]
    if part["apiVersion"] in CORE:
        try:
            kubernetes_validate.validate(part, KUBERNETES, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as problem:
            raise RefusedError(f"{kind} {part['metadata']['name']}: {problem}") from problem
        return
    if kind in FILES:
        problems = _validator(folder / FILES[kind]).iter_errors(part)
    elif kind in MONITORING:
        problems = jsonschema.Draft202012Validator(MONITORING[kind]).iter_errors(part["spec"])
    else:
        raise RefusedError(f"no schema for {kind}")
    for problem in problems:
        raise RefusedError(f"{kind} {part['metadata']['name']}: {problem.message}")
