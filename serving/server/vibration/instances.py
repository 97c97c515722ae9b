"""What is checked of a snapshot and of what is sent with it, over whichever protocol."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.server.refusals import bad, shown
from serving.server.vibration.model import Instance
from serving.vibration.machine import MACHINE, MACHINE_SAYS, REMEMBERED
from serving.vibration.snapshots import BadSnapshot, Form, check

_LARGEST = 1 << 53
"""Whole numbers up to here are told apart by every JSON reader."""


def check_counts(asked: int | Sequence[str], most: int) -> None:
    """A 400 for no snapshots, too many, and too many of one machine; asked: their number, or their machines."""
    n = asked if isinstance(asked, int) else len(asked)
    if n == 0:
        raise bad("there is no snapshot; at least one is needed")
    if n > most:
        raise bad(f"there are {n} snapshots; at most {most} are accepted in a request")
    if not isinstance(asked, int) and n > REMEMBERED:
        machine, own = Counter(asked).most_common(1)[0]
        if own > REMEMBERED:
            raise bad(
                f"there are {own} snapshots of machine {shown(machine)}; at most {REMEMBERED} of one are accepted"
            )


def instance(machine: Any, samples: np.ndarray, sent: Mapping[str, Any], form: Form, where: str) -> Instance:
    """A snapshot of samples (c, t) of any number type; sent: sequence, time, rate and reset, those that were told."""
    if type(machine) is not str or not MACHINE.fullmatch(machine):
        got = "nothing" if machine is None else shown(machine)
        raise bad(f"{where}: machine must be {MACHINE_SAYS}; got {got}")
    sequence, reset = _sequence(sent, where), _reset(sent, where)
    time, rate = _number(sent, "time", where), _number(sent, "rate", where)
    with np.errstate(over="ignore"):
        snapshot = samples.astype(np.float32)
    try:
        if rate is not None:
            form.check_rate(rate)
        return Instance(machine, snapshot, sequence, time, reset, check(snapshot, form))
    except BadSnapshot as problem:
        raise bad(f"{where}: the snapshot {problem}") from None


def _sequence(sent: Mapping[str, Any], where: str) -> int | None:
    value = sent.get("sequence")
    if value is not None and (type(value) is not int or abs(value) > _LARGEST):
        raise bad(f"{where}: sequence must be a whole number up to 2^53 that grows, got {shown(value)}")
    return value


def _number(sent: Mapping[str, Any], name: str, where: str) -> float | None:
    value = sent.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > 1e300:
        what = "seconds" if name == "time" else "Hz"
        raise bad(f"{where}: {name} must be a number of {what}, got {shown(value)}")
    return float(value)


def _reset(sent: Mapping[str, Any], where: str) -> bool:
    value = sent.get("reset", False)
    if type(value) is not bool:
        raise bad(f"{where}: reset must be true or false, got {shown(value)}")
    return value
