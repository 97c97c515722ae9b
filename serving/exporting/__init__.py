"""A fitted classifier, inspector or degradation model -> a model folder that is served without the library."""

from serving.exporting.export import export
from serving.exporting.image import export_image
from serving.exporting.vibration import export_vibration
from serving.exporting.writing import ParityError

__all__ = ["ParityError", "export", "export_image", "export_vibration"]
