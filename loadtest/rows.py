"""Rows to send: from a file, from the example the server offers, or random ones of the right width."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from loadtest.pictures import drawn, shape_of
from loadtest.target import Feature, LoadError

Value = float | int | str
RANDOM_ROWS = 50
NUMBERS = {"FP16", "FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"}


@dataclass(frozen=True)
class Rows:
    """values: one list a row, in the order of `features`; names are made up (and `named` False) where nobody told them;
    tensor: what the model calls its one input, where it has one; pictures: a row is one PNG or JPEG file in base64;
    channels: a row is one snapshot of so many channels one after the other, 0 where it is none.
    """

    features: tuple[Feature, ...]
    values: tuple[tuple[Value, ...], ...]
    named: bool
    tensor: str = "input-0"
    pictures: bool = False
    channels: int = 0

    def __post_init__(self) -> None:
        if not self.values:
            raise LoadError("there is no row to send")
        wrong = next((row for row in self.values if len(row) != len(self.features)), None)
        if wrong is not None:
            raise LoadError(f"every row must have {len(self.features)} values, one has {len(wrong)}")

    @property
    def numeric(self) -> bool:
        """Whether there is no category."""
        return not any(feature.is_text for feature in self.features)

    def take(self, n: int, start: int = 0) -> list[tuple[Value, ...]]:
        """n rows from the start-th on, beginning again at the end."""
        return [self.values[(start + i) % len(self.values)] for i in range(n)]

    def as_objects(self, rows: Sequence[Sequence[Value]]) -> list[dict[str, Value]]:
        """The rows with the features' names."""
        names = [feature.name for feature in self.features]
        return [dict(zip(names, row, strict=True)) for row in rows]


def rows_for(metadata: Mapping[str, Any], file: Path | None, seed: int = 0) -> Rows:
    """Rows that the model takes, by what it tells of itself and, if given, a file of rows; raises LoadError."""
    shape = shape_of(metadata)
    if shape is not None:
        return _pictures(shape, metadata["inputs"][0].get("name", "images"), file, seed)
    snapshot = _snapshot(metadata)
    if snapshot is not None:
        return _snapshots(snapshot, file, seed)
    features, tensor = features_of(metadata)
    if file is not None:
        return _from_file(file, features, tensor)
    example = _example(metadata)
    if example:
        return _of(example, features, tensor)
    described = _described(metadata)
    if len(described) == len(features) > 0:
        return Rows(features, _drawn(described, seed), True, tensor)
    if not features:
        raise LoadError(
            "the server does not tell what the model takes: give rows with --rows FILE (CSV, Parquet, JSON)"
        )
    if any(feature.is_text for feature in features):
        raise LoadError("the model takes categories and the server does not tell which: give rows with --rows FILE")
    named = len(metadata["inputs"]) > 1
    return Rows(features, _drawn([{}] * len(features), seed), named, tensor)


def _pictures(shape: tuple[int, int, int], tensor: str, file: Path | None, seed: int) -> Rows:
    """Files from {"instances": [{"b64": ...}, ...]}, else drawn ones."""
    wanted = (Feature("b64", True),)
    if file is None:
        return Rows(wanted, tuple((text,) for text in drawn(shape, seed)), True, tensor, pictures=True)
    rows = _from_file(file, (), tensor)
    if rows.features != wanted:
        raise LoadError(f'the model takes images: {file} must hold {{"instances": [{{"b64": "..."}}, ...]}}')
    return replace(rows, pictures=True)


def _snapshot(metadata: Mapping[str, Any]) -> tuple[int, int] | None:
    """(channels, samples) of the snapshots that a model of vibration takes; None where it takes none."""
    inputs = metadata.get("inputs") or [{}]
    shape = inputs[0].get("shape", ())
    return (shape[1], shape[2]) if inputs[0].get("name") == "snapshot" and len(shape) == 3 else None


def _snapshots(shape: tuple[int, int], file: Path | None, seed: int) -> Rows:
    from loadtest.snapshots import drawn as snapshots_drawn

    if file is not None:
        raise LoadError("the model takes snapshots, which are made up: leave --rows out")
    features = tuple(Feature(f"sample-{at}", False) for at in range(shape[0] * shape[1]))
    return Rows(features, snapshots_drawn(shape, seed), False, "snapshot", channels=shape[0])


def features_of(metadata: Mapping[str, Any]) -> tuple[tuple[Feature, ...], str]:
    """The model's features and the name of its one tensor: from one input [-1, d], or one input a feature."""
    inputs = metadata.get("inputs") or []
    described = _described(metadata)
    if len(inputs) == 1 and len(inputs[0].get("shape", ())) == 2 and inputs[0]["shape"][1] > 0:
        d, is_text = inputs[0]["shape"][1], inputs[0].get("datatype") not in NUMBERS
        names = [one["name"] for one in described] if len(described) == d else [f"feature-{i}" for i in range(d)]
        return tuple(Feature(name, is_text) for name in names), inputs[0].get("name", "input-0")
    return tuple(Feature(i["name"], i.get("datatype") not in NUMBERS) for i in inputs), "input-0"


