"""Images and settings for the contract tests; run as a script it fits one generator with a checkpoint after each loop.

python contract_images.py NAME FOLDER: prints a line at each call of progress.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

QUICK: dict[str, dict[str, Any]] = {
    "dcgan": {"width": 0.01, "latent": 6, "loops": 6, "batch": 4, "k_d": 2, "k_g": 1},
    "lsgan": {"width": 0.01, "latent": 6, "loops": 6, "batch": 4, "k_d": 1, "k_g": 2},
    "pegan": {"width": 0.06, "blocks": 1, "loops": 6, "batch": 4, "n_critic": 1},
    "stargan": {"width": 0.06, "blocks": 1, "loops": 6, "batch": 4, "n_critic": 1},
    "cyclegan": {"width": 0.06, "blocks": 1, "loops": 6, "batch": 4},
}
"""Settings that make a generator quick; one that is not named here is tested with its defaults."""

CLASSES = ("clean", "pits", "rust")


def surfaces(channels: int = 1, n: int = 5, size: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """n images of each class: grey noise, dark spots on it, a bright half."""
    rng = np.random.default_rng(0)
    images = rng.normal(120, 15, (3 * n, channels, size, size))
    labels = np.repeat(np.array(CLASSES, dtype=object), n)
    images[labels == "pits", :, 10:20, 12:22] -= 80
    images[labels == "rust", :, size // 2 :] += 90
    return images.clip(0, 255).astype(np.uint8), labels


def made(name: str, **settings: Any) -> Any:
    """The generator called `name`, quick and not fitted."""
    from rarefault.generators.image import IMAGE_GENERATORS

    return IMAGE_GENERATORS[name].from_params({**QUICK.get(name, {}), "device": "cpu", "seed": 1, **settings})


def fitted(name: str, *, channels: int = 1, **settings: Any) -> Any:
    """The generator called `name`, quickly fitted."""
    images, labels = surfaces(channels)
    return made(name, **settings).fit(images, labels, background="clean")


def fit_and_tell(name: str, folder: str) -> None:
    from rarefault.generators.image import training

    training.CHECKPOINT_SECONDS = 0.0
    images, labels = surfaces()

    def tell(done: int, total: int) -> None:
        print(done, total, flush=True)

    made(name).fit(images, labels, background="clean", progress=tell, checkpoint=Path(folder))


if __name__ == "__main__":
    fit_and_tell(*sys.argv[1:])
