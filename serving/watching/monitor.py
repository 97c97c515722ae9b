"""The monitor: files are found, waited for, judged, put into the journal, and never looked at again.

A snapshot counts when its line is in the journal. What the lines say is applied to the states of the machines by the
same function whether a line was just written or is read again after the program was ended, by whatever: so nothing is
lost or counted twice. The checkpoint only spares reading the journal from its beginning.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from rarefault.datasets.signals.listing import natural
from rarefault.datasets.signals.recording import UnusableError
from rarefault.errors import InputError
from serving.vibration.machine import Arrival
from serving.watching.checkpoint import Checkpoint, held
from serving.watching.folder import File, Settling, files_in
from serving.watching.journal import Journal
from serving.watching.judge import Judge
from serving.watching.known import Known
from serving.watching.lines import alarm, refused_line, snapshot_line, stamped

_MOST_UNSAVED, _MOST_GONE = 1000, 10_000

Progress = Callable[[int, int], None]


class Monitor:
    """Watches folder `root`; out: the journal; settle: seconds without change after which a file is complete.

    order: of the files of a machine, "name" (2 before 10) or "time" of their last change; say: gets a line for a
    person. waiting: how many files are not complete yet.
    """

    def __init__(
        self,
        root: Path,
        judge: Judge,
        out: Path,
        *,
        settle: float = 2.0,
        order: str = "name",
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.root, self.judge, self._order, self._say = root, judge, order, say
        self._journal, self._settling = Journal(out), Settling(settle)
        self._place = out.with_name(f"{out.name}.state")
        self._known = Known(Checkpoint(judge.key), judge.rule)
        self._unsaved = 0
        self._away: bool | None = None
        self.waiting = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Go on where it was left, and keep where it is in the end; raises InputError."""
        with held(self._place.with_suffix(".lock")), self._writing():
            self._resume()
            yield
            self._save()

    def _resume(self) -> None:
        checkpoint = Checkpoint.read(self._place)
        self._journal.open()
        if checkpoint is None:
            checkpoint = Checkpoint("")
        elif checkpoint.journal > self._journal.end:  # it was moved away
            checkpoint.journal = self._journal.end
        self._known = Known(checkpoint, self.judge.rule)
        for line in self._journal.lines(checkpoint.journal):
            self._known.apply(line)
        if not checkpoint.model:
            self._write({"event": "watching", "model": self.judge.name, "key": self.judge.key})
        if checkpoint.model != self.judge.key:
            raise InputError(
                f"{self._journal.path} is of another model, whose indicators are other numbers; accepted: another --out"
            )

    @property
    def told(self) -> dict[str, tuple[float, bytes]]:
        """Of each machine when it was seen last, and its last answer."""
        return self._known.told

    @property
    def counts(self) -> Counter[str]:
        """Files by what became of them."""
        return self._known.counts

    @property
    def _files(self) -> dict[str, list[Any]]:
        return self._known.checkpoint.files

    def look(self, progress: Progress | None = None, stop: Callable[[], bool] = lambda: False) -> int:
        """Deal with every file that is complete by now; how many there were. `waiting` are those that are not."""
        with self._writing():
            due = self._due()
            for done, file in enumerate(due):
                if stop():
                    break
                self._deal(file)
                if progress is not None:
                    progress(done + 1, len(due))
            if due:
                self._save()
        return len(due)

    def mended(self, machine: str) -> None:
        """Let a machine begin anew; raises InputError for one that was never seen."""
        if machine not in self._known.checkpoint.machines:
            known = ", ".join(sorted(self._known.checkpoint.machines)[:8]) or "none yet"
            raise InputError(f"machine {machine!r} was not seen; accepted: {known}")
        with self._writing():
            self._write({"event": "mended", "machine": machine})

    def _due(self) -> list[File]:
        """New and changed files that are complete, those of a machine in their order, none before its turn."""
        now, wall, found = time.monotonic(), time.time(), []
        known = self._files
        pending = [file for file in self._there() if known.get(file.name, [])[:2] != [file.size, file.changed]]
        self._settling.keep({file.name for file in pending})
        pending.sort(key=lambda file: (natural(file.machine), self._key(file.name, file.changed)))
        endless = 0
        complete = {file.name for file in pending if self._settling.settled(file, now, wall)}
        for _, own in groupby(pending, key=lambda file: file.machine):
            for file in own:
                if file.name in complete:
                    found.append(file)
                elif self._settling.endless(file, now):
                    endless += 1
                else:
                    break
        self.waiting = len(pending) - len(found) - endless
        return found

    def _there(self) -> list[File]:
        """The files that are there; none while a folder that could be read before cannot be."""
        try:
            found = list(files_in(self.root))
        except InputError as problem:
            if self._away is None:
                raise
            if not self._away:
                self._say(f"waiting: {problem}")
            self._away = True
            return []
        self._away = False
        self._known.forget([(file.name.rpartition("/")[0], file.name) for file in found], _MOST_GONE)
        return found

    def _key(self, name: str, changed: int) -> tuple[Any, ...]:
        return natural(name) if self._order == "name" else (changed, natural(name))

    def _deal(self, file: File) -> None:
        try:
            arrival = self.judge.arrival(file.path, file.machine)
        except UnusableError as problem:
            if self._same(file):
                self._refuse(file, str(problem))
            return
        if not self._same(file):  # it changed while it was read: it has not been complete
            return
        known = self._files.get(file.name)
        if known is not None and known[2] == arrival.fingerprint:  # only its time changed
            self._files[file.name] = [file.size, file.changed, arrival.fingerprint]
            return
        reason = self._too_late(file, arrival)
        if reason:
            self._refuse(file, reason)
        else:
            self._count(file, arrival)

    @staticmethod
    def _same(file: File) -> bool:
        try:
            found = file.path.stat()
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns) == (file.size, file.changed)

    def _too_late(self, file: File, arrival: Arrival) -> str:
        """Why a good snapshot cannot be counted, or empty."""
        last = self._known.checkpoint.last.get(file.machine)
        if last is None:
            return ""
        if self._known.machine(file.machine).knows(arrival.fingerprint):
            return "the same samples as another of its machine"
        if self._key(file.name, file.changed) <= self._key(*last):
            return f"late: {last[0]}, which comes after it by {self._order}, was counted"
        return ""

    def _count(self, file: File, arrival: Arrival) -> None:
        _, before = self._known.told.get(file.machine, (0.0, None))
        verdict, _ = self._known.machine(file.machine).count(arrival)
        line = snapshot_line(file, arrival.fingerprint, verdict, before)
        self._write(line)
        if line["event"] == "alarm":
            self._say(alarm(file, verdict))

    def _refuse(self, file: File, reason: str) -> None:
        self._write(refused_line(file, reason))
        self._say(f"{file.name} refused: {reason}")

    def _write(self, line: dict[str, Any]) -> None:
        self._journal.append(stamped(line))
        self._known.apply(line)
        self._unsaved += 1
        if self._unsaved >= max(_MOST_UNSAVED, len(self._files) // 10):
            self._save()

    def _save(self) -> None:
        checkpoint = self._known.checkpoint
        checkpoint.journal = self._journal.end
        checkpoint.write(self._place)
        self._unsaved = 0

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            where = problem.filename or self._journal.path
            raise InputError(
                f"{where} cannot be written or read ({problem.strerror}); mend it and start again"
            ) from problem
