"""Typed access to the values of model.json; whatever is wrong is a BrokenModel that names the field."""

import math
from typing import Any

from serving.errors import BrokenModel

_MISSING = object()


def finite(value: Any) -> bool:
    """Whether a JSON value is a number that a float64 holds; true and false are none."""
    try:
        return type(value) in (int, float) and math.isfinite(float(value))
    except OverflowError:
        return False


class Fields:
    """One JSON object; `where` is its path in the file, for messages."""

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, dict):
            raise BrokenModel(f"{where} must be an object, got {type(values).__name__}")
        self.values, self.where = values, where

    def refuse(self, name: str, accepted: str) -> BrokenModel:
        """The error that says what field `name` must be."""
        value = self.values.get(name, _MISSING)
        got = "nothing" if value is _MISSING else repr(value)[:80]
        return BrokenModel(f"{self.where}.{name} must be {accepted}, got {got}")

    def text(self, name: str, empty: bool = False) -> str:
        """A string, not empty unless `empty`."""
        value = self.values.get(name)
        if not isinstance(value, str) or not (value or empty):
            raise self.refuse(name, "a string" if empty else "a string that is not empty")
        return value

    def number(self, name: str) -> float:
        """A finite number."""
        if not finite(self.values.get(name)):
            raise self.refuse(name, "a finite number")
        return float(self.values[name])

    def flag(self, name: str) -> bool:
        """true or false."""
        value = self.values.get(name)
        if not isinstance(value, bool):
            raise self.refuse(name, "true or false")
        return value

    def listing(self, name: str) -> list[Any]:
        """A list of anything."""
        value = self.values.get(name)
        if not isinstance(value, list):
            raise self.refuse(name, "a list")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings that differ."""
        values = self.listing(name)
        if not all(isinstance(value, str) for value in values) or len(set(values)) != len(values):
            raise self.refuse(name, "a list of strings that differ")
        return tuple(values)

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of finite numbers."""
        values = self.listing(name)
        if not all(map(finite, values)):
            raise self.refuse(name, "a list of finite numbers")
        return tuple(map(float, values))

    def part(self, name: str) -> "Fields":
        """The object `name`."""
        return Fields(self.values.get(name), f"{self.where}.{name}")

    def parts(self, name: str) -> list["Fields"]:
        """A list of objects."""
        return [Fields(value, f"{self.where}.{name}[{i}]") for i, value in enumerate(self.listing(name))]