def _described(metadata: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the metadata tells of each feature: name, levels of a category, low and high of a number."""
    told = _parameters(metadata).get("features")
    listed = told if isinstance(told, list) else []
    return listed if all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed) else []


def _drawn(described: Sequence[Mapping[str, Any]], seed: int) -> tuple[tuple[Value, ...], ...]:
    """Rows within what was told: levels, whole numbers, ranges; standard normal where nothing was."""
    rng = np.random.default_rng(seed)
    columns: list[list[Value]] = []
    for one in described:
        low, high = one.get("low"), one.get("high")
        if one.get("levels"):
            columns.append(rng.choice(one["levels"], RANDOM_ROWS).tolist())
        elif low is None or high is None:
            columns.append(rng.normal(size=RANDOM_ROWS).round(4).tolist())
        elif one.get("kind") == "integer":
            columns.append(rng.integers(int(low), int(high) + 1, RANDOM_ROWS).tolist())
        else:
            columns.append(rng.uniform(low, high, RANDOM_ROWS).tolist())
    return tuple(zip(*columns, strict=True))


def _parameters(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    told = metadata.get("parameters")
    return told if isinstance(told, dict) else {}


def _example(metadata: Mapping[str, Any]) -> list[Any]:
    """Example rows that the metadata offers, as lists or as objects; empty without any."""
    told = metadata.get("example", _parameters(metadata).get("example"))
    told = json.loads(told) if isinstance(told, str) else told
    if isinstance(told, dict):
        told = told.get("rows") or told.get("instances") or [told]
    return told if isinstance(told, list) else []


def _of(listed: Sequence[Any], features: Sequence[Feature], tensor: str) -> Rows:
    """Rows given as objects or as lists, in the model's order where that is known."""
    if all(isinstance(row, dict) for row in listed):
        names = [feature.name for feature in features] or list(listed[0])
        missing = sorted({name for name in names for row in listed if name not in row})
        if missing:
            raise LoadError(f"the rows lack features of the model: {', '.join(missing[:5])}")
        values = tuple(tuple(row[name] for name in names) for row in listed)
        return Rows(_typed(names, values[0]), values, True, tensor)
    if not all(isinstance(row, list | tuple) for row in listed):
        raise LoadError("rows must be all lists or all objects")
    names = [feature.name for feature in features] or [f"feature-{i}" for i in range(len(listed[0]))]
    values = tuple(map(tuple, listed))
    if len(values[0]) != len(names):
        raise LoadError(f"the model takes {len(names)} values a row, the rows have {len(values[0])}")
    return Rows(_typed(names, values[0]), values, bool(features), tensor)


def _typed(names: Iterable[str], row: Sequence[Value]) -> tuple[Feature, ...]:
    return tuple(Feature(name, isinstance(value, str)) for name, value in zip(names, row, strict=True))


def _from_file(file: Path, features: Sequence[Feature], tensor: str) -> Rows:
    readers = {".csv": _csv_rows, ".parquet": _parquet_rows, ".json": _json_rows}
    if file.suffix.lower() not in readers:
        raise LoadError(f"--rows takes {', '.join(sorted(readers))}, got {file.name!r}")
    try:
        listed = readers[file.suffix.lower()](file)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise LoadError(f"{file} cannot be read: {error}") from None
    if not listed:
        raise LoadError(f"{file} holds no row")
    return _of(listed, features, tensor)


def _csv_rows(file: Path) -> list[Any]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        return [
            {name: _number_or_text(cell) for name, cell in row.items()} for row in csv.DictReader(lines, strict=True)
        ]


def _number_or_text(cell: str) -> Value:
    try:
        return int(cell)
    except ValueError:
        try:
            return float(cell)
        except ValueError:
            return cell


def _json_rows(file: Path) -> list[Any]:
    told = json.loads(file.read_text(encoding="utf-8"))
    listed = (told.get("instances") or told.get("rows")) if isinstance(told, dict) else told
    if not isinstance(listed, list):
        raise ValueError('JSON must be a list of rows, or an object with "instances" or "rows"')
    return listed


def _parquet_rows(file: Path) -> list[Any]:
    import pyarrow.parquet  # only where a Parquet file is given: the load image does without

    rows: list[Any] = pyarrow.parquet.read_table(file).slice(0, 10_000).to_pylist()
    return rows
