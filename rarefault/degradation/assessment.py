"""The degree of degradation: how much of a sliding window's kernel density lies beyond the healthy threshold.

Source: the ball-screw paper's equations 8 (threshold V) and 9 (degree). Three things it leaves open:

- The window's kernel is that of the healthy density which gave V. The mean degree of healthy windows is then the
  promised false alarm rate by construction, and the degree grows with each indicator. A bandwidth from the window's
  own spread (setting `bandwidth`="window") smears the density as soon as the window straddles the onset.
- Indicators above 0 are compared on the log scale: theirs are skewed, and a Gaussian kernel on the plain scale puts
  the threshold too low for the right tail. From 75 lognormal indicators (spread 0.3) a promise of 0.1 % comes out as
  0.5 % of new ones on the plain scale and 0.2 % on the log scale; from 600, as 0.15 % and 0.11 %.
- A window that is not full is estimated from the snapshots that it has.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.special import ndtr

from rarefault.degradation.kde import Density
from rarefault.degradation.onset import Onset, Run, find_run, shortest_run
from rarefault.errors import InputError
from rarefault.settings import from_params

HEALTHY, SLIGHT, SEVERE = "healthy", "slight", "severe"


@dataclass(frozen=True)
class AssessmentSettings:
    """How healthy indicators become a threshold, and a window of indicators a degree, an onset and a state.

    k: snapshots in the window; s: snapshots that it moves by; confidence: share of healthy snapshots below the
    threshold; limit: degree above which a machine counts as worn; severe: degree above which it is severe.
    rule: "plain" gives the onset at the first degree above the limit, as in the paper; "confirmed" wants a run of
    snapshots beyond the threshold, as long as it takes for at most `false_onsets` false ones in `life` healthy
    snapshots, with up to `gaps` others within the run.
    scale: of the density, "auto" for log where all healthy indicators are > 0; bandwidth: of the window's kernels.
    """

    k: int = 25
    s: int = 1
    confidence: float = 0.999
    limit: float = 0.001
    severe: float = 0.7
    rule: Literal["confirmed", "plain"] = "confirmed"
    false_onsets: float = 0.01
    life: int = 1000
    gaps: int = 2
    scale: Literal["auto", "log", "linear"] = "auto"
    bandwidth: Literal["healthy", "window"] = "healthy"

    def __post_init__(self) -> None:
        if self.k < 2:
            raise ValueError(f"k must be >= 2 snapshots, got {self.k}")
        if not 1 <= self.s <= self.k:
            raise ValueError(f"s must be between 1 and k={self.k}, got {self.s}")
        for name in ("confidence", "limit", "severe", "false_onsets"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, got {getattr(self, name)}")
        if self.limit >= self.severe:
            raise ValueError(f"severe must be above limit={self.limit}, got {self.severe}")
        if self.life < 1 or self.gaps < 0:
            raise ValueError(f"life must be >= 1 and gaps >= 0, got {self.life} and {self.gaps}")


@dataclass(frozen=True)
class Assessed:
    """One machine's life, snapshot by snapshot: what `Stream` would have said at each; arrays (n,).

    degrees lie in [0, 1]; states are "healthy", "slight" or "severe", healthy up to the alarm; times are seconds.
    """

    indicators: np.ndarray
    degrees: np.ndarray
    states: np.ndarray
    onset: Onset | None
    times: np.ndarray = field(default_factory=lambda: np.empty(0))


class Assessment:
    """What healthy indicators (n,) say about all later ones; `fit` makes one.

    threshold: V, in the indicator's unit; bandwidth: of the kernels, on the scale used (logarithm where `log`);
    run: the snapshots beyond V that an alarm takes; healthy: the indicators learned from.
    """

    def __init__(
        self, settings: AssessmentSettings, healthy: np.ndarray, log: bool, threshold: float, bandwidth: float, run: Run
    ) -> None:
        self.settings, self.healthy, self.log = settings, healthy, log
        self.threshold, self.bandwidth, self.run = threshold, bandwidth, run
        self._limit = float(self.scaled(np.array([threshold]))[0])

    @classmethod
    def fit(cls, healthy: np.ndarray, settings: AssessmentSettings | None = None) -> "Assessment":
        """Learn from out-of-sample indicators (n,) of healthy snapshots.

        Raises InputError for fewer of them than the window takes, and for indicators that are all alike.
        """
        settings = settings or AssessmentSettings()
        healthy = _checked(healthy)
        if len(healthy) < settings.k:
            raise InputError(
                f"the window takes k={settings.k} snapshots but only {len(healthy)} are declared healthy; declare more "
                "of them or set a smaller k"
            )
        if np.ptp(healthy) == 0:
            raise InputError(f"all {len(healthy)} healthy indicators are {healthy[0]:g}; they give no threshold")
        log = settings.scale == "log" or (settings.scale == "auto" and bool((healthy > 0).all()))
        if log and not (healthy > 0).all():
            raise InputError(f"scale 'log' wants indicators > 0, got {healthy.min():g}; use 'auto' or 'linear'")
        density = Density(np.log(healthy) if log else healthy)
        limit = density.quantile(settings.confidence)
        threshold = float(np.exp(limit)) if log else limit
        run = shortest_run(
            len(healthy),
            int((healthy > threshold).sum()),
            promise=settings.false_onsets,
            life=settings.life,
            gaps=settings.gaps,
        )
        return cls(settings, healthy, log, threshold, density.bandwidth, run)

    def density(self) -> Density:
        """The healthy indicators' density, on the scale used."""
        return Density(self.scaled(self.healthy), self.bandwidth)

    def window_density(self, indicators: np.ndarray) -> Density:
        """The density of a window of indicators (1..k,), on the scale used; its tail beyond V is the degree.

        Raises ValueError for indicators not above 0 on the log scale.
        """
        values = self.scaled(_checked(indicators))
        return Density(values, float(np.ravel(self._width(values[:, None]))[0]))

    def scaled(self, indicators: np.ndarray) -> np.ndarray:
        """Indicators on the scale of the density: their logarithms where `log`, -inf for those not above 0."""
        if not self.log:
            return indicators
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(indicators, 0.0)))

    def degrees(self, indicators: np.ndarray) -> np.ndarray:
        """The degree of degradation at each of a machine's indicators (n,), in order; (n,) in [0, 1]."""
        values = self.scaled(_checked(indicators))
        k, s, n = self.settings.k, self.settings.s, len(values)
        degrees = self._window_degrees(values)
        # Windows end at snapshots k, k+s, ...; in between the last degree stands.
        ends = np.arange(n)
        return degrees[np.maximum(ends - (ends + 1 - k) % s, 0)] if n else degrees

    def assess(self, indicators: np.ndarray, times: np.ndarray | None = None) -> Assessed:
        """Degrees, states and onset of one machine's life, from its indicators (n,) in order."""
        indicators = _checked(indicators)
        degrees = self.degrees(indicators)
        onset = self.onset(indicators, degrees)
        states = np.full(len(indicators), HEALTHY, dtype=object)
        if onset is not None:
            states[onset.alarm :] = [self.state(degree) for degree in degrees[onset.alarm :]]
        return Assessed(indicators, degrees, states, onset, np.empty(0) if times is None else times)

    def onset(self, indicators: np.ndarray, degrees: np.ndarray) -> Onset | None:
        """Where damage began by the settings' rule, or None."""
        if self.settings.rule == "confirmed":
            return find_run(indicators > self.threshold, self.run)
        worn = np.flatnonzero(degrees > self.settings.limit)
        return Onset(int(worn[0]), int(worn[0])) if len(worn) else None

    def state(self, degree: float) -> str:
        """The severity that a degree means once there was an alarm."""
        if degree > self.settings.severe:
            return SEVERE
        return SLIGHT if degree > self.settings.limit else HEALTHY

    def window_degree(self, values: np.ndarray) -> float:
        """The degree of one window of scaled values (1..k,), oldest first; what `degrees` gives, bit for bit."""
        return float(np.cumsum(self._tails(values, self._width(values[:, None])))[-1] / len(values))

    def _window_degrees(self, values: np.ndarray) -> np.ndarray:
        k, n = self.settings.k, len(values)
        partial = [self.window_degree(values[: i + 1]) for i in range(min(k - 1, n))]
        if n < k:
            return np.array(partial)
        if self.settings.bandwidth == "healthy":
            tails = _windows(self._tails(values, self.bandwidth), k)
        else:
            windows = _windows(values, k)
            tails = self._tails(windows, self._width(windows))
        # Summed from the oldest on, as a single window is: the same bits in a stream as in batch.
        total = np.zeros(n - k + 1)
        for tail in tails:
            total += tail
        return np.concatenate([partial, total / k])

    def _tails(self, values: np.ndarray, width: float | np.ndarray) -> np.ndarray:
        """How much of each value's kernel lies beyond the threshold."""
        return np.asarray(ndtr((values - self._limit) / width))

    def _width(self, windows: np.ndarray) -> float | np.ndarray:
        """The kernels' standard deviation in m windows (1..k, m): the healthy one, or one for each, (m,).

        That is Scott's rule for the window, and no less than a hundredth of the healthy kernel's.
        """
        lowest = self.bandwidth / 100
        if self.settings.bandwidth == "healthy":
            return self.bandwidth
        count = len(windows)
        finite = np.maximum(windows, self._limit - 100 * self.bandwidth)
        mean = sum(finite) / count
        squares = sum((row - mean) ** 2 for row in finite)
        return np.asarray(np.maximum(np.sqrt(squares / max(count - 1, 1)) * math.pow(count, -0.2), lowest))

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back."""
        return {
            "settings": asdict(self.settings),
            "threshold": self.threshold,
            "bandwidth": self.bandwidth,
            "log": self.log,
            "run": asdict(self.run),
            "healthy": self.healthy.tolist(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Assessment":
        """Read what `to_json` wrote."""
        return cls(
            from_params(AssessmentSettings, values["settings"]),
            _checked(np.array(values["healthy"], dtype=np.float64)),
            bool(values["log"]),
            float(values["threshold"]),
            float(values["bandwidth"]),
            from_params(Run, values["run"]),
        )


def _checked(indicators: np.ndarray) -> np.ndarray:
    indicators = np.asarray(indicators, dtype=np.float64)
    if indicators.ndim != 1 or not np.isfinite(indicators).all():
        raise ValueError(f"indicators must be (n,) finite numbers, got shape {indicators.shape} or NaN among them")
    return indicators


def _windows(values: np.ndarray, k: int) -> np.ndarray:
    """Row j holds the j-th oldest value of each full window (k, n - k + 1)."""
    return np.lib.stride_tricks.sliding_window_view(values, len(values) - k + 1)
