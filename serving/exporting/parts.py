"""What the export of an estimator yields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Part:
    """A predictor's entry in model.json and the content of its files by name."""

    spec: dict[str, Any]
    files: dict[str, bytes]


def weights_part(kind: str, arrays: Mapping[str, Any], file: str) -> Part:
    """A predictor whose weights are float64 and int64 arrays."""
    from safetensors.numpy import save

    plain = {name: np.ascontiguousarray(values).reshape(-1) for name, values in arrays.items()}
    return Part({"kind": kind, "file": f"{file}.safetensors"}, {f"{file}.safetensors": save(plain)})
