"""Which outputs a V2 request asks for, and which of them as binary data."""

from collections.abc import Mapping
from typing import Any

from serving.server.refusals import bad, listed, shown

OUTPUTS = {"label": "BYTES", "probability": "FP64"}
Wanted = tuple[str, bool]
"""An output's name, and whether it is sent as binary data."""


def wanted_outputs(payload: dict[str, Any], outputs: Mapping[str, str] = OUTPUTS) -> list[Wanted]:
    """Those of the outputs that are asked for, in that order; all of them if none is named."""
    parameters = _parameters(payload, "parameters", outputs)
    everything = _flag(parameters, "binary_data_output", "parameters", False)
    asked = payload.get("outputs")
    if asked is None or asked == []:
        return [(name, everything) for name in outputs]
    if type(asked) is not list:
        raise bad(f"outputs must be an array of objects with a name, got {shown(asked)}")
    wanted = [_wanted(entry, f"outputs[{at}]", everything, outputs) for at, entry in enumerate(asked)]
    names = [name for name, _ in wanted]
    if len(set(names)) < len(names):
        raise bad("outputs names an output twice; name each once")
    return wanted


def _wanted(entry: Any, where: str, everything: bool, outputs: Mapping[str, str]) -> Wanted:
    if type(entry) is not dict or type(entry.get("name")) is not str:
        raise bad(f"{where} must be an object with a name, got {shown(entry)}")
    if entry["name"] not in outputs:
        raise bad(f"{where}: {shown(entry['name'])} is no output; the outputs are {listed(outputs)}")
    unknown = sorted(entry.keys() - {"name", "parameters"})
    if unknown:
        raise bad(f"{where} has unknown fields {listed(unknown)}; known are name, parameters")
    parameters = _parameters(entry, f"{where}.parameters", outputs)
    return entry["name"], _flag(parameters, "binary_data", f"{where}.parameters", everything)


def _parameters(owner: dict[str, Any], where: str, outputs: Mapping[str, str]) -> dict[str, Any]:
    parameters = owner.get("parameters")
    if parameters is None:
        return {}
    if type(parameters) is not dict:
        raise bad(f"{where} must be an object, got {shown(parameters)}")
    for name in ("shared_memory_region", "classification"):
        if name in parameters:
            raise bad(f"{where}.{name} is not supported; the outputs are {listed(outputs)}, sent in the answer")
    return parameters


def _flag(parameters: dict[str, Any], name: str, where: str, otherwise: bool) -> bool:
    value = parameters.get(name, otherwise)
    if type(value) is not bool:
        raise bad(f"{where}.{name} must be true or false, got {shown(value)}")
    return value
