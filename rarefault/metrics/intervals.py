"""How far a share can be off that was counted on a few things."""

from math import sqrt

_Z = 1.959963984540054  # two-sided 95 %


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, right of n > 0 independent things (Wilson, 1927)."""
    share, square = right / n, _Z**2 / n
    centre, half = share + square / 2, _Z * sqrt(share * (1 - share) / n + square / (4 * n))
    # Of none or all, one end is exact and rounding must not move it.
    low = max(0.0, (centre - half) / (1 + square)) if right else 0.0
    return low, min(1.0, (centre + half) / (1 + square)) if right < n else 1.0
