"""The lines of the journal, and what a person is told of them."""

from datetime import UTC, datetime
from typing import Any

from orjson import loads

from serving.vibration.machine import Place, Verdict
from serving.vibration.rule import STATES
from serving.watching.folder import File


def snapshot_line(file: File, fingerprint: str, verdict: Verdict, before: bytes | None) -> dict[str, Any]:
    """Of a snapshot that is counted; before: what was told of the machine's last one."""
    return {
        "event": "alarm" if _is_alarm(verdict, before) else "snapshot",
        "machine": file.machine,
        "snapshot": verdict.place.snapshot,
        "indicator": verdict.indicator,
        "degree": verdict.degree,
        "state": verdict.state,
        "onset": verdict.onset,
        "since": _number(verdict.since),
        "alarm": _number(verdict.alarm),
        "filled": verdict.filled,
        "warnings": list(verdict.warnings),
        **_of(file, fingerprint),
    }


def refused_line(file: File, reason: str) -> dict[str, Any]:
    """Of a file that is set aside."""
    return {"event": "refused", "machine": file.machine, "reason": reason, **_of(file, "")}


def stamped(line: dict[str, Any]) -> dict[str, Any]:
    """The line with the time now."""
    return {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **line}


def alarm(file: File, verdict: Verdict) -> str:
    """For a person."""
    since = "" if verdict.since is None else f" since its snapshot {verdict.since.snapshot}"
    return f"ALARM {file.machine}: worn{since}, {verdict.state}, degree {verdict.degree:.3f} ({file.name})"


def _is_alarm(verdict: Verdict, before: bytes | None) -> bool:
    """Whether a snapshot tells something new to worry about: the onset, or a worse state than the one before."""
    if not verdict.onset:
        return False
    if verdict.alarm == verdict.place:
        return True
    return before is not None and STATES.index(verdict.state) > STATES.index(loads(before)[2])


def _of(file: File, fingerprint: str) -> dict[str, Any]:
    changed = datetime.fromtimestamp(file.changed / 1e9, UTC).isoformat(timespec="milliseconds")
    told = {"file": file.name, "changed": changed, "size": file.size, "changed_ns": file.changed}
    return {**told, "fingerprint": fingerprint}


def _number(place: Place | None) -> int | None:
    return None if place is None else place.snapshot
