"""Traits of the files that tell the class although they are no part of the surface."""

from collections import Counter
from collections.abc import Sequence

_FEW = 10  # values of a trait; more are the scatter of crops
_TELLS = 0.5  # share of the images that guessing the commonest class gets wrong and the trait gets right


def give_aways(labels: Sequence[str], origins: Sequence[tuple[str, int, int]]) -> list[str]:
    """Warnings where the format or the size of a file (format, width, height) tells much of its class.

    A trait counts when it halves the errors of always guessing the commonest class.
    """
    formats, sizes = ([kind for kind, _, _ in origins], [f"{w} x {h}" for _, w, h in origins])
    warnings = []
    commonest = max(Counter(labels).values())
    for trait, values in (("file format", formats), ("picture size", sizes)):
        pairs = Counter(zip(values, labels, strict=True))
        best: dict[str, int] = {}
        for (value, _), n in pairs.items():
            best[value] = max(best.get(value, 0), n)
        right = sum(best.values())
        if 1 < len(best) <= _FEW and right - commonest >= _TELLS * (len(labels) - commonest):
            warnings.append(
                f"the {trait} alone tells the class of {right / len(labels):.0%} of the images: a model may learn how "
                "the pictures were made instead of the surface"
            )
    return warnings
