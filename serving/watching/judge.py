"""A degradation model as the monitor asks it: a file in, an indicator out."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rarefault.datasets.signals.agreement import SAME_RATE
from rarefault.datasets.signals.checks import clipped, unusable
from rarefault.datasets.signals.reading import read_snapshot
from rarefault.datasets.signals.recording import UnusableError
from rarefault.datasets.signals.snapshot import pick
from rarefault.errors import InputError
from serving.model_folder import BrokenModel, read_folder
from serving.vibration.machine import Arrival
from serving.vibration.rule import DegreeRule
from serving.vibration.snapshots import CLIPPED, Form, fingerprint


@dataclass(frozen=True)
class Judge:
    """form: what the model takes; key: its fingerprint; channels: to pick from files, empty means all."""

    name: str
    form: Form
    rule: DegreeRule
    indicate: Callable[[np.ndarray], np.ndarray]
    key: str
    channels: tuple[str, ...] = ()

    def arrival(self, path: Path, machine: str) -> Arrival:
        """The snapshot in a file; raises UnusableError, in words that follow "refused:"."""
        recording = pick(read_snapshot(path), self.channels)
        reason = unusable(recording.samples)
        if reason:
            raise UnusableError(reason)
        count, samples = recording.samples.shape
        if count != len(self.form.channels):
            wanted = len(self.form.channels)
            raise UnusableError(f"{count} channels, the model takes {wanted} (choose with --channel)")
        if samples != self.form.samples:
            raise UnusableError(f"{samples:,} samples, the model takes {self.form.samples:,}")
        if recording.rate and abs(recording.rate / self.form.rate - 1) > SAME_RATE:
            raise UnusableError(f"a rate of {recording.rate:g} Hz, the model takes {self.form.rate:g} Hz")
        with np.errstate(all="ignore"):
            value = float(self.indicate(recording.samples[None])[0])
        if not math.isfinite(value):
            raise UnusableError("samples too large to be judged")
        warnings = (CLIPPED,) if clipped(recording.samples) else ()
        return Arrival(machine, value, fingerprint(recording.samples), warnings=warnings)


def open_judge(text: str, channels: Sequence[str] = (), registry: str = "") -> Judge:
    """The model that `text` names: a folder (exported, of a run, or saved), or a registered NAME[@ALIAS].

    Raises InputError, one line, for anything else.
    """
    path = Path(text)
    for folder in (path / "deploy" / "model", path):
        if (folder / "model.json").is_file():
            return replace(_of_folder(folder), channels=tuple(channels))
    if not text or "/" in text or path.is_dir():
        raise InputError(f"{text!r} is no degradation model; accepted: its folder, or a registered NAME[@ALIAS]")
    return replace(_registered(text, registry), channels=tuple(channels))


def _registered(text: str, registry: str) -> Judge:
    from rarefault.registry.attachments import address_of
    from rarefault.registry.store import Registry
    from serving.commands.finding import find
    from serving.commands.folders import fetched
    from serving.deployment import PLACE, VIBRATION, kind_of

    store = Registry(registry)
    version, _ = find(store, text)
    if kind_of(version) != VIBRATION:
        raise InputError(
            f"{version.name!r} is a model of another kind ({kind_of(version)}); accepted: a degradation model"
        )
    if address_of(version, PLACE):
        return _of_folder(fetched(store, version))
    import tempfile

    with tempfile.TemporaryDirectory(prefix="rarefault-monitor-") as place:
        return _of_folder(store.fetch(version, place))


def _of_folder(folder: Path) -> Judge:
    if (folder / "assessment.json").is_file():
        return _saved(folder)
    from serving.model_folder.vibration import VibrationFolder

    try:
        found = read_folder(folder)
    except BrokenModel as problem:
        raise InputError(f"{problem}; accepted: a degradation model") from problem
    if not isinstance(found, VibrationFolder):
        raise InputError(f"{folder} holds a model of another kind; accepted: a degradation model")
    return Judge(found.name, found.form, found.rule, found.indicator.of, found.digest)


def _saved(folder: Path) -> Judge:
    """A model as it was trained, with whichever indicator."""
    from rarefault.degradation.model import DegradationModel
    from serving.exporting.vibration import rule_of

    model = DegradationModel.load(folder)
    indicator = model.indicator
    names = ("vibration",) if indicator.channels_ == 1 else tuple(f"{at + 1}" for at in range(indicator.channels_))
    form = Form(names, indicator.samples_, indicator.rate_, "")
    digest = hashlib.sha256()
    for file in (folder / "assessment.json", *sorted((folder / "indicator").iterdir())):
        digest.update(file.read_bytes())
    return Judge(indicator.name, form, rule_of(model.assessment), indicator.indicate, digest.hexdigest())
