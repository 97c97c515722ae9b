"""The ball-screw paper's own numbers, from its own images and InceptionV3, to be shown beside a run's and so labelled.

Tables 6 and 8. The overall accuracies of tasks 5 and 6 are given to the task whose recalls they fit: the table's text
leaves their order open. The steel-plate paper's Tables 3 and 4 are not in the text that this was built from.
"""

from typing import Any

CITATION = "the ball-screw paper, on its own images"

FRECHET = {"pitting": {"original": 110.2, "classical": 108.1}, "rust": {"original": 98.5, "classical": 98.6}}
"""Table 6: Fréchet distance (InceptionV3) of generated to original and to classically augmented images."""

_CLASSES = ("pitting", "intact", "rust", "macro")
_ROWS = {
    1: ((0.923, 0.816, 0.867), (0.957, 0.966, 0.96), (0.746, 0.718, 0.707), (0.879, 0.844, 0.849), 0.909),
    2: ((0.921, 0.836, 0.88), (0.976, 0.967, 0.971), (0.747, 0.81, 0.787), (0.881, 0.88, 0.88), 0.9343),
    3: ((0.957, 0.814, 0.887), (0.966, 0.973, 0.971), (0.741, 0.798, 0.767), (0.889, 0.863, 0.874), 0.9371),
    4: ((0.864, 0.896, 0.877), (0.986, 0.96, 0.969), (0.797, 0.819, 0.773), (0.869, 0.89, 0.873), 0.9328),
    5: ((0.856, 0.949, 0.899), (0.98, 0.977, 0.976), (0.819, 0.767, 0.787), (0.886, 0.896, 0.89), 0.9457),
    6: ((0.897, 0.911, 0.909), (0.999, 0.954, 0.972), (0.756, 0.904, 0.823), (0.881, 0.929, 0.904), 0.9428),
}

TASKS: dict[int, dict[str, Any]] = {
    number: {
        **{
            name: dict(zip(("precision", "recall", "f1"), values, strict=True))
            for name, values in zip(_CLASSES, row[:4], strict=True)
        },
        "accuracy": row[4],
    }
    for number, row in _ROWS.items()
}
"""Table 8: the six classification tasks, ten repeats each; precision, recall and F1 of each class, and accuracy."""
