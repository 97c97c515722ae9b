"""A new degradation model against the champion: on healthy snapshots that neither learned from, and on the lives."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError
from rarefault.steps.record import read_json

FEWEST = 10
"""Fewer healthy snapshots say too little."""
TRAINED_ON, HELD_OUT = "trained_on.npy", "held_out.npz"
"""In a registered model's folder: fingerprints of what it learned from, and what its like said of held-out ones."""


@dataclass(frozen=True)
class Challenge:
    """Challenger and champion, version `champion`, on `snapshots` healthy snapshots that neither learned from.

    The shares of false alarms are None where there is nothing to compare on, and `reason` then says why; onsets has,
    for each machine, where both find the onset on the whole life (None: nowhere).
    """

    champion: int
    snapshots: int
    reason: str = ""
    challenger_false_alarms: float | None = None
    champion_false_alarms: float | None = None
    onsets: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def fingerprints(snapshots: np.ndarray) -> np.ndarray:
    """A 64-bit fingerprint of each snapshot (n, c, t); (n,) uint64."""
    found = [blake2b(np.ascontiguousarray(one).tobytes(), digest_size=8).digest() for one in snapshots]
    return np.frombuffer(b"".join(found), dtype=np.uint64) if found else np.empty(0, np.uint64)


def challenge(
    folder: Path, number: int, signals: SignalSet, held_out: Mapping[str, np.ndarray], onsets: Mapping[str, int | None]
) -> Challenge:
    """Compare with the champion in `folder`, version `number`.

    held_out: `rows` of signals that were kept from a model of the challenger's kind, and whether it called them
    `beyond` its threshold; onsets: where the challenger finds them, by machine.
    """
    rival = DegradationModel.load(folder)
    try:
        lives = rival.assess(signals)
    except InputError as problem:
        return Challenge(number, 0, f"the champion, version {number}, takes other signals: {problem}")
    pairs = [
        {"machine": name, "challenger": onsets[name], "champion": None if found.onset is None else found.onset.first}
        for name, found in lives.items()
    ]
    beyond, fair = _of_rival(folder, rival, signals, held_out["rows"])
    if int(fair.sum()) < FEWEST:
        reason = (
            f"the champion, version {number}, learned from all but {int(fair.sum())} of the held-out healthy "
            f"snapshots, fewer than the {FEWEST} that a fair comparison takes; promote it by hand if it is to replace "
            "that one"
        )
        return Challenge(number, int(fair.sum()), reason, onsets=pairs)
    ours = float(held_out["beyond"][fair].mean())
    return Challenge(number, int(fair.sum()), "", ours, float(beyond[fair].mean()), pairs)


def _of_rival(
    folder: Path, rival: DegradationModel, signals: SignalSet, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which held-out snapshots the champion calls beyond its threshold, and which are fair to it.

    On the same held-out snapshots its own evaluation counts, which kept them from a model of its kind; on others, what
    it says of those that it did not learn from.
    """
    keys = fingerprints(signals.snapshots[rows])
    with np.load(folder / HELD_OUT, allow_pickle=False) as before:
        known = dict(zip(before["keys"].tolist(), before["beyond"].tolist(), strict=True))
    if known and all(key in known for key in keys.tolist()):
        return np.array([known[key] for key in keys.tolist()], dtype=bool), np.ones(len(keys), dtype=bool)
    unseen = ~np.isin(keys, np.load(folder / TRAINED_ON, allow_pickle=False))
    values = rival.indicator.indicate(signals.snapshots[rows]) if len(rows) else np.empty(0)
    return values > rival.assessment.threshold, unseen


def judge_challenge(found: Challenge, tolerance: float, max_delay: int) -> tuple[bool, str]:
    """Whether the challenger may take the champion's place, and the sentence that says why."""
    if found.reason or found.challenger_false_alarms is None or found.champion_false_alarms is None:
        return False, f"It stays challenger: {found.reason}."
    ours, theirs = found.challenger_false_alarms, found.champion_false_alarms
    said = (
        f"{100 * ours:.1f} % of {found.snapshots} held-out healthy snapshots lie beyond its threshold, "
        f"{100 * theirs:.1f} % beyond that of the champion, version {found.champion}"
    )
    if ours > theirs + tolerance:
        return False, f"It stays challenger: {said}, and the tolerance is {tolerance:g}."
    late = [pair for pair in found.onsets if _is_late(pair, max_delay)]
    if late:
        where = "nowhere" if late[0]["challenger"] is None else f"at snapshot {late[0]['challenger']}"
        return False, (
            f"It stays challenger: on {late[0]['machine']} it finds the onset {where}, the champion, version "
            f"{found.champion}, at snapshot {late[0]['champion']}; at most {max_delay} later is accepted."
        )
    return True, f"It becomes champion: {said}, and it finds no onset more than {max_delay} snapshots later."


def _is_late(pair: Mapping[str, Any], max_delay: int) -> bool:
    ours, theirs = pair["challenger"], pair["champion"]
    return theirs is not None and (ours is None or ours > theirs + max_delay)


def read_held_out(evaluation: str) -> dict[str, np.ndarray]:
    """What the evaluation step kept of the held-out snapshots: `rows`, `keys` and `beyond`."""
    with np.load(Path(evaluation) / HELD_OUT, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def onsets_of(evaluation: str) -> dict[str, int | None]:
    """Where the evaluated model finds the onset, by machine."""
    machines = read_json(Path(evaluation) / "evaluation.json")["machines"]
    return {machine["name"]: machine["onset"] for machine in machines}
