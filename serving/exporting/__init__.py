"""A fitted classifier -> a model folder that is served without scikit-learn, pandas or torch."""

from serving.exporting.export import ParityError, export

__all__ = ["ParityError", "export"]
