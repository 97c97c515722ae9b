"""The exported model folder: what is in it, and how it is read, checked and tested on its own example."""

from serving.errors import BrokenModel
from serving.model_folder.features import Feature
from serving.model_folder.folder import ModelFolder

__all__ = ["BrokenModel", "Feature", "ModelFolder"]
