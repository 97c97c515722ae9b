"""Real and generated images in two dimensions, for the plot (section 4.2 of the ball-screw paper)."""

from typing import Any

import numpy as np

from rarefault.metrics.images.features import NETWORK, features, network_name

_POINTS = 300
_COMPONENTS = 30
_PERPLEXITY = 30.0


def project_tsne(
    real: np.ndarray, generated: np.ndarray, network: str = NETWORK, seed: int = 0, threads: int | None = None
) -> dict[str, Any]:
    """Place images by t-SNE (van der Maaten and Hinton, 2008) on the first 30 principal components of their features.

    real, generated: images (n, c, h, w), (m, c, h, w) uint8. Returns real and generated, lists of at most 300 points
    (x, y) each drawn by `seed`, and network. Neighbours stay neighbours; distances between far points mean nothing.
    Raises ValueError for fewer than 4 images in all.
    """
    if len(real) + len(generated) < 4:
        raise ValueError(f"a projection needs at least 4 images, got {len(real)} real and {len(generated)} generated")
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    shown = [images[np.sort(rng.permutation(len(images))[:_POINTS])] for images in (real, generated)]
    rows = np.concatenate([features(images, network, threads) for images in shown])
    perplexity = min(_PERPLEXITY, (len(rows) - 1) / 3)
    with threadpool_limits(1):  # so few points gain nothing from more, and lose much where cores are shared
        reduced = PCA(min(_COMPONENTS, len(rows) - 1, rows.shape[1]), random_state=seed).fit_transform(rows)
        points = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(reduced)
    return {
        "real": points[: len(shown[0])].tolist(),
        "generated": points[len(shown[0]) :].tolist(),
        "network": network_name(network),
    }
