"""From indicators to a degree of degradation, an onset and a state, one snapshot at a time in O(k).

The degree is the share of the window's kernel density beyond the healthy threshold, in closed form: the mean of normal
tails. An onset that was found stays.
"""

import math
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Self

from serving.vibration.machine import Judged

if TYPE_CHECKING:
    from serving.model_folder.fields import Fields

HEALTHY, SLIGHT, SEVERE = STATES = ("healthy", "slight", "severe")
"""From best to worst."""
_LONGEST = 10_000
_SMALLEST = 5e-324
_RULES, _BANDWIDTHS = ("confirmed", "plain"), ("healthy", "window")


@dataclass(frozen=True)
class DegreeRule:
    """What was learned from healthy indicators.

    k: snapshots in the window; s: snapshots that it moves by; threshold: of the indicator, in its unit; width: the
    healthy kernel's standard deviation, of the logarithm where `log`; own_width: whether a window's kernels are as wide
    as Scott's rule says of it instead; limit and severe: degrees above which a machine is worn and severely so;
    confirmed: an onset takes `length` snapshots beyond the threshold among the last `span`, and else one degree above
    the limit.
    """

    k: int
    s: int
    threshold: float
    width: float
    log: bool
    own_width: bool
    limit: float
    severe: float
    confirmed: bool
    length: int
    span: int

    @classmethod
    def read(cls, fields: "Fields") -> Self:
        """Check model.json's assessment; raises BrokenModel."""
        for name, accepted in (("bandwidth", _BANDWIDTHS), ("rule", _RULES)):
            if fields.text(name) not in accepted:
                raise fields.refuse(name, f"one of {', '.join(accepted)}")
        found = cls(
            k=_whole(fields, "k"),
            s=_whole(fields, "s"),
            threshold=fields.number("threshold"),
            width=fields.number("width"),
            log=fields.flag("log"),
            own_width=fields.text("bandwidth") == "window",
            limit=fields.number("limit"),
            severe=fields.number("severe"),
            confirmed=fields.text("rule") == "confirmed",
            length=_whole(fields, "length"),
            span=_whole(fields, "span"),
        )
        if found.s > found.k or found.length > found.span:
            raise fields.refuse("s" if found.s > found.k else "length", "at most k, or span")
        if not 0 < found.limit < found.severe < 1:
            raise fields.refuse("limit", "above 0 and below severe, which is below 1")
        if found.width <= 0 or (found.log and found.threshold <= 0):
            raise fields.refuse("width", "above 0, and the threshold too where log is true")
        return found

    def to_json(self) -> dict[str, Any]:
        """The entry of model.json that `read` reads."""
        names = ("k", "s", "threshold", "width", "log", "limit", "severe", "length", "span")
        choices = {"bandwidth": _BANDWIDTHS[self.own_width], "rule": _RULES[not self.confirmed]}
        return {name: getattr(self, name) for name in names} | choices

    def push(self, state: Any, indicator: float) -> tuple[Judged, Any]:
        """Judge one more indicator of a machine; state: what the last push returned, None at the beginning."""
        n, window, beyond, degree, onset = state or (0, [], [], 0.0, None)
        window = [*window[1 - self.k :], self._scaled(indicator)]
        if n == 0 or (n + 1 - self.k) % self.s == 0:
            degree = self._degree(window)
        if onset is None:
            beyond, onset = self._onset(n, beyond, indicator, degree)
        since, alarm = onset or (None, None)
        judged = Judged(degree, self._state(degree, onset), onset is not None, since, alarm, len(window))
        return judged, (n + 1, window, beyond, degree, onset)

    def _onset(self, n: int, beyond: list[int], indicator: float, degree: float) -> tuple[list[int], Any]:
        """The snapshots beyond the threshold among the last `span`, and [first, alarm] where damage began."""
        if not self.confirmed:
            return [], (n, n) if degree > self.limit else None
        beyond = [at for at in beyond if at > n - self.span]
        if indicator > self.threshold:
            beyond = [*beyond, n]
        return beyond, (beyond[0], n) if len(beyond) >= self.length else None

    def _state(self, degree: float, onset: Any) -> str:
        if onset is None or degree <= self.limit:
            return HEALTHY
        return SEVERE if degree > self.severe else SLIGHT

    def _scaled(self, indicator: float) -> float:
        if not self.log:
            return indicator
        return math.log(max(indicator, _SMALLEST))

    def _degree(self, window: list[float]) -> float:
        limit = math.log(self.threshold) if self.log else self.threshold
        width = self._scott(window, limit) if self.own_width else self.width
        scale = -1 / (width * math.sqrt(2))
        return sum(math.erfc((value - limit) * scale) for value in window) / (2 * len(window))

    def _scott(self, window: list[float], limit: float) -> float:
        """Scott's rule for the window, and no narrower than a hundredth of the healthy kernel."""
        n, least = len(window), self.width / 100
        if n < 2:
            return least
        finite = [max(value, limit - 100 * self.width) for value in window]
        mean = fmean(finite)
        spread = math.sqrt(sum((value - mean) ** 2 for value in finite) / (n - 1))
        return max(float(spread * n**-0.2), least)


def _whole(fields: "Fields", name: str) -> int:
    value = fields.values.get(name)
    if type(value) is not int or not 1 <= value <= _LONGEST:
        raise fields.refuse(name, f"a whole number from 1 to {_LONGEST}")
    return value
