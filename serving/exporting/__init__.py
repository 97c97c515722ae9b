"""A fitted classifier or inspector -> a model folder that is served without scikit-learn, pandas or torch."""

from serving.exporting.export import export
from serving.exporting.image import export_image
from serving.exporting.writing import ParityError

__all__ = ["ParityError", "export", "export_image"]
