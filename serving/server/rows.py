"""V1 instances: arrays in feature order or objects by feature name, to a float64 matrix.

The quick way packs whole rows and knows only that something is wrong; the careful way goes cell by cell, says what is
wrong and fills gaps. Every row the quick way takes, the careful way takes with the same numbers.
"""

import struct
from typing import Any

import numpy as np

from serving.server.refusals import bad, counted, listed, shown
from serving.server.schema import Schema


def numbers(row: Any, schema: Schema) -> Any:
    """The values of a row in feature order with levels as codes; raises KeyError or TypeError if something is wrong."""
    if type(row) is dict:
        if len(row) != schema.width:
            raise KeyError
        row = schema.by_name(row)
    elif type(row) is not list:
        raise TypeError
    if schema.levels:
        row = list(row)
        for at, codes in schema.levels.items():
            row[at] = codes[row[at]]
    if bool in set(map(type, row)):  # a boolean packs as 0 or 1
        raise TypeError
    return row


def matrix(instances: Any, schema: Schema, most: int) -> np.ndarray:
    """The rows of instances, (n, width), with NaN for a null that may be filled.

    A 400 if they are not all arrays or all objects of values that the features take.
    """
    if type(instances) is not list:
        raise bad(f'"instances" must be an array of rows, got {shown(instances)}')
    if not instances:
        raise bad('"instances" is empty; at least one row is needed')
    if len(instances) > most:
        raise bad(f'"instances" has {len(instances)} rows; at most {most} are accepted in a request')
    try:
        return _packed(instances, schema)
    except (struct.error, LookupError, TypeError):
        return _careful(instances, schema)


def _packed(instances: list[Any], schema: Schema) -> np.ndarray:
    if len(set(map(type, instances))) > 1:
        raise TypeError
    packed = np.empty((len(instances), schema.width))
    memory, stride, pack_into = packed.data.cast("B"), schema.stride, schema.pack_into
    for at, row in enumerate(instances):
        pack_into(memory, at * stride, *numbers(row, schema))
    return packed


def _careful(instances: list[Any], schema: Schema) -> np.ndarray:
    kind = type(instances[0])
    found = np.empty((len(instances), schema.width))
    for i, row in enumerate(instances):
        where = f"instances[{i}]"
        if type(row) not in (list, dict):
            raise bad(f"{where} must be an array of {schema.width} values or an object by feature, got {shown(row)}")
        if type(row) is not kind:
            raise bad(f"{where} is {shown(row)}, instances[0] is {shown(instances[0])}; send rows of one kind")
        values = _in_order(row, schema, where) if type(row) is dict else row
        if len(values) != schema.width:
            raise bad(f"{where} has {counted(len(values), 'value')}; the model takes {schema.order()}")
        for at, value in enumerate(values):
            found[i, at] = schema.number(at, value, where)
    return found


def _in_order(row: dict[str, Any], schema: Schema, where: str) -> list[Any]:
    unknown = [name for name in row if name not in schema.positions]
    missing = [name for name in schema.names if name not in row]
    if unknown:
        lack = f" and lacks {listed(missing)}" if missing else ""
        raise bad(f"{where} has unknown features {listed(unknown)}{lack}; the model takes {schema.order()}")
    if missing:
        raise bad(f"{where} lacks the features {listed(missing)}; the model takes {schema.order()}")
    return [row[name] for name in schema.names]
