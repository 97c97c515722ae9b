import numpy as np
import pytest

from rarefault.generators.image import IMAGE_GENERATORS
from rarefault.generators.table.wgan_training import one_thread


def spotted(n: int) -> tuple[np.ndarray, np.ndarray]:
    """n surfaces with stripes of their own, and n with a dark spot as well."""
    rng = np.random.default_rng(0)
    at = np.arange(32)
    stripes = [120 + 60 * np.sin(at / rng.uniform(1.0, 4.0) + rng.uniform(0, 6)) for _ in range(2 * n)]
    images = np.stack([np.tile(row, (32, 1)) for row in stripes])[:, None] + rng.normal(0, 4, (2 * n, 1, 32, 32))
    images[n:, :, 10:20, 12:22] = 15
    return images.clip(0, 255).astype(np.uint8), np.repeat(np.array(["clean", "spot"], dtype=object), n)


LOOPS = {"pegan": 250, "stargan": 250, "cyclegan": 120}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "loss", "params"),
    [
        ("pegan", "reconstruction", {"n_critic": 1, "width": 0.5, "beta1": 0.5, "lambda_cls_f": 1.0}),
        ("stargan", "reconstruction", {"n_critic": 1}),
        ("cyclegan", "spot/cycle", {}),
    ],
)
def test_eight_and_eight_images_are_learned(name: str, loss: str, params: dict[str, float]) -> None:
    images, labels = spotted(8)
    common = {"width": 0.25, "blocks": 1, "loops": LOOPS[name], "batch": 8, "lr": 1e-3, "device": "cpu"}
    with one_thread():
        generator = IMAGE_GENERATORS[name].from_params({**common, **params}).fit(images, labels, background="clean")
    told = generator.history_[loss]
    assert np.mean(told[-20:]) < 0.5 * np.mean(told[:5])
