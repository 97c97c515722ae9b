"""Inspectors: networks that say which class an image of a surface belongs to, trained from scratch.

To add one, write a subclass of `rarefault.classifiers.image.network.Network` and one line in IMAGE_CLASSIFIERS.
"""

from rarefault.classifiers.image.inspector import Inspector
from rarefault.classifiers.image.networks import IMAGE_CLASSIFIERS
from rarefault.classifiers.image.settings import InspectorSettings

__all__ = ["IMAGE_CLASSIFIERS", "Inspector", "InspectorSettings"]
