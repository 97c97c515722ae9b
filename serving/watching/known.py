"""What the lines of the journal say, put together: the states of the machines and the files that were dealt with."""

import time
from collections import Counter
from typing import Any

from serving.vibration.machine import Arrival, Machine
from serving.vibration.rule import DegreeRule
from serving.vibration.stores import Kept
from serving.watching.checkpoint import Checkpoint


class Known:
    """told: of each machine when it was seen last and its last answer; counts: files by what became of them."""

    def __init__(self, checkpoint: Checkpoint, rule: DegreeRule) -> None:
        self.checkpoint, self._rule = checkpoint, rule
        self.told: dict[str, tuple[float, bytes]] = {}
        self.counts: Counter[str] = Counter()
        for name, state in checkpoint.machines.items():
            self._tell(name, Machine(name, rule, state.encode()).kept())

    def machine(self, name: str) -> Machine:
        """A machine as it is known; a new one where it is not."""
        state = self.checkpoint.machines.get(name)
        return Machine(name, self._rule, None if state is None else state.encode())

    def apply(self, line: dict[str, Any]) -> None:
        """Know what a line says; lines of other programs say nothing."""
        event, checkpoint = line.get("event"), self.checkpoint
        if event == "watching":
            checkpoint.model = line["key"]
        elif event == "mended":
            checkpoint.machines.pop(line["machine"], None)
            self.told.pop(line["machine"], None)
        elif event in ("snapshot", "alarm", "refused"):
            checkpoint.files[line["file"]] = [line["size"], line["changed_ns"], line["fingerprint"]]
            self.counts["refused" if event == "refused" else "counted"] += 1
            if event != "refused":
                checkpoint.last[line["machine"]] = [line["file"], line["changed_ns"]]
                self._push(line["machine"], line["indicator"], line["fingerprint"], line["warnings"])

    def _push(self, name: str, indicator: float, fingerprint: str, warnings: list[str]) -> None:
        machine = self.machine(name)
        machine.count(Arrival(name, indicator, fingerprint, warnings=tuple(warnings)))
        kept = machine.kept()
        self.checkpoint.machines[name] = kept.state.decode()
        self._tell(name, kept)

    def _tell(self, name: str, kept: Kept) -> None:
        self.told[name] = (time.time(), kept.told)

    def forget(self, there: list[tuple[str, str]], most: int) -> None:
        """Forget files that were taken away, once they are more than `most`: if one comes back, it is late.

        there: folder and name of each file that is there. Not those of a folder of which no file is there: it may be
        away for a moment.
        """
        files = self.checkpoint.files
        if len(files) <= most + 2 * len(there):
            return
        names, folders = {name for _, name in there}, {folder for folder, _ in there}
        for name in [name for name in files if name not in names and name.rpartition("/")[0] in folders]:
            del files[name]
