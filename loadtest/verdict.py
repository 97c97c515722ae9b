"""What a run has to stand, and whether it did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loadtest.profiles import Profile
from loadtest.records import Records

ENOUGH = 0.95  # share of the asked rate that must have been answered
LATE = 0.05  # seconds; a generator that sends later than this is itself the bottleneck


@dataclass(frozen=True)
class Check:
    """A figure with its limit; `text` shows both."""

    name: str
    found: float
    limit: float
    met: bool
    text: str


@dataclass(frozen=True)
class Outcome:
    """The figures of a whole run. asked and answered in requests/s; latencies in ms; late: p95 of how much later than
    planned the generator sent, in ms; grown: resident memory the server gained, in MB, None where it does not tell.
    """

    asked: float
    answered: float
    requests: int
    errors: float
    p50: float
    p95: float
    p99: float
    longest: float
    late: float
    grown: float | None
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every limit was kept."""
        return all(check.met for check in self.checks)

    def summary(self, profile: str) -> str:
        """The one line that says it."""
        failed = [f"{check.name} {check.text}" for check in self.checks if not check.met]
        figures = (
            f"{self.answered:,.1f} of {self.asked:,.1f} requests/s answered, p50 {self.p50:.3g} ms, "
            f"p95 {self.p95:.3g} ms, p99 {self.p99:.3g} ms, {self.errors:.2%} errors of {self.requests:,}"
        )
        return f"{profile}: {'FAILED (' + '; '.join(failed) + ')' if failed else 'passed'}: {figures}"


def outcome(profile: Profile, records: Records, grown: float | None = None) -> Outcome:
    """Judge a run by its profile's limits; a server or a generator that cannot keep the pace fails it too."""
    asked, answered = profile.asked() / profile.seconds, records.answered_by(profile.seconds) / profile.seconds
    p95, errors = records.milliseconds(95), records.error_share()
    share = answered / asked
    late = float(np.percentile(records.late, 95)) * 1000 if len(records) else 0.0
    checks = (
        Check("p95", p95, profile.p95, p95 <= profile.p95, f"{p95:.3g} ms, at most {profile.p95:g} ms"),
        Check(
            "errors", errors, profile.errors, errors <= profile.errors, f"{errors:.2%}, at most {profile.errors:.2%}"
        ),
        Check("rate", share, ENOUGH, share >= ENOUGH, f"{share:.1%} of what was asked, at least {ENOUGH:.0%}"),
    )
    return Outcome(
        asked,
        answered,
        len(records),
        errors,
        records.milliseconds(50),
        p95,
        records.milliseconds(99),
        records.milliseconds(100),
        late,
        grown,
        checks,
    )


def notes(found: Outcome, profile: Profile) -> Sequence[str]:
    """What the reader should know beside the verdict."""
    said = []
    if found.late > LATE * 1000:
        said.append(
            f"The load generator itself sent late (p95 {found.late:.0f} ms): it is the bottleneck, or the machine is "
            "busy. Try --processes 2, or another machine."
        )
    if found.grown is not None:
        said.append(f"The server's resident memory changed by {found.grown:+.1f} MB during the run.")
    if profile.seconds < 30:
        said.append("A run this short says little about percentiles.")
    return said
