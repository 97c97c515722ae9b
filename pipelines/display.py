"""The progress display: steps and what they count, with time left; plain lines where there is no terminal."""

import json
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_EVERY = 0.2


class Display:
    """Follows the progress file of a run in a thread of its own."""

    def __init__(self, events: Path, title: str, resumed: bool = False) -> None:
        self.console = Console(file=sys.stderr, highlight=False)  # the stream as it is now: it is redirected later
        self.events, self.title, self.resumed = events, title, resumed
        self._read, self._failures = 0, []  # type: int, list[dict[str, Any]]
        self._tasks: dict[str, TaskID] = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._handlers = {
            "started": self._started,
            "progress": self._advanced,
            "finished": self._finished,
            "failed": self._failed,
        }
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
        )

    def __enter__(self) -> Self:
        self.console.print(f"{self.title}: {'going on where it stopped' if self.resumed else 'started'}")
        if self.console.is_terminal:
            self._progress.start()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._take()
        if self.console.is_terminal:
            self._progress.stop()

    def failure(self) -> dict[str, Any] | None:
        """The first step that failed and was not tried again with success: step, message, input (bool)."""
        self._take()
        return self._failures[0] if self._failures else None

    def _follow(self) -> None:
        while not self._stop.wait(_EVERY):
            self._take()

    def _take(self) -> None:
        with self._lock:
            for event in self._new_events():
                self._handlers[event["event"]](event)

    def _new_events(self) -> list[dict[str, Any]]:
        if not self.events.exists():
            return []
        with self.events.open("rb") as file:
            file.seek(self._read)
            block = file.read()
        whole = block[: block.rfind(b"\n") + 1]
        self._read += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def _started(self, event: dict[str, Any]) -> None:
        step = event["step"]
        self._failures = [failure for failure in self._failures if failure["step"] != step]
        if self.console.is_terminal:
            self._tasks[step] = self._progress.add_task(step, total=None, unit="")
        else:
            self.console.print(f"{_clock()} {step} ...")

    def _advanced(self, event: dict[str, Any]) -> None:
        task = self._tasks.get(event["step"])
        if task is not None:
            self._progress.update(task, completed=event["done"], total=event["total"], unit=f"{event['unit']}s")

    def _finished(self, event: dict[str, Any]) -> None:
        step, task = event["step"], self._tasks.get(event["step"])
        if task is not None:
            total = self._progress.tasks[self._progress.task_ids.index(task)].total or 1
            self._progress.update(task, completed=total, total=total)
            self._progress.stop_task(task)
        if not self.console.is_terminal:
            self.console.print(f"{_clock()} {step} done in {event['seconds']:.1f} s")

    def _failed(self, event: dict[str, Any]) -> None:
        self._failures.append(event)
        if not self.console.is_terminal:
            self.console.print(f"{_clock()} {event['step']} failed")


def _clock() -> str:
    return time.strftime("%H:%M:%S")
