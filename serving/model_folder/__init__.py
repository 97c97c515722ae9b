"""The exported model folder: what is in it, and how it is read, checked and tested on its own example."""

from serving.errors import BrokenModel
from serving.model_folder.features import Feature
from serving.model_folder.folder import ModelFolder
from serving.model_folder.reading import AnyFolder, read_folder

__all__ = ["AnyFolder", "BrokenModel", "Feature", "ModelFolder", "read_folder"]
