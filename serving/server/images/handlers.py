"""What V1 and V2 have in common: read, look, count, log, answer; all but the counting on a thread."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from serving.server.images.batches import Batch
from serving.server.images.model import Found, ImageModel
from serving.server.kinds import Content, Context


@dataclass(frozen=True)
class Asked:
    """A request as it was read; answer: from what was found to what is sent."""

    batch: Batch
    answer: Callable[[Found], Content]
    protocol: str
    request_id: str | None = None


class Looking:
    """One served version over one protocol; a subclass reads the requests."""

    def __init__(self, model: ImageModel, context: Context) -> None:
        self._model, self._limits, self._log, self._work = model, context.limits, context.log, context.work

    def __call__(self, headers: Mapping[bytes, bytes], body: bytes) -> Awaitable[Content]:
        """The answer, once it is there."""
        return self._answer(headers, body)

    def read(self, headers: Mapping[bytes, bytes], body: bytes) -> Asked:
        """The request; a Refusal for one that is not accepted."""
        raise NotImplementedError

    async def _answer(self, headers: Mapping[bytes, bytes], body: bytes) -> Content:
        content, found, entry = await self._work.do(lambda: self._look(headers, body))
        self._model.took(found)
        if self._log is not None and entry is not None:
            self._log.add(self._model, *entry)
        return content

    def _look(self, headers: Mapping[bytes, bytes], body: bytes) -> tuple[Content, Found, Any]:
        asked = self.read(headers, body)
        found = self._model.look(asked.batch)
        entry = None
        if self._log is not None:
            entry = asked.protocol, asked.request_id, asked.batch.log(), self.predictions(found)
        return asked.answer(found), found, entry

    def predictions(self, found: Found) -> list[dict[str, Any]]:
        """Of each image its label, the label's probability, every class's, and that of a defect."""
        names, told = self._model.classes, []
        for at, label in enumerate(self._model.labels(found.codes)):
            one: dict[str, Any] = {"label": label, "probability": found.confidence[at]}
            one["probabilities"] = dict(zip(names, found.probabilities[at], strict=True))
            if found.defect is not None:
                one["defect_probability"] = found.defect[at]
            told.append(one)
        return told
