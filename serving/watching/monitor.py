"""The monitor: files are found, waited for, judged, put into the journal, and never looked at again.

A snapshot counts when its line is in the journal. What the lines say is applied to the states of the machines by the
same function whether a line was just written or is read again after the program was ended, by whatever: so nothing is
lost or counted twice. The checkpoint only spares reading the journal from its beginning.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from rarefault.datasets.signals.listing import natural
from rarefault.datasets.signals.recording import UnusableError
from rarefault.errors import InputError
from serving.vibration.machine import Arrival, Machine, Place, Verdict
from serving.vibration.rule import STATES
from serving.vibration.stores import Kept
from serving.watching.checkpoint import Checkpoint, held
from serving.watching.folder import File, Settling, files_in
from serving.watching.journal import Journal
from serving.watching.judge import Judge

ORDERS = ("name", "time")
_MOST_UNSAVED, _MOST_GONE = 1000, 10_000

Progress = Callable[[int, int], None]


class Monitor:
    """Watches folder `root`; out: the journal; settle: seconds without change after which a file is complete.

    order: of the files of a machine, "name" (2 before 10) or "time" of their last change. told: of each machine when it
    was seen last and its last answer; counts: of files by what became of them; say: gets a line for a person.
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
        self._known = Checkpoint(judge.key)
        self._unsaved = 0
        self._away: bool | None = None
        self.told: dict[str, tuple[float, bytes]] = {}
        self.counts: Counter[str] = Counter()
        self.waiting = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Go on where it was left, and keep where it is in the end; raises InputError."""
        with held(self._place.with_suffix(".lock")), self._writing():
            self._resume()
            yield
            self._save()

    def _resume(self) -> None:
        known = Checkpoint.read(self._place)
        self._journal.open()
        if known is None:
            known = Checkpoint("")
        elif known.journal > self._journal.end:  # it was moved away
            known.journal = self._journal.end
        self._known = known
        for line in self._journal.lines(known.journal):
            self._apply(line)
        if not self._known.model:
            self._write({"event": "watching", "model": self.judge.name, "key": self.judge.key})
        if self._known.model != self.judge.key:
            raise InputError(
                f"{self._journal.path} is of another model, whose indicators are other numbers; accepted: another --out"
            )
        for name, state in self._known.machines.items():
            self._tell(name, Machine(name, self.judge.rule, state.encode()).kept())

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
        if machine not in self._known.machines:
            known = ", ".join(sorted(self._known.machines)[:8]) or "none yet"
            raise InputError(f"machine {machine!r} was not seen; accepted: {known}")
        with self._writing():
            self._write({"event": "mended", "machine": machine})

    def _due(self) -> list[File]:
        """New and changed files that are complete, those of a machine in their order, none before its turn."""
        now, wall, found = time.monotonic(), time.time(), []
        files = self._files()
        pending = [file for file in files if self._known.files.get(file.name, [])[:2] != [file.size, file.changed]]
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

    def _files(self) -> list[File]:
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
        self._forget(found)
        return found

    def _forget(self, there: list[File]) -> None:
        """Forget files that were taken away, once they are many: if one comes back, it is late.

        Not those of a machine of which no file is there: its folder may be away for a moment.
        """
        known = self._known.files
        if len(known) <= _MOST_GONE + 2 * len(there):
            return
        names = {file.name for file in there}
        folders = {file.name.rpartition("/")[0] for file in there}
        gone = [name for name in known if name not in names and name.rpartition("/")[0] in folders]
        for name in gone:
            del known[name]

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
        known = self._known.files.get(file.name)
        if known is not None and known[2] == arrival.fingerprint:  # only its time changed
            self._known.files[file.name] = [file.size, file.changed, arrival.fingerprint]
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
        last = self._known.last.get(file.machine)
        if last is None:
            return ""
        if self._machine(file.machine).knows(arrival.fingerprint):
            return "the same samples as another of its machine"
        if self._key(file.name, file.changed) <= self._key(*last):
            return f"late: {last[0]}, which comes after it by {self._order}, was counted"
        return ""

    def _machine(self, name: str) -> Machine:
        state = self._known.machines.get(name)
        return Machine(name, self.judge.rule, None if state is None else state.encode())

    def _count(self, file: File, arrival: Arrival) -> None:
        before = self._known.machines.get(file.machine)
        verdict, _ = self._machine(file.machine).count(arrival)
        event = (
            "alarm" if _is_alarm(verdict, self.told.get(file.machine) if before is not None else None) else "snapshot"
        )
        self._write(
            {
                "event": event,
                "machine": file.machine,
                **_place("snapshot", verdict.place),
                "indicator": verdict.indicator,
                "degree": verdict.degree,
                "state": verdict.state,
                "onset": verdict.onset,
                **_place("since", verdict.since),
                **_place("alarm", verdict.alarm),
                "filled": verdict.filled,
                "warnings": list(verdict.warnings),
                **self._of(file, arrival.fingerprint),
            }
        )
        if event == "alarm":
            self._say(_alarm(file, verdict))

    def _refuse(self, file: File, reason: str) -> None:
        self._write({"event": "refused", "machine": file.machine, "reason": reason, **self._of(file, "")})
        self._say(f"{file.name} refused: {reason}")

    @staticmethod
    def _of(file: File, fingerprint: str) -> dict[str, Any]:
        changed = datetime.fromtimestamp(file.changed / 1e9, UTC).isoformat(timespec="milliseconds")
        told = {"file": file.name, "changed": changed, "size": file.size, "changed_ns": file.changed}
        return {**told, "fingerprint": fingerprint}

    def _write(self, line: dict[str, Any]) -> None:
        self._journal.append({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **line})
        self._apply(line)
        self._unsaved += 1
        if self._unsaved >= max(_MOST_UNSAVED, len(self._known.files) // 10):
            self._save()

    def _apply(self, line: dict[str, Any]) -> None:
        """Know what a line of the journal says."""
        event, known = line.get("event"), self._known
        if event == "watching":
            known.model = line["key"]
        elif event == "mended":
            known.machines.pop(line["machine"], None)
            self.told.pop(line["machine"], None)
        elif event in ("snapshot", "alarm", "refused"):
            name, changed, fingerprint = line["file"], line["changed_ns"], line["fingerprint"]
            known.files[name] = [line["size"], changed, fingerprint]
            self.counts["refused" if event == "refused" else "counted"] += 1
            if event != "refused":
                known.last[line["machine"]] = [name, changed]
                self._push(line["machine"], line["indicator"], fingerprint, line["warnings"])

    def _push(self, name: str, indicator: float, fingerprint: str, warnings: list[str]) -> None:
        machine = self._machine(name)
        machine.count(Arrival(name, indicator, fingerprint, warnings=tuple(warnings)))
        kept = machine.kept()
        self._known.machines[name] = kept.state.decode()
        self._tell(name, kept)

    def _tell(self, name: str, kept: Kept) -> None:
        self.told[name] = (time.time(), kept.told)

    def _save(self) -> None:
        self._known.journal = self._journal.end
        self._known.write(self._place)
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


def _is_alarm(verdict: Verdict, before: tuple[float, bytes] | None) -> bool:
    """Whether a snapshot tells something new to worry about: the onset, or a worse state than the one before."""
    if not verdict.onset:
        return False
    if verdict.alarm == verdict.place:
        return True
    from orjson import loads

    return before is not None and STATES.index(verdict.state) > STATES.index(loads(before[1])[2])


def _alarm(file: File, verdict: Verdict) -> str:
    since = "" if verdict.since is None else f" since its snapshot {verdict.since.snapshot}"
    return f"ALARM {file.machine}: worn{since}, {verdict.state}, degree {verdict.degree:.3f} ({file.name})"


def _place(name: str, place: Place | None) -> dict[str, Any]:
    return {name: None if place is None else place.snapshot}
