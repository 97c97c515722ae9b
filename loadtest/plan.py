"""Everything a run is made of; it can be written to a file for the processes that help with it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loadtest.calls import prepare
from loadtest.checks import Call
from loadtest.profiles import Profile
from loadtest.rows import Rows
from loadtest.target import Feature


@dataclass(frozen=True)
class Plan:
    """profile: how much; url, model: where; rows: what; timeout: s an answer is waited for."""

    profile: Profile
    url: str
    model: str
    rows: Rows
    timeout: float = 10.0
    seed: int = 0

    def calls(self) -> tuple[list[list[Call]], np.ndarray]:
        """The prepared requests of each kind and the kinds' summed-up shares; raises LoadError."""
        return prepare(dict(self.profile.mix), self.rows, self.model)

    def write(self, file: Path) -> None:
        """Write it as JSON."""
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, file: Path) -> "Plan":
        """Read what `write` wrote."""
        told = json.loads(file.read_text())
        return cls(**{**told, "profile": _profile(told["profile"]), "rows": _rows(told["rows"])})


def _profile(told: Mapping[str, Any]) -> Profile:
    return Profile(**{**told, **{name: tuple(map(tuple, told[name])) for name in ("course", "mix")}})


def _rows(told: Mapping[str, Any]) -> Rows:
    features = tuple(Feature(**one) for one in told["features"])
    return Rows(**{**told, "features": features, "values": tuple(map(tuple, told["values"]))})
