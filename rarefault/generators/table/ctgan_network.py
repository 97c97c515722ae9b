"""A trained CTGAN generator as plain arrays: noise and a condition in, rows out (Xu et al., 2019, section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

_CHUNK = 10_000
_REACH = 4.0
"""Mode-specific normalisation: a number is tanh(output) times this many standard deviations from its mode's mean."""


@dataclass(frozen=True)
class Span:
    """Outputs that make one column: a level each when levels is set, else a position and one of several modes."""

    name: str
    levels: tuple[str, ...]
    n_modes: int

    @property
    def width(self) -> int:
        """How many outputs the column takes."""
        return len(self.levels) or 1 + self.n_modes


@dataclass(frozen=True)
class CTGANNetwork:
    """hidden: (weight, bias) of each layer, batch normalisation folded in; each layer's output is put before its input.

    out: (weight, bias) of the last layer; modes: (2, total) mean and standard deviation of the modes of all numeric
    columns in the order of spans.
    """

    hidden: tuple[tuple[np.ndarray, np.ndarray], ...]
    out: tuple[np.ndarray, np.ndarray]
    modes: np.ndarray
    spans: tuple[Span, ...]

    def sample(self, n: int, condition: Mapping[str, str], rng: np.random.Generator) -> np.ndarray:
        """Draw n rows (n, columns), asking for the given level of the given columns; levels come as numbers."""
        asked = self._condition(condition)
        rows = np.empty((n, len(self.spans)))
        for start in range(0, n, _CHUNK):
            chunk = rows[start : start + _CHUNK]
            chunk[:] = self._rows(self._outputs(len(chunk), asked, rng), rng)
        return rows

    def _condition(self, wanted: Mapping[str, str]) -> np.ndarray:
        slots = [wanted.get(span.name) == level for span in self.spans for level in span.levels]
        return np.array(slots, dtype=np.float32)

    def _outputs(self, n: int, condition: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        first = self.hidden[0][0] if self.hidden else self.out[0]
        noise = rng.standard_normal((n, first.shape[1] - len(condition)), dtype=np.float32)
        a = np.concatenate([noise, np.tile(condition, (n, 1))], axis=1)
        for weight, bias in self.hidden:
            a = np.concatenate([np.maximum(a @ weight.T + bias, 0.0), a], axis=1)
        return np.asarray(a @ self.out[0].T + self.out[1])

    def _rows(self, outputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        rows = np.empty((len(outputs), len(self.spans)))
        perturbed = outputs + rng.gumbel(size=outputs.shape)  # its largest entry is a draw from the softmax
        start = mode = 0
        for i, span in enumerate(self.spans):
            end = start + span.width
            if span.levels:
                levels = np.array([float(level) for level in span.levels])
                rows[:, i] = levels[perturbed[:, start:end].argmax(axis=1)]
            else:
                picked = mode + perturbed[:, start + 1 : end].argmax(axis=1)
                rows[:, i] = self.modes[0, picked] + _REACH * self.modes[1, picked] * np.tanh(outputs[:, start])
                mode += span.n_modes
            start = end
        return rows

    def state(self) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
        """Named arrays and JSON values that `restore` reads back."""
        layers = {f"{part}.{i}": a for i, layer in enumerate(self.hidden) for part, a in zip("wb", layer, strict=True)}
        arrays = {**layers, "out.w": self.out[0], "out.b": self.out[1], "modes": self.modes}
        return arrays, [{**vars(span), "levels": list(span.levels)} for span in self.spans]

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], spans: list[dict[str, Any]]) -> Self:
        """Read what `state` returned."""
        depth = sum(name.startswith("w.") for name in arrays)
        return cls(
            hidden=tuple((arrays[f"w.{i}"], arrays[f"b.{i}"]) for i in range(depth)),
            out=(arrays["out.w"], arrays["out.b"]),
            modes=arrays["modes"],
            spans=tuple(Span(**{**span, "levels": tuple(span["levels"])}) for span in spans),
        )
