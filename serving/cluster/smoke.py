"""Requests to a model that was just deployed, whose answers have to be the registered predictions."""

import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import urllib3

from serving.cluster.errors import RolloutError
from serving.model_folder.folder import TOLERANCE

_SECONDS = 10.0
_PAUSE = 0.5
_FEWEST_TRIES = 4
_ERRORS_IN_A_ROW = 3
_DESCRIPTIONS = 3


@dataclass(frozen=True)
class Case:
    """A V1 instance (a row by feature name, an image in base64, a snapshot), and what the registered model says of it.

    probability: as the answer gives it, or a snapshot's indicator, whose label is the state; tolerance: by how much the
    answer may differ.
    """

    row: dict[str, Any]
    probability: float
    label: str
    tolerance: float = TOLERANCE


@dataclass(frozen=True)
class Place:
    """Where to ask.

    url: the service's, canary's or gateway's address; host: the name by which a gateway knows the service, else empty;
    shared: whether other versions answer there too.
    """

    url: str
    host: str = ""
    shared: bool = False


@dataclass(frozen=True)
class _Answer:
    version: str = ""
    probability: float = 0.0
    label: str = ""
    error: str = ""


class Smoke:
    """Asks a served model for the instances of `cases`; `name` is the name under which it is served."""

    def __init__(self, name: str, cases: Sequence[Case], say: Callable[[str], None] = lambda line: None) -> None:
        if not cases:
            raise ValueError("at least one row is needed to try a deployed model")
        self._name, self._cases, self._say = name, list(cases), say
        self._pool = urllib3.PoolManager(retries=False, timeout=_SECONDS)
        self.requests = 0

    def until_right(self, where: Callable[[], Place | str], version: str, seconds: float) -> Place:
        """Ask until every row was answered by `version`, one after the other; where it was asked.

        where gives the place, or why there is none yet. In a shared place the answers of other versions are passed
        over, elsewhere they mean that the version is not there yet. Raises RolloutError when an answer of `version` is
        not the registered prediction, and when `seconds` are over.
        """
        return self._until(where, version, seconds, self._round)

    def until_served(self, where: Callable[[], Place | str], version: str, seconds: float) -> Place:
        """Ask until the model's description names `version`, several times in a row; raises RolloutError after that."""
        return self._until(where, version, seconds, self._described)

    def _until(
        self, where: Callable[[], Place | str], version: str, seconds: float, check: Callable[[Place, str, float], str]
    ) -> Place:
        deadline, last = time.monotonic() + seconds, ""
        for attempt in itertools.count(1):
            place = where()
            why = place if isinstance(place, str) else check(place, version, deadline)
            if not why and isinstance(place, Place):
                return place
            if why != last:
                self._say(f"waiting: {why}")
            last = why
            if attempt >= _FEWEST_TRIES and time.monotonic() > deadline:
                raise RolloutError(f"version {version} does not answer after {seconds:g} s: {last}")
            time.sleep(_PAUSE)
        raise AssertionError("unreachable: the loop has no end")

    def watch(self, place: Place, version: str, seconds: float) -> None:
        """Go on asking for a while; raises RolloutError for a wrong answer and for several errors in a row."""
        deadline, errors = time.monotonic() + seconds, 0
        for case in itertools.cycle(self._cases):
            if time.monotonic() >= deadline:
                return
            answer = self._ask(place, case)
            errors = errors + 1 if answer.error else 0
            if errors >= _ERRORS_IN_A_ROW:
                raise RolloutError(f"version {version} failed {errors} requests in a row: {answer.error}")
            if not answer.error and answer.version == version:
                _compare(case, answer, version)
            time.sleep(min(_PAUSE, max(deadline - time.monotonic(), 0)))

    def _round(self, place: Place, version: str, deadline: float) -> str:
        """Ask for every row; empty when `version` answered them all, else what was in the way."""
        for case in self._cases:
            while True:
                answer = self._ask(place, case)
                if answer.version == version and not answer.error:
                    _compare(case, answer, version)
                    break
                why = answer.error or f"version {answer.version} still answers"
                if not place.shared or time.monotonic() > deadline:
                    return why
                time.sleep(0.01)
        return ""

    def _described(self, place: Place, version: str, deadline: float) -> str:
        """Empty when the model's description named `version` every time, else what was in the way."""
        for _ in range(_DESCRIPTIONS):
            body, error = self._request("GET", place, f"/v2/models/{self._name}", None)
            if error:
                return error
            found = _versions(body)
            if found != [version]:
                return f"version {', '.join(found) or 'unknown'} still answers"
        return ""

    def _ask(self, place: Place, case: Case) -> _Answer:
        body, error = self._request("POST", place, f"/v1/models/{self._name}:predict", {"instances": [case.row]})
        return _Answer(error=error) if error else _read(body)

    def _request(self, method: str, place: Place, path: str, values: Any) -> tuple[bytes, str]:
        """The body of an answer, or what went wrong."""
        self.requests += 1
        headers = {"Content-Type": "application/json", "Connection": "close"}  # every replica gets its turn
        if place.host:
            headers["Host"] = place.host
        body = None if values is None else json.dumps(values).encode()
        try:
            response = self._pool.request(method, place.url.rstrip("/") + path, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as problem:
            return b"", f"{place.url}: {' '.join(str(problem).split())[:200]}"
        finally:
            self._pool.clear()  # a server that closes without saying so would be asked once more
        if response.status != 200:
            said = " ".join(response.data[:200].decode("utf-8", "replace").split())
            return b"", f"{place.url}: HTTP {response.status} {said}"
        return response.data, ""


def _read(body: bytes) -> _Answer:
    try:
        found: Any = json.loads(body)
        [prediction] = found["predictions"]
        value, label = ("indicator", "state") if "indicator" in prediction else ("probability", "label")
        return _Answer(str(found["model_version"]), float(prediction[value]), str(prediction[label]))
    except (ValueError, TypeError, KeyError):
        return _Answer(error=f"an answer of another kind: {body[:200]!r}")


def _versions(body: bytes) -> list[str]:
    try:
        return [str(version) for version in json.loads(body)["versions"]]
    except (ValueError, TypeError, KeyError):
        return []


def _compare(case: Case, answer: _Answer, version: str) -> None:
    if answer.label != case.label or not abs(answer.probability - case.probability) <= case.tolerance:
        raise RolloutError(
            f"version {version} answers {answer.label!r} with {answer.probability:.6f} where {case.label!r} with "
            f"{case.probability:.6f} is registered"
        )
