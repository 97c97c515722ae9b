"""What came of every request, and figures of it: rate, errors, percentiles, second by second."""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np


class Recorder:
    """Grows by one entry a request; 29 bytes each."""

    def __init__(self) -> None:
        self.due, self.late, self.latency = array("d"), array("f"), array("f")
        self.kind, self.status, self.right = array("B"), array("H"), array("B")

    def add(self, due: float, late: float, latency: float, kind: int, status: int, right: bool) -> None:
        """Times in seconds since the start (due) and seconds; latency from the sending to the whole answer."""
        self.due.append(due)
        self.late.append(late)
        self.latency.append(latency)
        self.kind.append(kind)
        self.status.append(status)
        self.right.append(right)

    def records(self) -> "Records":
        """What was recorded so far, as arrays."""
        return Records(
            np.array(self.due),
            np.array(self.late, dtype=float),
            np.array(self.latency, dtype=float),
            np.array(self.kind),
            np.array(self.status),
            np.array(self.right, dtype=bool),
        )


@dataclass(frozen=True)
class Records:
    """due: when each request was to be sent, s since the start; late: how much later it was sent, s; latency: s from
    the sending to the whole answer; kind: index into the profile's mix; status: HTTP, 0 without an answer;
    right: whether the answer was right. All (n,), in order of `due`.
    """

    due: np.ndarray
    late: np.ndarray
    latency: np.ndarray
    kind: np.ndarray
    status: np.ndarray
    right: np.ndarray

    def __len__(self) -> int:
        return len(self.due)

    @property
    def answered_at(self) -> np.ndarray:
        """When each answer was there, s since the start; (n,)."""
        return np.asarray(self.due + self.late + self.latency)

    def of(self, chosen: np.ndarray) -> "Records":
        """Those at the chosen positions, or where a mask is true."""
        return Records(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def answered_by(self, second: float) -> int:
        """Requests that had an answer, right or wrong, by then."""
        return int(((self.answered_at <= second) & (self.status > 0)).sum())

    def error_share(self) -> float:
        """Share of requests without a right answer; 1 when there was no request."""
        return float(1 - self.right.mean()) if len(self) else 1.0

    def milliseconds(self, q: float) -> float:
        """A percentile of the latencies in ms; an unanswered request counts with the time it was waited for."""
        return float(np.percentile(self.latency, q)) * 1000 if len(self) else float("nan")

    def save(self, file: Path) -> None:
        """Write them as .npz."""
        np.savez(file, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def load(cls, files: list[Path]) -> "Records":
        """The records of several processes as one, in order of time."""
        parts = [np.load(file, allow_pickle=False) for file in files]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in cls.__dataclass_fields__}
        order = np.argsort(joined["due"], kind="stable")
        return cls(**{name: values[order] for name, values in joined.items()})


def over_time(records: Records, seconds: float, width: float) -> dict[str, np.ndarray]:
    """Slices of `width` seconds: their middles, answers/s, errors/s and p50, p95, p99 in ms (NaN without any)."""
    n = max(1, int(np.ceil(seconds / width)))
    at = np.minimum((records.answered_at / width).astype(int), n - 1)
    series = {"second": (np.arange(n) + 0.5) * width}
    series["rate"] = np.bincount(at, records.status > 0, n) / width
    series["errors"] = np.bincount(at, ~records.right, n) / width
    percentiles = np.full((3, n), np.nan)
    order = np.argsort(at, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(at[order])) + 1) if len(records) else ():
        percentiles[:, at[part[0]]] = np.percentile(records.latency[part], [50, 95, 99]) * 1000
    return series | dict(zip(("p50", "p95", "p99"), percentiles, strict=True))
