"""Images of surfaces: read, check, split, augment and write them."""

from rarefault.datasets.images.image_set import ImageFacts, ImageSet

__all__ = ["ImageFacts", "ImageSet"]
