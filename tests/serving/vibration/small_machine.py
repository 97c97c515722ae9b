"""Snapshots of a small machine, a degradation model of it, and its model folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rarefault.datasets.signals.signal_set import SignalFacts, SignalSet
from rarefault.degradation.assessment import AssessmentSettings
from rarefault.degradation.model import DegradationModel
from serving.exporting import export_vibration

RATE, SAMPLES = 5000.0, 128
TINY = {"window": 16, "hidden": 8, "steps": 20, "batch": 64}


@dataclass(frozen=True)
class Exported:
    """A model folder, the model it came from, healthy snapshots, and what the export returned."""

    folder: Path
    model: DegradationModel
    signals: SignalSet
    parity: dict


def snapshots(n=1, channels=1, samples=SAMPLES, worn=0.0, seed=0):
    """A tone in noise, (n, c, t) float32; worn: the noise that is added."""
    rng = np.random.default_rng(seed)
    tone = np.sin(0.3 * np.arange(samples) + rng.uniform(0, 6, (n, channels, 1)))
    return (tone + (0.5 + worn) * rng.normal(size=tone.shape)).astype(np.float32)


def make_signals(n=40, channels=1, samples=SAMPLES):
    names = ("vibration",) if channels == 1 else tuple(f"axis-{at}" for at in range(channels))
    facts = SignalFacts(RATE, names, "g")
    found = snapshots(n, channels, samples)
    return SignalSet(found, np.arange(n) * 60.0, np.array(["press"] * n, dtype=object), np.ones(n, bool), facts)


def export(folder, channels=1, samples=SAMPLES, indicator="vae", params=None, settings=None, **options):
    """Train and export as `press`, version 3."""
    signals = make_signals(channels=channels, samples=samples)
    params = TINY if params is None and indicator == "vae" else params or {}
    settings = settings or AssessmentSettings(k=10)
    model = DegradationModel.fit(signals, indicator, params, settings, folds=2)
    parity = export_vibration(model, signals, folder, **{"name": "press", "version": "3", **options})
    return Exported(folder, model, signals, parity)
