"""Weights of a network from a file: safetensors, or a state dict of torch, of which nothing but arrays is read."""

import hashlib
import io
import pickle
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from rarefault.errors import InputError


def read_weights(file: Path, sha256: str = "") -> dict[str, np.ndarray]:
    """The arrays of a .safetensors or .pth file by name.

    Raises InputError for a file that is missing, is neither, or has another SHA-256 than the one given.
    """
    content = _content(file)
    found = hashlib.sha256(content).hexdigest()
    if sha256 and found != sha256:
        raise InputError(f"{file} has SHA-256 {found}, expected {sha256}: install its package again")
    try:
        return load(content) if file.suffix == ".safetensors" else _state_dict(content)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, AttributeError) as problem:
        raise InputError(f"{file} holds no weights: expected .safetensors, or a state dict of torch") from problem


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; raises InputError for one that cannot be read."""
    return hashlib.sha256(_content(file)).hexdigest()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise InputError(f"weights {file} cannot be read: {problem.strerror}") from problem


def _state_dict(content: bytes) -> dict[str, np.ndarray]:
    import torch

    loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return {name: tensor.numpy() for name, tensor in loaded.items()}
