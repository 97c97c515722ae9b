"""A degradation model: a health indicator, and what its healthy values say about all others."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation import HealthIndicator, load_indicator
from rarefault.degradation.assessment import Assessed, Assessment, AssessmentSettings
from rarefault.degradation.crossfit import FOLDS, crossfit
from rarefault.degradation.stream import Stream
from rarefault.errors import InputError
from rarefault.generators.base import Progress

KIND = "vibration"


class DegradationModel:
    """Judges every snapshot of a machine's life after learning from healthy ones alone."""

    def __init__(self, indicator: HealthIndicator, assessment: Assessment) -> None:
        self.indicator, self.assessment = indicator, assessment

    @classmethod
    def fit(
        cls,
        signals: SignalSet,
        name: str = "vae",
        params: Mapping[str, Any] | None = None,
        settings: AssessmentSettings | None = None,
        *,
        folds: int = FOLDS,
        progress: Progress | None = None,
    ) -> "DegradationModel":
        """Learn from the snapshots declared healthy, of all machines together, with indicator `name`.

        Raises InputError for fewer healthy snapshots than the window takes.
        """
        settings = settings or AssessmentSettings()
        healthy = signals.snapshots[signals.healthy]
        if len(healthy) < settings.k:
            raise InputError(
                f"the window takes k={settings.k} snapshots but only {len(healthy)} are declared healthy; declare more "
                "of them or set a smaller k"
            )
        indicator, found = crossfit(
            name,
            params or {},
            healthy,
            signals.facts.rate,
            machines=signals.machines[signals.healthy],
            folds=folds,
            progress=progress,
        )
        return cls(indicator, Assessment.fit(found, settings))

    def assess(self, signals: SignalSet) -> dict[str, Assessed]:
        """Each machine's life, in the order of its snapshots; raises InputError for another rate, shape or channels."""
        self._check(signals)
        found = self.indicator.indicate(signals.snapshots)
        lives = {}
        for machine in signals.names:
            own = signals.machines == machine
            lives[machine] = replace(self.assessment.assess(found[own]), times=signals.times[own])
        return lives

    def stream(self, state: Mapping[str, Any] | None = None) -> Stream:
        """A stream of indicators of one machine, from where `state` left off."""
        return Stream(self.assessment, state)

    def save(self, folder: str | Path) -> None:
        """Write model.json, assessment.json and the folder indicator/."""
        folder = Path(folder)
        self.indicator.save(folder / "indicator")
        (folder / "assessment.json").write_text(json.dumps(self.assessment.to_json(), indent=1))
        facts = {
            "kind": KIND,
            "indicator": self.indicator.name,
            "channels": self.indicator.channels_,
            "samples": self.indicator.samples_,
            "rate": self.indicator.rate_,
        }
        (folder / "model.json").write_text(json.dumps(facts, indent=1))

    @classmethod
    def load(cls, folder: str | Path) -> "DegradationModel":
        """Read what `save` wrote; raises InputError when the folder holds something else."""
        folder = Path(folder)
        try:
            kind = json.loads((folder / "model.json").read_text()).get("kind")
        except FileNotFoundError:
            raise InputError(f"{folder} holds no model.json; expected a degradation model") from None
        if kind != KIND:
            raise InputError(f"{folder} holds a {kind!r} model, expected a degradation model")
        values = json.loads((folder / "assessment.json").read_text())
        return cls(load_indicator(folder / "indicator"), Assessment.from_json(values))

    def _check(self, signals: SignalSet) -> None:
        learned = (self.indicator.channels_, self.indicator.samples_)
        if signals.snapshots.shape[1:] != learned:
            raise InputError(
                f"the model learned {learned[0]} channels of {learned[1]} samples, "
                f"the signals have {signals.snapshots.shape[1]} of {signals.snapshots.shape[2]}"
            )
        if not np.isclose(signals.facts.rate, self.indicator.rate_, rtol=1e-6):
            raise InputError(
                f"the model learned signals of {self.indicator.rate_:g} samples a second, these have "
                f"{signals.facts.rate:g}; resample them before"
            )
