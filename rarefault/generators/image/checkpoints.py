"""The whole state of a training in one file, replaced in one go, so that a killed training goes on bit for bit."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from rarefault.errors import InputError

_KEY = "training"


def fingerprint(settings: Any, *data: np.ndarray | str) -> str:
    """Names a training: the same settings (a dataclass) and data give the same text."""
    digest = hashlib.sha256(json.dumps(asdict(settings), sort_keys=True).encode())
    for array in map(np.asarray, data):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def write(file: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Replace `file` by tensors and facts (what JSON can hold); a reader sees the old file or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    apart = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    save_file(apart, fresh, metadata={_KEY: json.dumps(facts)})
    with fresh.open("rb+") as written:
        os.fsync(written.fileno())
    fresh.replace(file)


def read(file: Path, named: str) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """What `write` left in `file`, or None without a file; raises InputError when it is of another training.

    named: the fingerprint that the facts must hold.
    """
    if not file.exists():
        return None
    try:
        with safe_open(file, framework="pt") as opened:
            facts = json.loads((opened.metadata() or {}).get(_KEY, "{}"))
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
    except (OSError, ValueError, RuntimeError, SafetensorError) as problem:
        raise InputError(f"{file} is no checkpoint that can be read ({problem}); delete it to start anew") from problem
    if facts.get("fingerprint") != named:
        raise InputError(f"{file} is of a training with other settings or images; delete it or name another folder")
    return tensors, facts


def networks_state(networks: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """Every parameter and buffer as "network/name"."""
    return {f"{key}/{name}": value for key, net in networks.items() for name, value in net.state_dict().items()}


def restore_networks(networks: Mapping[str, nn.Module], tensors: Mapping[str, Tensor]) -> None:
    """Copy what `networks_state` gave into networks of the same shape."""
    for key, network in networks.items():
        network.load_state_dict({name: tensors[f"{key}/{name}"] for name in network.state_dict()})


def optimisers_state(optimisers: Mapping[str, torch.optim.Optimizer]) -> dict[str, Tensor]:
    """Every tensor that an optimiser keeps for a parameter, as "optimiser/position/name"."""
    return {
        f"{key}/{at}/{name}": value
        for key, optimiser in optimisers.items()
        for at, kept in optimiser.state_dict()["state"].items()
        for name, value in kept.items()
    }


def restore_optimisers(optimisers: Mapping[str, torch.optim.Optimizer], tensors: Mapping[str, Tensor]) -> None:
    """Give optimisers with the same parameters back what `optimisers_state` took."""
    for key, optimiser in optimisers.items():
        parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith(f"{key}/"):
                _, at, field = name.split("/")
                state.setdefault(int(at), {})[field] = _laid_out_as(parameters[int(at)], value)
        optimiser.load_state_dict({**optimiser.state_dict(), "state": state})


def _laid_out_as(parameter: Tensor, value: Tensor) -> Tensor:
    """The value in the parameter's memory layout, which fused optimisers take for granted."""
    return torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value
