"""V2 input tensors, from JSON or from the bytes behind it, to a float64 matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from math import prod
from typing import Any

import numpy as np

from serving.server.refusals import bad, counted, listed, shown
from serving.server.schema import Schema

NUMBERS = {f"FP{bits}": np.dtype(f"<f{bits // 8}") for bits in (64, 32, 16)}
NUMBERS |= {f"INT{bits}": np.dtype(f"<i{bits // 8}") for bits in (64, 32, 16, 8)}
NUMBERS |= {f"UINT{bits}": np.dtype(f"<u{bits // 8}") for bits in (64, 32, 16, 8)}
_MATRIX_OR_COLUMNS = "send one tensor of shape [n, {width}], or one of shape [n] or [n, 1] for each feature by name"
_FIELDS = {"name", "shape", "datatype", "data", "parameters"}


@dataclass(frozen=True)
class Tensor:
    """values: a flat array of numbers with NaN for null, or for BYTES a list of strings (None for null)."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: np.ndarray | list[Any]


ROWS: Mapping[str, Sequence[int]] = dict.fromkeys(("BYTES", *NUMBERS), (1, 2))
ROWS_SAY = "[n] or [n, columns]"


def head(
    entry: Any, at: int, ranks: Mapping[str, Sequence[int]] = ROWS, accepted: str = ROWS_SAY
) -> tuple[str, str, tuple[int, ...]]:
    """Name, datatype and shape of inputs[at], checked; ranks: how many numbers a shape may have, by datatype."""
    where = f"inputs[{at}]"
    if type(entry) is not dict:
        raise bad(f"{where} must be an object with name, shape, datatype and data, got {shown(entry)}")
    unknown = sorted(entry.keys() - _FIELDS)
    if unknown:
        raise bad(f"{where} has unknown fields {listed(unknown)}; known are {', '.join(sorted(_FIELDS))}")
    name, datatype, shape = (entry.get(field) for field in ("name", "datatype", "shape"))
    if type(name) is not str:
        raise bad(f"{where}.name must be a string, got {shown(name)}")
    if type(datatype) is not str or datatype not in ranks:
        raise bad(f"{where}.datatype must be one of {', '.join(ranks)}, got {shown(datatype)}")
    if (
        type(shape) is not list
        or len(shape) not in ranks[datatype]
        or not all(type(n) is int and n >= 0 for n in shape)
    ):
        raise bad(f"{where}.shape must be {accepted}, got {short(shape)}")
    if "parameters" in entry and type(entry["parameters"]) is not dict:
        raise bad(f"{where}.parameters must be an object, got {shown(entry['parameters'])}")
    if "shared_memory_region" in entry.get("parameters", ()):
        raise bad(f"{where}: shared memory is not supported; send the data")
    return name, datatype, tuple(shape)


def from_json(
    entry: dict[str, Any], at: int, ranks: Mapping[str, Sequence[int]] = ROWS, accepted: str = ROWS_SAY
) -> Tensor:
    """inputs[at] with its `data`, flat or nested as its shape says; ranks and accepted as for `head`."""
    name, datatype, shape = head(entry, at, ranks, accepted)
    where = f"inputs[{at}].data"
    if "data" not in entry:
        raise bad(f"inputs[{at}] has no data; send it as JSON, or binary with parameters.binary_data_size")
    flat = _flat(entry["data"], shape, where)
    if datatype == "BYTES":
        wrong = next((value for value in flat if type(value) is not str and value is not None), None)
        if wrong is not None:
            raise bad(f"{where} must be strings for BYTES, got {shown(wrong)}")
        return Tensor(name, datatype, shape, flat)
    return Tensor(name, datatype, shape, _numbers(flat, datatype, where))


def _flat(data: Any, shape: tuple[int, ...], where: str) -> list[Any]:
    if type(data) is not list:
        raise bad(f"{where} must be an array, got {shown(data)}")
    rows = 1
    for before, after in pairwise(shape):
        rows *= before
        if len(data) != rows or set(map(type, data)) != {list}:
            break
        lengths = set(map(len, data))
        if lengths != {after}:
            raise bad(f"{where} has rows of {listed([str(n) for n in sorted(lengths)])} values, shape is {list(shape)}")
        data = list(chain.from_iterable(data))
    if len(data) != prod(shape):
        raise bad(f"{where} has {counted(len(data), 'value')}, shape {short(list(shape))} needs {short(prod(shape))}")
    return data  # type: ignore[no-any-return]


