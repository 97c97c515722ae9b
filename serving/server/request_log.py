"""The request log: rows and answers, queued without waiting and written by a thread of its own."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.server.events import batch_of
from serving.server.kinds import Served
from serving.server.metrics import Metrics
from serving.server.sinks import Sink, SinkError

MOST_ROWS = 10_000
"""Rows that may wait; a request beyond them is left out of the log and counted."""
_PAUSE = 0.05
_AT_ONCE = 64

Rows = Sequence[Any] | np.ndarray

_logger = logging.getLogger("rarefault.serving")


@dataclass(frozen=True, slots=True)
class Entry:
    """rows: the instances as sent (V1), or a matrix with levels as codes (V2); answers: a probability of a fault each.

    Of images, rows are their fingerprints and sizes, and answers the predictions as they are to be logged.
    """

    time: float
    model: Served
    protocol: str
    request_id: str | None
    rows: Rows
    answers: list[Any]


class RequestLog:
    """kind: json or cloudevents."""

    def __init__(self, kind: str, sink: Sink, metrics: Metrics) -> None:
        self._encode: Callable[[list[Entry]], list[bytes]] = batch_of(kind)
        self._sink, self._metrics = sink, metrics
        self._queue: deque[Entry] = deque()
        self._rows_in = self._rows_out = 0  # one writer each: no lock is needed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="request-log", daemon=True)

    def add(self, model: Served, protocol: str, request_id: str | None, rows: Rows, answers: list[Any]) -> None:
        """Queue one answered request, or drop and count it if too many wait; never blocks."""
        if self._rows_in - self._rows_out + len(answers) > MOST_ROWS:
            self._metrics.log_dropped += 1
            return
        self._rows_in += len(answers)
        self._queue.append(Entry(time.time(), model, protocol, request_id, rows, answers))

    def start(self) -> None:
        """Start writing."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Write what waits, for at most so long."""
        self._stopping.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.wait(_PAUSE):
            self._write_all()
        self._write_all()
        self._sink.close()

    def _write_all(self) -> None:
        while self._queue:
            entries = [self._queue.popleft() for _ in range(min(_AT_ONCE, len(self._queue)))]
            try:
                self._sink.write(self._encode(entries))
            except SinkError as problem:
                self._metrics.log_dropped += problem.lost
                _logger.warning("the request log lost %d requests: %s", problem.lost, problem)
            self._rows_out += sum(len(entry.answers) for entry in entries)
