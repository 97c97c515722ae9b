"""What differs between models of table rows, of images and of vibration."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from serving.model_folder import AnyFolder, ModelFolder
from serving.server.answers import Answer
from serving.server.limits import Limits
from serving.server.states import States
from serving.server.work import Work

if TYPE_CHECKING:
    from serving.server.request_log import RequestLog

Json = dict[str, Any]
Content = bytes | Answer
Handler = Callable[[Mapping[bytes, bytes], bytes], Content | Awaitable[Content]]
"""From a request's headers and body to its answer, or to one that takes a while."""


class Served(Protocol):
    """What all models have."""

    name: str
    version: str

    @property
    def kind(self) -> "Kind":
        """How it is asked and described."""
        ...


@dataclass(frozen=True)
class Context:
    """What the handlers of a model share with those of the others."""

    limits: Limits
    log: "RequestLog | None"
    work: Work
    states: States


@dataclass(frozen=True)
class Schemas:
    """JSON schemas: the bodies of V1 and V2 requests and of their answers."""

    instances: Json
    predictions: Json
    tensors: Json
    outputs: Json


@dataclass(frozen=True)
class Kind:
    """Functions of a model of one kind.

    handlers: of V1 and V2; summary: its entry in GET /; metadata: GET /v2/models/NAME; counts: what was seen, by family
    and label; drift: how many recent rows or images were counted, and the index of each feature; machines: of models of
    vibration, the gauges by metric and machine.
    """

    handlers: Callable[[Any, Context], tuple[Handler, Handler]]
    summary: Callable[[Any], Json]
    metadata: Callable[[Any], Json]
    schemas: Callable[[Any], Schemas]
    counts: Callable[[Any], dict[tuple[str, str], float]]
    drift: Callable[[Any], tuple[float, dict[str, float]]]
    machines: Callable[[Any], dict[str, dict[str, float]]] | None = None


def open_model(folder: AnyFolder, name: str, missing: str) -> Served:
    """The model of a folder under the name it is served with."""
    if isinstance(folder, ModelFolder):
        from serving.server.model import Model

        return Model(folder, name, missing)
    from serving.model_folder.images import ImageFolder  # whoever serves tables alone does without

    if isinstance(folder, ImageFolder):
        from serving.server.images.model import ImageModel

        return ImageModel(folder, name)
    from serving.server.vibration.model import VibrationModel

    return VibrationModel(folder, name)