def _numbers(flat: list[Any], datatype: str, where: str) -> np.ndarray:
    found = set(map(type, flat))
    if not found <= {int, float, type(None)}:
        at = next(at for at, value in enumerate(flat) if type(value) not in (int, float, type(None)))
        raise bad(f"{where}[{at}] is {shown(flat[at])}; a number is needed for {datatype}")
    values = np.array(flat, dtype=np.float64)  # None becomes NaN
    if datatype != "FP64":
        _refuse_unfit(values, flat, datatype, where)
    return values


def _refuse_unfit(values: np.ndarray, flat: list[Any], datatype: str, where: str) -> None:
    """A 400 for a number that the datatype does not hold; values (n,) are flat as float64."""
    kind, gaps = NUMBERS[datatype], np.isnan(values)
    whole = kind.kind != "f"
    limits: Any = np.iinfo(kind) if whole else np.finfo(kind)
    low, high = (int(limits.min), int(limits.max)) if whole else (float(limits.min), float(limits.max))
    fits = gaps | ((values >= low) & (values <= high))
    if whole:
        fits &= gaps | (values == np.floor(values))
    if whole and kind.itemsize == 8:  # float64 may have rounded a number into the range
        fits &= np.array([value is None or low <= value <= high for value in flat], dtype=bool)
    if not fits.all():
        at = int(np.argmin(fits))
        taken = f"whole numbers from {low} to {high}" if whole else f"numbers from {low:g} to {high:g}"
        raise bad(f"{where}[{at}] is {shown(flat[at])}; {datatype} takes {taken}")


def short(value: Any) -> str:
    """A shape or a count, unless it is something else or too long to show."""
    if type(value) is list and not all(type(n) is int for n in value):
        return shown(value)
    text = str(value) if type(value) in (int, list) else shown(value)
    return text if len(text) <= 60 else text[:60] + "..."


def matrix(tensors: Sequence[Tensor], schema: Schema, most: int) -> np.ndarray:
    """The rows of one tensor [n, width], or of one tensor [n] or [n, 1] a feature; (n, width) of any number type."""
    if not tensors:
        raise bad(f"inputs is empty; {_accepted(schema)}")
    n = tensors[0].shape[0]
    if n == 0:
        raise bad(f"input {shown(tensors[0].name)} has no rows; at least one is needed")
    if n > most:
        raise bad(f"input {shown(tensors[0].name)} has {short(n)} rows; at most {most} are accepted in a request")
    by_name = schema.width == 1 and tensors[0].name in schema.positions
    if len(tensors) == 1 and tensors[0].shape == (n, schema.width) and not by_name:
        return _whole(tensors[0], schema)
    return _columns(tensors, schema, n)


def _accepted(schema: Schema) -> str:
    if schema.levels:
        return "send for each feature one tensor of its name and shape [n] or [n, 1], BYTES for categories"
    return _MATRIX_OR_COLUMNS.format(width=schema.width)


def _whole(tensor: Tensor, schema: Schema) -> np.ndarray:
    if schema.levels:
        categories = listed([schema.names[at] for at in schema.levels])
        raise bad(f"the features {categories} are categories, which a single tensor cannot hold; {_accepted(schema)}")
    if isinstance(tensor.values, list):
        raise bad(f"input {shown(tensor.name)} is BYTES; numbers are needed, for example FP64")
    return tensor.values.reshape(tensor.shape)


def _columns(tensors: Sequence[Tensor], schema: Schema, n: int) -> np.ndarray:
    names = [tensor.name for tensor in tensors]
    unknown = [name for name in names if name not in schema.positions]
    if unknown:
        shape = short(list(tensors[0].shape))
        raise bad(f"inputs {listed(unknown)} are no features (the first has shape {shape}); {_accepted(schema)}")
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise bad(f"input {shown(twice)} stands twice; send each feature once")
    if len(names) < schema.width:
        missing = [name for name in schema.names if name not in set(names)]
        raise bad(f"inputs lack the features {listed(missing)}; {_accepted(schema)}")
    found = np.empty((n, schema.width))
    for tensor in tensors:
        if tensor.shape not in ((n,), (n, 1)):
            shape, first = short(list(tensor.shape)), shown(names[0])
            raise bad(f"input {shown(tensor.name)} has shape {shape}; [{n}] or [{n}, 1] is needed, as for {first}")
        at = schema.positions[tensor.name]
        found[:, at] = _column(tensor, schema, at)
    return found


def _column(tensor: Tensor, schema: Schema, at: int) -> Any:
    if isinstance(tensor.values, list) != (at in schema.levels):
        needed = "a category, send it as BYTES" if at in schema.levels else "a number, send it as FP64"
        raise bad(f"input {shown(tensor.name)} is {tensor.datatype}; the feature is {needed}")
    if isinstance(tensor.values, list):
        return [schema.number(at, value, f"input row {row}") for row, value in enumerate(tensor.values)]
    return tensor.values
