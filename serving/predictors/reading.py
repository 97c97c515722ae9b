"""The kinds of predictors, and how one is read from its part of model.json and the folder's files."""

from collections.abc import Callable, Mapping
from typing import Any

from serving.errors import BrokenModel
from serving.predictors.additive import Additive
from serving.predictors.linear import Linear
from serving.predictors.onnx import Onnx
from serving.predictors.predictor import Predictor
from serving.predictors.vote import Vote

Reader = Callable[[Mapping[str, Any], Mapping[str, bytes], int], Predictor]

MEMBERS: dict[str, Reader] = {"linear": Linear.read, "additive": Additive.read, "onnx": Onnx.read}
"""The kinds that may vote."""
_LARGEST = 1e9


def read_predictor(spec: Any, files: Mapping[str, bytes], n_features: int) -> Predictor:
    """The predictor that `spec` describes; raises BrokenModel for an unknown kind or unusable weights."""
    return _read(spec, {**MEMBERS, "vote": read_vote}, files, n_features)


def read_vote(spec: Mapping[str, Any], files: Mapping[str, bytes], n_features: int) -> Vote:
    """The vote of spec["members"], each {"weight": w, "predictor": {...}}; raises BrokenModel."""
    members = spec.get("members")
    if not isinstance(members, list) or not members or not all(isinstance(m, dict) for m in members):
        raise BrokenModel("a vote's members must be a list of {weight, predictor}")
    weights = [member.get("weight") for member in members]
    if not all(type(w) in (int, float) and 0 < w <= _LARGEST for w in weights):
        raise BrokenModel(f"the weights of a vote must lie in (0, {_LARGEST:g}], got {repr(weights)[:80]}")
    return Vote([_read(member.get("predictor"), MEMBERS, files, n_features) for member in members], weights)


def _read(spec: Any, kinds: Mapping[str, Reader], files: Mapping[str, bytes], n_features: int) -> Predictor:
    kind = spec.get("kind") if isinstance(spec, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        raise BrokenModel(f"the predictor's kind must be one of {sorted(kinds)}, got {str(kind)[:80]!r}")
    return kinds[kind](spec, files, n_features)
