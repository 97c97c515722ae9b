"""Read a model folder of whichever kind it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Union

from serving.model_folder.fields import Fields
from serving.model_folder.folder import ModelFolder
from serving.model_folder.origin import read_with

if TYPE_CHECKING:
    from serving.model_folder.images import ImageFolder
    from serving.model_folder.vibration import VibrationFolder

AnyFolder = Union[ModelFolder, "ImageFolder", "VibrationFolder"]


def read_folder(folder: str | Path) -> AnyFolder:
    """Read and check a folder; raises BrokenModel, one line, for anything that is missing or does not fit."""
    return read_with(folder, _of)


def _of(model: Fields, files: Mapping[str, bytes]) -> AnyFolder:
    if "kind" not in model.values:  # a model of table rows
        return ModelFolder.of(model, files)
    if model.values["kind"] == "vibration":
        from serving.model_folder.vibration import VibrationFolder

        return VibrationFolder.of(model, files)
    from serving.model_folder.images import ImageFolder  # whoever serves tables alone does without

    return ImageFolder.of(model, files)
