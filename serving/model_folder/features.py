"""What a model knows of each feature: its kind, its training range, and its training distribution."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from serving.model_folder.fields import Fields, finite

KINDS = ("number", "integer", "category")


@dataclass(frozen=True)
class Feature:
    """One feature, in the order of the matrix's columns.

    kind: "number", "integer" or "category"; levels: a category's, in the order of their indices, else empty; low and
    high: the training range, None for a category; fill: what stands for a gap (a level for a category); has_gaps:
    whether the training rows had any. The training values fell into bins with the given shares: bin k holds the
    values (a category's level indices) for which k of the increasing `edges` are <= the value.
    """

    name: str
    unit: str
    kind: str
    levels: tuple[str, ...]
    low: float | None
    high: float | None
    fill: float | str
    has_gaps: bool
    edges: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Check one entry of model.json's features; raises BrokenModel."""
        kind = fields.text("kind")
        if kind not in KINDS:
            raise fields.refuse("kind", f"one of {', '.join(KINDS)}")
        category = kind == "category"
        levels, low, high = _levels(fields) if category else (), None, None
        if not category:
            low, high = fields.number("low"), fields.number("high")
            if low > high:
                raise fields.refuse("low", f"at most high ({high:g})")
        edges, shares = _reference(fields.part("reference"), len(levels))
        fill: float | str = fields.text("fill", empty=True) if category else fields.number("fill")
        if category and fill not in levels:
            raise fields.refuse("fill", "one of the levels")
        return cls(
            fields.text("name"),
            fields.text("unit", empty=True),
            kind,
            levels,
            low,
            high,
            fill,
            fields.flag("has_gaps"),
            edges,
            shares,
        )

    def to_json(self) -> dict[str, Any]:
        """The entry of model.json that `read` reads."""
        return {
            "name": self.name,
            "unit": self.unit,
            "kind": self.kind,
            "levels": list(self.levels) or None,
            "low": self.low,
            "high": self.high,
            "fill": self.fill,
            "has_gaps": self.has_gaps,
            "reference": {"edges": list(self.edges), "shares": list(self.shares)},
        }


def _levels(fields: Fields) -> tuple[str, ...]:
    levels = fields.texts("levels")
    if not levels:
        raise fields.refuse("levels", "at least one level")
    return levels


def _reference(fields: Fields, n_levels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    edges, shares = fields.numbers("edges"), fields.numbers("shares")
    if any(a >= b for a, b in pairwise(edges)):
        raise fields.refuse("edges", "increasing")
    if n_levels and len(edges) != n_levels - 1:
        raise fields.refuse("edges", f"one fewer than the {n_levels} levels")
    if len(shares) != len(edges) + 1 or min(shares) < 0 or abs(sum(shares) - 1.0) > 1e-6:
        raise fields.refuse("shares", "one more than the edges, each >= 0, with sum 1")
    return edges, shares


def to_matrix(features: Sequence[Feature], rows: Sequence[Sequence[Any]]) -> np.ndarray | None:
    """Complete rows of JSON values as float64 (n, n_features), levels as indices; None if a value does not fit."""
    indices = [{level: i for i, level in enumerate(feature.levels)} for feature in features]
    matrix = np.empty((len(rows), len(features)))
    for i, row in enumerate(rows):
        if len(row) != len(features):
            return None
        for j, value in enumerate(row):
            found = (indices[j].get(value) if isinstance(value, str) else None) if indices[j] else value
            if not finite(found):
                return None
            matrix[i, j] = found
    return matrix
