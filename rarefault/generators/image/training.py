"""The training of image generators: loops, averages, checkpoints, progress; what they share.

A generator writes a `Learner`: its networks, optimisers and what one loop does. The rest is here:

    place = Placement(settings.device, settings.precision, settings.compile)
    own = Randomness(settings.seed, place.device)
    with own.used():                       # torch's global random numbers, put back afterwards
        learner = MyLearner(place, ...)    # networks = {"generator": G, "discriminator": D}, optimisers likewise
    training = Training(learner, loops, own, file=checkpoint_file(checkpoint, "pits"), named=fingerprint(settings, x))
    training.run(progress)                 # goes on from the file if there is one
    training.history["d_loss"], training.broken, learner.average.network

`Learner.step` does one loop and returns what history shall hold of it, as tensors without graph and without
dimension; it calls `self.average.step()` after each update of the generator and `place.update(loss, optimiser)` for
an update. All randomness in `step` comes from torch's global source (torch.randn, dropout), which `Training` swaps for
`own`. A checkpoint is written at most every `CHECKPOINT_SECONDS` and at the end; a training taken up again ends in the
same bits as one that was not interrupted.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rarefault.generators.base import Progress
from rarefault.generators.image import checkpoints
from rarefault.generators.image.averaging import Average
from rarefault.generators.image.placement import Placement, Randomness

CHECKPOINT_SECONDS = 30.0

DIVERGED = 1e6
"""A training stops at a loss of this size; that of a training which gets anywhere is thousands of times smaller."""


class Learner(ABC):
    """Networks that learn together; subclasses fill the attributes and write `step`."""

    place: Placement
    networks: Mapping[str, nn.Module]
    optimisers: Mapping[str, torch.optim.Optimizer]
    average: Average[Any] | None = None

    @abstractmethod
    def step(self) -> dict[str, Tensor]:
        """One loop of the training; returns losses and the like, each a detached tensor of one number."""


class Training:
    """Runs a learner for `loops` loops.

    file: the checkpoint, or None; named: the fingerprint of settings and data that a checkpoint must bear.
    After `run`, `history` holds each quantity of `Learner.step` per loop, and `broken` says why the training
    stopped early (a loss without bounds), or is empty.
    """

    def __init__(
        self, learner: Learner, loops: int, own: Randomness, *, file: Path | None = None, named: str = ""
    ) -> None:
        self.learner, self.loops, self.own, self.file, self.named = learner, loops, own, file, named
        self.done, self.broken = 0, ""
        self.history: dict[str, list[float]] = {}
        self._saved_at = time.monotonic()
        if file is not None:
            found = checkpoints.read(file, named)
            if found is not None:
                self._restore(*found)

    def run(self, progress: Progress | None = None) -> "Training":
        """Train to the end or until a loss is huge or no number; progress is called about a hundred times."""
        while self.done < self.loops and not self.broken:
            upto = min(self.loops, self.done + max(1, self.loops // 100))
            with self.own.used():
                steps = [self.learner.step() for _ in range(self.done, upto)]
            self._note(steps)
            self._save_if_due()
            if progress is not None:
                progress(self.done, self.loops)
        return self

    def _note(self, steps: list[dict[str, Tensor]]) -> None:
        """Add the loops' numbers to the history, up to the first loop that diverged."""
        names = list(steps[0])
        rows = torch.stack([torch.stack([step[name].float() for name in names]) for step in steps]).tolist()
        for row in rows:
            lost = [f"{name} was {v:g}" for name, v in zip(names, row, strict=True) if not abs(v) < DIVERGED]
            if lost:
                self.broken = f"the training diverged in loop {self.done + 1} of {self.loops}: {lost[0]}"
                return
            for name, value in zip(names, row, strict=True):
                self.history.setdefault(name, []).append(value)
            self.done += 1

    def _save_if_due(self) -> None:
        ended = self.done == self.loops or bool(self.broken)
        now = time.monotonic()
        if self.file is not None and (ended or now - self._saved_at >= CHECKPOINT_SECONDS):
            checkpoints.write(self.file, *self._state())
            self._saved_at = time.monotonic()

    def _networks(self) -> dict[str, nn.Module]:
        average = self.learner.average
        return {**self.learner.networks, **({"average": average.network} if average else {})}

    def _state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        tensors = {
            **{f"network/{k}": v for k, v in checkpoints.networks_state(self._networks()).items()},
            **{f"optimiser/{k}": v for k, v in checkpoints.optimisers_state(self.learner.optimisers).items()},
            **{f"random/{k}": v for k, v in self.own.state.items()},
        }
        facts = {
            "fingerprint": self.named,
            "done": self.done,
            "broken": self.broken,
            "history": self.history,
            "averaged": self.learner.average.steps if self.learner.average else 0,
            "scaler": self.learner.place.scaler.state_dict(),
        }
        return tensors, facts

    def _restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        part = _parts(tensors)
        checkpoints.restore_networks(self._networks(), part("network/"))
        checkpoints.restore_optimisers(self.learner.optimisers, part("optimiser/"))
        self.own.state = part("random/")
        self.done, self.broken, self.history = facts["done"], facts["broken"], facts["history"]
        if self.learner.average:
            self.learner.average.steps = facts["averaged"]
        self.learner.place.scaler.load_state_dict(facts["scaler"])


def _parts(tensors: Mapping[str, Tensor]) -> Callable[[str], dict[str, Tensor]]:
    return lambda prefix: {name.removeprefix(prefix): v for name, v in tensors.items() if name.startswith(prefix)}


def checkpoint_file(folder: str | Path | None, part: int | str) -> Path | None:
    """Where part `part` of a training (a class, by number or name fit for a file) keeps its state; None: nowhere."""
    return None if folder is None else Path(folder) / f"training-{part}.safetensors"
