"""Filters choose which synthetic rows to keep.

To add one, write a subclass of `rarefault.filters.base.Filter` and one line in FILTERS.
"""

from rarefault.filters.base import Filter
from rarefault.registries import LazyRegistry

FILTERS: LazyRegistry[Filter] = LazyRegistry(
    "filter",
    {
        "kmeans": "rarefault.filters.kmeans:KMeansFilter",
        "fault-centroid": "rarefault.filters.centroid:FaultCentroid",
        "density-ratio": "rarefault.filters.density_ratio:DensityRatio",
        "none": "rarefault.filters.keep_all:KeepAll",
    },
)

__all__ = ["FILTERS", "Filter"]
