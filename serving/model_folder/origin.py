"""What every model folder says of itself, whatever it scores."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from serving.errors import BrokenModel
from serving.model_folder.fields import Fields
from serving.model_folder.files import MODEL, SUMS, parse_json, read_files

FORMAT = "rarefault-model"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
"""Names and versions of models: they stand in addresses."""
Found = TypeVar("Found")


@dataclass(frozen=True)
class Origin:
    """Which model it is and where it comes from; digest changes with any file."""

    name: str
    version: str
    classifier: str
    strategy: str
    facts: dict[str, Any]
    versions: dict[str, Any]
    created: str
    parity: dict[str, Any]
    digest: str


def origin_of(model: Fields, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The values of an Origin by name; raises BrokenModel."""
    return {
        "name": _name(model, "name"),
        "version": _name(model, "version"),
        "classifier": model.text("classifier"),
        "strategy": model.text("strategy", empty=True),
        "facts": model.part("facts").values,
        "versions": model.part("versions").values,
        "created": model.text("created"),
        "parity": model.part("parity").values,
        "digest": hashlib.sha256(files[SUMS]).hexdigest(),
    }


def check_format(model: Fields, version: int) -> None:
    """Raise BrokenModel unless it is a model of this format version."""
    if model.values.get("format") != FORMAT:
        raise model.refuse("format", repr(FORMAT))
    found = model.values.get("format_version")
    if type(found) is not int or found != version:
        raise model.refuse("format_version", str(version))


def read_with(folder: str | Path, read: Callable[[Fields, dict[str, bytes]], Found]) -> Found:
    """What `read` makes of model.json and the folder's files; a BrokenModel becomes one line with the folder in it."""
    try:
        files = read_files(Path(folder))
        return read(Fields(parse_json(files[MODEL]), MODEL), files)
    except BrokenModel as problem:
        raise BrokenModel(" ".join(f"{folder}: {problem}".split())) from problem


def _name(model: Fields, field: str) -> str:
    if not NAME.fullmatch(model.text(field)):
        raise model.refuse(field, "letters, digits, '.', '_' and '-'")
    return model.text(field)
