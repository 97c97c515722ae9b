"""From the probabilities of the classes to the one an image is called by."""

import numpy as np


def defect_probability(probabilities: np.ndarray, background: int) -> np.ndarray:
    """1 - the background's probability of each row of probabilities (n, k); (n,) of the same type."""
    return np.asarray(np.clip(1 - probabilities[:, background], 0, 1))


def decide(probabilities: np.ndarray, background: int | None, threshold: float | None) -> np.ndarray:
    """The class of each row of probabilities (n, k), (n,) positions.

    The most probable one; with a threshold it is the most probable defect where the probability of a defect reaches
    it, and else the background, which then is no None.
    """
    if threshold is None or background is None:
        return np.asarray(probabilities.argmax(axis=1))
    defects = probabilities.copy()
    defects[:, background] = -1
    found = defect_probability(probabilities, background) >= threshold
    return np.where(found, defects.argmax(axis=1), background)
