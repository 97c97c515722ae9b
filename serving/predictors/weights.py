"""Weight files: named float64 and int64 arrays in safetensors, checked as they are read."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.errors import BrokenModel

FILE = "weights.safetensors"


def file_of(spec: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The content of the file that a predictor names; raises BrokenModel if it is not among the folder's files."""
    name = spec.get("file")
    if not isinstance(name, str) or name not in files:
        raise BrokenModel(f"the predictor's file must be one of {sorted(files)}, got {str(name)[:80]!r}")
    return files[name]


class Weights:
    """The arrays of one weight file; raises BrokenModel if it cannot be read."""

    def __init__(self, content: bytes) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            self._arrays = load(content)
        except (SafetensorError, ValueError, KeyError, TypeError) as problem:
            raise BrokenModel(f"the weights cannot be read: {' '.join(str(problem).split())[:200]}") from problem

    def numbers(self, name: str, n: int | None = None) -> np.ndarray:
        """The finite float64 array `name`, (n,); any length where n is None."""
        values = self._array(name, np.float64, n)
        if not np.isfinite(values).all():
            raise BrokenModel(f"the weights {name!r} hold values that are not finite")
        return values

    def indices(self, name: str, below: int, n: int | None = None) -> np.ndarray:
        """The int64 array `name`, (n,), of values from 0 to below - 1."""
        values = self._array(name, np.int64, n)
        if len(values) and (values.min() < 0 or values.max() >= below):
            raise BrokenModel(f"the weights {name!r} must lie in 0 .. {below - 1}")
        return values

    def _array(self, name: str, dtype: type, n: int | None) -> np.ndarray:
        if name not in self._arrays:
            raise BrokenModel(f"the weights lack {name!r}; they hold {sorted(self._arrays)[:12]}")
        values = self._arrays[name]
        if values.dtype != dtype or values.ndim != 1 or len(values) != (len(values) if n is None else n):
            accepted = f"{np.dtype(dtype)} ({'any' if n is None else n},)"
            raise BrokenModel(f"the weights {name!r} must be {accepted}, got {values.dtype} {values.shape}")
        return values
