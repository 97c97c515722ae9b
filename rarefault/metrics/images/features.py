"""Images as rows of features, from which distances between sets of images are computed.

To add a network, write a subclass of `rarefault.metrics.images.network.Network` and one line in NETWORKS. Figures from
two networks cannot be compared: say with each which network it is from (`network_name`).
"""

from functools import cache

import numpy as np

from rarefault.metrics.images.network import Network
from rarefault.registries import LazyRegistry

NETWORK = "efficientnet-lite0"
"""The network that is used unless another one is asked for: its weights come inside a package."""

NETWORKS: LazyRegistry[Network] = LazyRegistry(
    "feature network",
    {
        "efficientnet-lite0": "rarefault.metrics.images.efficientnet:EfficientNetLite0",
        "inception-v3": "rarefault.metrics.images.inception:InceptionV3",
        "pixels": "rarefault.metrics.images.network:Pixels",
    },
)


def features(images: np.ndarray, network: str = NETWORK, threads: int | None = None) -> np.ndarray:
    """The features (n, d) float64 of images (n, 1 or 3, h, w) uint8; those of an image once seen are kept.

    threads: as many as torch uses unless given; they do not change the values. Raises ValueError for other images,
    InputError for an unknown network and for one whose weights are not at hand.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3) or 0 in images.shape[2:]:
        raise ValueError(f"images must be uint8 (n, 1 or 3, h, w), got {images.dtype} {images.shape}")
    if threads is None:
        import torch

        threads = torch.get_num_threads()
    return _network(network)(images, max(1, threads))


def network_name(network: str = NETWORK) -> str:
    """The network as a report names it, with its number of features; raises InputError as `features` does."""
    made = _network(network)
    return f"{made.title} ({made.width} features)"


@cache
def _network(name: str) -> Network:
    return NETWORKS[name]()
