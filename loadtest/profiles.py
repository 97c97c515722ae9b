"""How much load, for how long, of which requests, and what it has to stand: the named profiles."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

ONE_ROW = {"v1 row": 1.0}
MIX = {
    "v1 row": 0.37,
    "v1 named row": 0.15,
    "v2 json row": 0.17,
    "v2 binary row": 0.15,
    "v1 batch": 0.07,
    "v2 binary batch": 0.08,
    "bad input": 0.01,
}
SNAPSHOTS = {"v1 snapshot": 0.5, "v2 binary snapshot": 0.49, "bad snapshot": 0.01}
IMAGES = {"v1 image": 0.9, "v2 binary images": 0.09, "bad image": 0.01}


@dataclass(frozen=True)
class Profile:
    """users: at the peak; rate: requests/s of each user; minutes: length; course: (share of the time, share of the
    users), straight lines between them; mix: kinds of requests with their shares; p95: ms; errors: share in [0, 1].
    """

    name: str
    says: str
    users: int
    rate: float
    minutes: float
    p95: float
    errors: float
    course: tuple[tuple[float, float], ...] = ((0.0, 1.0), (1.0, 1.0))
    mix: tuple[tuple[str, float], ...] = tuple(ONE_ROW.items())

    def __post_init__(self) -> None:
        if self.users < 1:
            raise ValueError(f"users must be >= 1, got {self.users}")
        if self.rate <= 0 or self.minutes <= 0 or self.p95 <= 0:
            raise ValueError("rate, minutes and p95 must be > 0")
        if not 0 <= self.errors < 1:
            raise ValueError(f"errors is a share in [0, 1), got {self.errors}")

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.minutes * 60

    def users_at(self, second: float) -> int:
        """How many users ask at that moment: changed once a second, at least one before the end, none after it."""
        if second >= self.seconds:
            return 0
        times, shares = zip(*self.course, strict=True)
        share = np.interp(floor(second) / self.seconds, list(times), list(shares))
        return max(1, round(self.users * float(share)))

    def asked(self) -> float:
        """Requests that are meant to be sent altogether."""
        return self.rate * sum(self.users_at(at) * min(1.0, self.seconds - at) for at in range(ceil(self.seconds)))

    def asked_rate(self, seconds: np.ndarray) -> np.ndarray:
        """Requests/s meant at each second; (n,) -> (n,)."""
        return np.array([self.users_at(second) * self.rate for second in seconds.tolist()])

    def but(
        self,
        users: int | None = None,
        rate: float | None = None,
        minutes: float | None = None,
        p95: float | None = None,
        errors: float | None = None,
    ) -> "Profile":
        """The same profile with what is not None changed; raises ValueError for values that make no sense."""
        return replace(
            self,
            users=self.users if users is None else users,
            rate=self.rate if rate is None else rate,
            minutes=self.minutes if minutes is None else minutes,
            p95=self.p95 if p95 is None else p95,
            errors=self.errors if errors is None else errors,
        )


_KNOWN = (
    Profile(
        "paper", "the paper's load: 20 users, 10 requests/s each, its p95 as the limit", 20, 10, 2, p95=56, errors=0
    ),
    Profile(
        "ramp",
        "from few users to many, then held: where does it bend, when do replicas come?",
        100,
        10,
        5,
        p95=100,
        errors=0.001,
        course=((0.0, 0.05), (0.8, 1.0), (1.0, 1.0)),
    ),
    Profile(
        "spike",
        "a tenth of the users, then all at once for a fifth of the time, then a tenth again",
        100,
        10,
        3,
        p95=250,
        errors=0.01,
        course=((0.0, 0.1), (0.4, 0.1), (0.4001, 1.0), (0.6, 1.0), (0.6001, 0.1), (1.0, 0.1)),
    ),
    Profile("soak", "a steady load for half an hour: leaks, reloads, slow drift", 50, 10, 30, p95=56, errors=0),
    Profile(
        "mixed",
        "V1, V2 JSON and binary, single rows and batches, 1 % bad input that must be answered with 4xx",
        20,
        10,
        3,
        p95=100,
        errors=0,
        mix=tuple(MIX.items()),
    ),
    Profile(
        "images",
        "for a model of images: one file a request in V1, eight in V2, 1 % broken ones that must be answered with 4xx",
        10,
        2,
        3,
        p95=150,
        errors=0,
        mix=tuple(IMAGES.items()),
    ),
    Profile(
        "vibration",
        "for a degradation model: 100 snapshots/s in V1 and V2 binary, 1 % bad ones that must be answered with 4xx",
        20,
        5,
        3,
        p95=10,
        errors=0,
        mix=tuple(SNAPSHOTS.items()),
    ),
)
PROFILES: Mapping[str, Profile] = {profile.name: profile for profile in _KNOWN}
