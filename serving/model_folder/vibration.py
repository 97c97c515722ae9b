"""A degradation model as it was exported: every value checked, the example snapshots judged again."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np

from serving.errors import BrokenModel
from serving.model_folder.fields import Fields
from serving.model_folder.files import MODEL
from serving.model_folder.origin import Origin, check_format, origin_of, read_with
from serving.vibration.indicators import Indicator, read_indicator
from serving.vibration.indicators.arrays import Arrays
from serving.vibration.rule import DegreeRule
from serving.vibration.snapshots import Form

KIND, FORMAT_VERSION = "vibration", 3
TOLERANCE = 1e-5
"""Largest accepted difference between an indicator here and where it was first computed, relative to it."""
DEGREE_TOLERANCE = 1e-9
EXAMPLE = "example.json"
"""A request, for people who want to try."""
_MOST_CHANNELS, _MOST_VALUES = 64, 1 << 22


@dataclass(frozen=True)
class VibrationFolder(Origin):
    """A degradation model.

    form: of the snapshots; indicator: what is computed of each; rule: from indicators to the degree. examples are
    snapshots (n, c, t) float32, example_indicators (n,) theirs; a stream of the indicators example_stream has the
    degrees example_degrees.
    """

    form: Form
    indicator: Indicator
    rule: DegreeRule
    examples: np.ndarray
    example_indicators: tuple[float, ...]
    example_stream: tuple[float, ...]
    example_degrees: tuple[float, ...]

    @classmethod
    def read(cls, folder: str | Path) -> Self:
        """Read and check a folder; raises BrokenModel, one line, for anything that is missing or does not fit."""
        return read_with(folder, cls.of)

    @classmethod
    def of(cls, model: Fields, files: Mapping[str, bytes]) -> Self:
        """The model that model.json and the folder's files describe; raises BrokenModel."""
        check_format(model, FORMAT_VERSION)
        if model.text("kind") != KIND:
            raise model.refuse("kind", repr(KIND))
        form = _form(model.part("input"))
        example = model.part("example")
        found = cls(
            **origin_of(model, files),
            form=form,
            indicator=read_indicator(model.part("indicator"), files, *form.shape),
            rule=DegreeRule.read(model.part("assessment")),
            examples=_examples(example, files, form),
            example_indicators=example.numbers("indicators"),
            example_stream=example.numbers("stream"),
            example_degrees=example.numbers("degrees"),
        )
        found._test()
        return found

    def _test(self) -> None:
        wanted = np.array(self.example_indicators)
        found = self.indicator.of(self.examples)
        if found.shape != wanted.shape or not (np.abs(found - wanted) <= TOLERANCE * np.abs(wanted)).all():
            raise BrokenModel(f"the examples' indicators are {found.tolist()}, not those in {MODEL}"[:200])
        state, degrees = None, []
        for value in self.example_stream:
            judged, state = self.rule.push(state, value)
            degrees.append(judged.degree)
        if len(degrees) != len(self.example_degrees) or not all(
            abs(one - other) <= DEGREE_TOLERANCE for one, other in zip(degrees, self.example_degrees, strict=True)
        ):
            raise BrokenModel(f"the example's degrees are {degrees}, not those in {MODEL}"[:200])


def _form(fields: Fields) -> Form:
    channels, rate, samples = fields.texts("channels"), fields.number("rate"), fields.values.get("samples")
    if not 1 <= len(channels) <= _MOST_CHANNELS or not all(channels):
        raise fields.refuse("channels", f"1 to {_MOST_CHANNELS} names that differ and are not empty")
    if type(samples) is not int or not 2 <= samples <= _MOST_VALUES // len(channels):
        raise fields.refuse("samples", f"from 2 to {_MOST_VALUES // len(channels)}")
    if rate <= 0:
        raise fields.refuse("rate", "above 0 Hz")
    return Form(channels, samples, rate, fields.text("unit", empty=True))


def _examples(example: Fields, files: Mapping[str, bytes], form: Form) -> np.ndarray:
    name: Any = example.values.get("file")
    if not isinstance(name, str) or name not in files:
        raise example.refuse("file", "one of the folder's files")
    n = len(example.numbers("indicators"))
    if not 1 <= n <= _MOST_VALUES // prod(form.shape):
        raise example.refuse("indicators", "at least one, of a few snapshots")
    return Arrays(files[name]).take("snapshots", (n, *form.shape))
