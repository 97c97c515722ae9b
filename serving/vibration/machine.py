"""One machine: what is remembered of it from one snapshot to the next, and what a snapshot of it is answered.

A snapshot that was counted already, known by its sequence number or time and its samples, gets its first answer again
and changes nothing: whoever did not hear an answer may ask again. One that is older than the last is refused: a window
of snapshots in another order is another window.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from orjson import dumps, loads

from serving.vibration.stores import Kept

REMEMBERED = 32
"""Snapshots of a machine whose answers are kept, to be given again; also the most of a request."""
MACHINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
"""The id of a machine."""
TRIAL = "rarefault-trial"
"""The machine of requests that try a server; it has no metrics."""
MACHINE_SAYS = "1 to 100 letters, digits, '.', '_', ':' and '-', the first a letter or digit"


class OutOfOrder(ValueError):  # noqa: N818  # it names what the snapshot is
    """A snapshot that cannot be counted where it stands; one line that says why."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A snapshot that came in.

    indicator: what the model made of its samples, which fingerprint tells from others; sequence and time (seconds): its
    place among those of its machine, None where it was not told; reset: the machine was mended and begins anew.
    """

    machine: str
    indicator: float
    fingerprint: str
    sequence: int | None = None
    time: float | None = None
    reset: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule makes of an indicator and those before it.

    onset: whether damage is held to have begun; since and alarm: the snapshots, counted from 0, at which it began and
    at which that was certain; filled: how many snapshots the window holds.
    """

    degree: float
    state: str
    onset: bool
    since: int | None
    alarm: int | None
    filled: int


class Rule(Protocol):
    """The judgement of indicators in a stream."""

    @property
    def k(self) -> int:
        """The length of its window."""
        ...

    def push(self, state: Any, indicator: float) -> tuple[Judged, Any]:
        """Judge one more indicator of a machine; state: what the last push returned, None at the beginning."""
        ...


class Place(NamedTuple):
    """A snapshot's place: its number, counted from 0, and what its sender told of it."""

    snapshot: int
    sequence: int | None = None
    time: float | None = None


class Verdict(NamedTuple):
    """What one snapshot is answered."""

    place: Place
    indicator: float
    degree: float
    state: str
    onset: bool
    since: Place | None
    alarm: Place | None
    filled: int
    warnings: tuple[str, ...] = ()

    def told(self) -> bytes:
        """What the metrics tell of it."""
        return dumps([self.indicator, self.degree, self.state, self.onset])

    def plain(self) -> tuple[Any, ...]:
        """Values that JSON holds, which `of` reads."""
        places = [None if one is None else tuple(one) for one in (self.place, self.since, self.alarm)]
        return (places[0], *self[1:5], places[1], places[2], *self[7:])

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Verdict":
        """Read what JSON made of one."""
        place, indicator, degree, state, onset, since, alarm, filled, warnings = values
        found = [None if one is None else Place(*one) for one in (since, alarm)]
        return cls(Place(*place), indicator, degree, state, onset, found[0], found[1], filled, tuple(warnings))


class Machine:
    """A machine of a model; content: what `kept` gave, None for one not seen before."""

    def __init__(self, name: str, rule: Rule, content: bytes | None) -> None:
        self.name, self._rule = name, rule
        self._n, self._state = 0, None
        self._recent: list[Any] = []  # [fingerprint, verdict] of the last snapshots, as JSON holds them
        self._marks: dict[str, Any] = {}
        if content is not None:
            self._n, self._state, self._recent, self._marks = loads(content)

    def count(self, arrival: Arrival) -> tuple[Verdict, bool]:
        """The answer to a snapshot, and whether it is new; raises OutOfOrder."""
        before = self._before(arrival)
        if before is not None:
            return before, False
        if arrival.reset:
            self._n, self._state, self._recent, self._marks = 0, None, [], {}
        self._check_order(arrival)
        place = Place(self._n, arrival.sequence, arrival.time)
        judged, self._state = self._rule.push(self._state, arrival.indicator)
        verdict = Verdict(
            place,
            arrival.indicator,
            judged.degree,
            judged.state,
            judged.onset,
            self._mark("since", judged.since, place),
            self._mark("alarm", judged.alarm, place),
            judged.filled,
            arrival.warnings,
        )
        self._n += 1
        self._recent.append((arrival.fingerprint, verdict.plain()))
        self._recent = self._recent[-max(REMEMBERED, self._rule.k) :]
        return verdict, True

    def knows(self, fingerprint: str) -> bool:
        """Whether one of the last snapshots had these samples."""
        return any(known == fingerprint for known, _ in self._recent)

    def kept(self) -> Kept:
        """All that the next snapshot needs; of a machine of which one was counted."""
        told = Verdict.of(self._recent[-1][1]).told()
        return Kept(dumps((self._n, self._state, self._recent, self._marks)), told)

    def _before(self, arrival: Arrival) -> Verdict | None:
        """The first answer to this snapshot, if it was counted."""
        wanted = (arrival.sequence, arrival.time)
        if wanted == (None, None):
            return None
        for fingerprint, verdict in reversed(self._recent):
            if fingerprint == arrival.fingerprint and tuple(verdict[0][1:]) == wanted:
                return Verdict.of(verdict)
        return None

    def _check_order(self, arrival: Arrival) -> None:
        for at, name in ((1, "sequence"), (2, "time")):
            value = getattr(arrival, name)
            last = next((place[at] for place in self._places() if place[at] is not None), None)
            if value is None or last is None or value > last:
                continue
            what = f"{name} {value} of machine {self.name!r}"
            if value == last:
                raise OutOfOrder(f"{what} was another snapshot; each needs a {name} of its own")
            raise OutOfOrder(f"{what} is before {last}, which was counted; snapshots are taken in order")

    def _places(self) -> Iterator[Any]:
        return (verdict[0] for _, verdict in reversed(self._recent))

    def _mark(self, name: str, at: int | None, now: Place) -> Place | None:
        """The place of snapshot `at`, remembered for as long as it is told."""
        if at is None:
            self._marks.pop(name, None)
            return None
        if name not in self._marks or self._marks[name][0] != at:
            known = (place for place in (now, *self._places()) if place[0] == at)
            self._marks[name] = tuple(next(known, Place(at)))
        return Place(*self._marks[name])
