import numpy as np
import pytest


def surfaces(n, size=32, channels=1, seed=0):
    """Grey noise; class 1 has a dark dot, class 2 a bright stripe."""
    rng = np.random.default_rng(seed)
    images = rng.normal(128, 12, (n, channels, size, size))
    codes = np.arange(n) % 3
    for image, code in zip(images, codes, strict=True):
        at = rng.integers(4, size - 12)
        if code == 1:
            image[:, at : at + 7, at : at + 7] -= 70
        if code == 2:
            image[:, at : at + 3] += 70
    return images.clip(0, 255).astype(np.uint8), codes


@pytest.fixture(scope="session")
def taught():
    return surfaces(90)


@pytest.fixture(scope="session")
def unseen():
    return surfaces(60, seed=9)
