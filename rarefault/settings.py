"""Plain dict -> checked, frozen settings dataclass."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from rarefault.errors import InputError

T = TypeVar("T")


def from_params(cls: type[T], params: Mapping[str, Any]) -> T:
    """Build the settings dataclass `cls` from plain values.

    Whole floats become ints where an int is expected (pipelines pass every number as a float), lists become
    tuples. Raises InputError (a ValueError) for unknown names, for values of the wrong type and for those that the
    dataclass refuses.
    """
    if not is_dataclass(cls):
        raise TypeError(f"{cls!r} is not a settings dataclass")
    known = [field.name for field in fields(cls)]
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise InputError(f"{cls.__name__} has no setting {', '.join(map(repr, unknown))}; known settings: {known}")
    hints = get_type_hints(cls)
    try:
        return cls(**{name: coerce(value, hints[name], name) for name, value in params.items()})
    except ValueError as problem:
        raise InputError(f"{cls.__name__}: {problem}") from problem


def coerce(value: Any, kind: Any, name: str) -> Any:
    """Return `value` as the annotated type `kind`; raises ValueError naming the setting."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _coerce_union(value, get_args(kind), name)
    if origin is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{name} must be one of {list(get_args(kind))}, got {value!r}")
        return value
    if origin is tuple and isinstance(value, (list, tuple)):
        return tuple(coerce(item, get_args(kind)[0], name) for item in value)
    if origin is dict and isinstance(value, Mapping):
        return dict(value)
    return _coerce_scalar(value, kind, name)


def _coerce_union(value: Any, kinds: tuple[Any, ...], name: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    problems = []
    for kind in (k for k in kinds if k is not type(None)):
        try:
            return coerce(value, kind, name)
        except ValueError as problem:
            problems.append(str(problem))
    raise ValueError(problems[0])


def _coerce_scalar(value: Any, kind: Any, name: str) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int and number and float(value).is_integer():
        return int(value)
    if kind is float and number:
        return float(value)
    if kind in (str, bool) and isinstance(value, kind):
        return value
    raise ValueError(f"{name} must be of type {getattr(kind, '__name__', kind)}, got {value!r}")
