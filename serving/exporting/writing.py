"""A model folder as it is written: named, filled, and read back as the server would."""

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from rarefault.errors import StepError
from serving.exporting.placing import staged
from serving.model_folder import BrokenModel
from serving.model_folder.files import MODEL, write_sums
from serving.model_folder.origin import FORMAT, NAME


class ParityError(StepError):
    """The exported model does not answer as the original does, and was not kept."""


def check_names(name: str, version: str) -> None:
    """Raise ValueError for a name or version that cannot stand in an address."""
    for field, value in (("name", name), ("version", version)):
        if not NAME.fullmatch(value):
            raise ValueError(f"{field} must be letters, digits, '.', '_' and '-', got {value!r}")


def head_of(name: str, version: str, format_version: int, packages: Sequence[str]) -> dict[str, Any]:
    """What each model.json begins with; packages: those whose versions it tells."""
    return {
        "format": FORMAT,
        "format_version": format_version,
        "name": name,
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **{package: installed(package) for package in packages}},
    }


def write_folder(
    folder: Path, model: Mapping[str, Any], files: Mapping[str, bytes], read: Callable[[Path], object]
) -> None:
    """Put a folder of model.json and the files in place once `read` accepts it; raises ParityError if it does not."""
    with staged(folder) as staging:
        text = json.dumps(model, indent=1, allow_nan=False, ensure_ascii=False)
        (staging / MODEL).write_text(text, encoding="utf-8")
        for name, content in files.items():
            (staging / name).write_bytes(content)
        write_sums(staging)
        try:
            read(staging)
        except BrokenModel as problem:
            raise ParityError(f"the exported folder cannot be read back: {problem}") from problem
