"""The binary tensor extension of V2: a JSON head, then the bytes of the tensors in their order.

BYTES elements are each a 4-byte little-endian length and that many bytes; numbers are little-endian, row by row.
"""

from collections.abc import Mapping, Sequence
from math import prod
from struct import unpack_from
from typing import Any

import numpy as np

from serving.server.refusals import bad, counted, shown
from serving.server.tensors import NUMBERS, ROWS, ROWS_SAY, Tensor, from_json, head


def head_length(header: bytes, body_length: int) -> int:
    """The length of the JSON head; a 400 unless it is a number from 1 to the body's length."""
    text = header.strip()
    length = int(text) if text.isdigit() and len(text) < 19 else 0
    if not 1 <= length <= body_length:
        got = shown(header.decode("latin-1"))
        raise bad(f"Inference-Header-Content-Length must be from 1 to the body's {body_length} bytes, got {got}")
    return length


def read_inputs(
    entries: Sequence[Any], tail: memoryview, ranks: Mapping[str, Sequence[int]] = ROWS, accepted: str = ROWS_SAY
) -> list[Tensor]:
    """The input tensors, each from its JSON data or from its own bytes of the tail, all of which are used.

    ranks and accepted: as `tensors.head` takes them.
    """
    found, used = [], 0
    for at, entry in enumerate(entries):
        size = binary_size(entry, at)
        if size is None:
            found.append(from_json(entry, at, ranks, accepted))
            continue
        if used + size > len(tail):
            left = len(tail) - used
            raise bad(f"inputs[{at}] has binary_data_size {size}, but only {counted(left, 'byte')} are left")
        found.append(_from_bytes(head(entry, at, ranks, accepted), at, tail[used : used + size]))
        used += size
    if used < len(tail):
        raise bad(f"{counted(len(tail) - used, 'byte')} too many follow the JSON; the binary_data_size sum to {used}")
    return found


def binary_size(entry: Any, at: int) -> int | None:
    """How many bytes hold inputs[at]; None if it has JSON data."""
    parameters = entry.get("parameters") if type(entry) is dict else None
    size = parameters.get("binary_data_size") if type(parameters) is dict else None
    if size is None:
        return None
    if type(size) is not int or size < 0:
        raise bad(f"inputs[{at}].parameters.binary_data_size must be a whole number of bytes, got {shown(size)}")
    if "data" in entry:
        raise bad(f"inputs[{at}] has both data and binary_data_size; send one of them")
    return size


def _from_bytes(told: tuple[str, str, tuple[int, ...]], at: int, raw: memoryview) -> Tensor:
    name, datatype, shape = told
    if datatype == "BYTES":
        return Tensor(name, datatype, shape, _strings(elements(raw, prod(shape), f"inputs[{at}]"), f"inputs[{at}]"))
    kind = NUMBERS[datatype]
    if prod(shape) * kind.itemsize != len(raw):
        raise bad(f"inputs[{at}] has {len(raw)} bytes; shape {list(shape)} of {datatype} needs another number")
    return Tensor(name, datatype, shape, np.frombuffer(raw, dtype=kind))


def elements(raw: memoryview, n: int, where: str) -> list[memoryview]:
    """The n elements of a BYTES tensor; a 400 for another number of them and for lengths that do not fit."""
    found: list[memoryview] = []
    at = 0
    while at < len(raw):
        end = at + 4 + (unpack_from("<I", raw, at)[0] if at + 4 <= len(raw) else len(raw))
        if end > len(raw):
            raise bad(f"{where}: element {len(found)} is longer than the {counted(len(raw) - at, 'byte')} left for it")
        found.append(raw[at + 4 : end])
        at = end
    if len(found) != n:
        raise bad(f"{where} holds {counted(len(found), 'element')}, its shape needs another number")
    return found


def _strings(raw: list[memoryview], where: str) -> list[Any]:
    found: list[Any] = []
    for element in raw:
        try:
            found.append(str(element, "utf-8"))
        except UnicodeDecodeError:
            raise bad(f"{where}: element {len(found)} is not UTF-8") from None
    return found


class Elements:
    """Two BYTES elements, of which many are chosen at once."""

    def __init__(self, texts: tuple[str, str]) -> None:
        raw = [text.encode("utf-8") for text in texts]
        self._both = [len(text).to_bytes(4, "little") + text for text in raw]
        self._unmarked = not any(mark in element for mark in _MARKS for element in self._both)

    def chosen(self, second: np.ndarray) -> bytes:
        """The first or, where `second` (n,) is true, the second element, one after the other."""
        if not self._unmarked:
            return b"".join([self._both[at] for at in second.tolist()])
        text = second.tobytes().translate(_TO_MARKS)  # then replacing takes a third of joining
        for mark, element in zip(_MARKS, self._both, strict=True):
            text = text.replace(mark, element)
        return text


_MARKS = b"\xfe", b"\xff"  # never in UTF-8, and in the length of long texts only
_TO_MARKS = bytes.maketrans(b"\0\1", b"".join(_MARKS))
