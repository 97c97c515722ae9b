"""What V1 and V2 have in common: read, judge, count, log, answer; all but the counting on a thread."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.server.kinds import Content, Context
from serving.server.refusals import Refusal, bad
from serving.server.vibration.model import Found, Instance, VibrationModel
from serving.vibration.machine import OutOfOrder, Place
from serving.vibration.snapshots import BadSnapshot
from serving.vibration.stores import StoreError


@dataclass(frozen=True)
class Asked:
    """A request as it was read; answer: from what was found to what is sent."""

    instances: Sequence[Instance]
    answer: Callable[[Found], Content]
    protocol: str
    request_id: str | None = None


class Judging:
    """One served version over one protocol; a subclass reads the requests."""

    def __init__(self, model: VibrationModel, context: Context) -> None:
        self._model, self._limits, self._log = model, context.limits, context.log
        self._store, self._work = context.states.store, context.states.work

    def __call__(self, headers: Mapping[bytes, bytes], body: bytes) -> Awaitable[Content]:
        """The answer, once it is there."""
        return self._answer(headers, body)

    def read(self, headers: Mapping[bytes, bytes], body: bytes) -> Asked:
        """The request; a Refusal for one that is not accepted."""
        raise NotImplementedError

    async def _answer(self, headers: Mapping[bytes, bytes], body: bytes) -> Content:
        content, found, entry = await self._work.do(lambda: self._judge(headers, body))
        self._model.took(found)
        if self._log is not None and entry is not None:
            self._log.add(self._model, *entry)
        return content

    def _judge(self, headers: Mapping[bytes, bytes], body: bytes) -> tuple[Content, Found, Any]:
        asked = self.read(headers, body)
        try:
            found = self._model.judge(asked.instances, self._store)
        except BadSnapshot as problem:
            raise bad(str(problem)) from None
        except OutOfOrder as problem:
            raise Refusal(409, f"{problem}; nothing of this request was counted") from None
        except StoreError as problem:
            reason = f"the states of machines cannot be reached ({problem})"
            again = "send it again: a snapshot with a sequence or time is counted once"
            raise Refusal(503, f"{reason}; {again}", ((b"retry-after", b"1"),)) from None
        entry = None
        if self._log is not None:
            told = [logged(one) for one in asked.instances]
            entry = asked.protocol, asked.request_id, told, predictions(found)
        return asked.answer(found), found, entry


def logged(one: Instance) -> dict[str, Any]:
    """What the request log tells of a snapshot: never its samples."""
    sent = {"machine": one.machine, "sequence": one.sequence, "time": one.time, "samples": one.snapshot.size}
    return {name: value for name, value in sent.items() if value is not None}


def predictions(found: Found) -> list[dict[str, Any]]:
    """The answer to each snapshot."""
    told = []
    for machine, verdict in zip(found.machines, found.verdicts, strict=True):
        one: dict[str, Any] = {"machine": machine, **_place(verdict.place)}
        one |= {"indicator": verdict.indicator, "degree": verdict.degree, "state": verdict.state}
        one |= {"onset": verdict.onset, "since": _where(verdict.since), "alarm": _where(verdict.alarm)}
        told.append(one | {"filled": verdict.filled, "warnings": list(verdict.warnings)})
    return told


def _where(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else _place(place)


def _place(place: Place) -> dict[str, Any]:
    return {name: value for name, value in place._asdict().items() if value is not None}
