import numpy as np
import pytest

from rarefault.errors import InputError
from rarefault.generators.image import IMAGE_GENERATORS
from rarefault.generators.image.translation_health import judge_translation
from rarefault.generators.image.translator import KEPT, Translator

QUICK = {"width": 0.06, "blocks": 1, "loops": 2, "batch": 4, "device": "cpu"}
EVERY = pytest.mark.parametrize("name", ["pegan", "stargan", "cyclegan"])


def surfaces(n: int = 4, size: int = 32) -> tuple[np.ndarray, np.ndarray]:
    images = np.random.default_rng(0).integers(60, 200, (3 * n, 1, size, size)).astype(np.uint8)
    return images, np.repeat(np.array(["clean", "pits", "rust"], dtype=object), n)


def fitted(name: str, **settings: float) -> Translator:
    images, labels = surfaces()
    made = IMAGE_GENERATORS[name].from_params({**QUICK, **settings}).fit(images, labels, background="clean")
    assert isinstance(made, Translator)
    return made


@EVERY
def test_translates_both_ways_and_between_defects(name: str) -> None:
    generator, (images, labels) = fitted(name), surfaces()
    for label, source in (("rust", ""), ("clean", "rust"), ("clean", ""), ("pits", "rust")):
        made = generator.translate(images[labels == "clean"], label, source)
        assert made.shape == (4, 1, 32, 32)
        assert made.dtype == np.uint8
    assert generator.translate(images[:0], "rust").shape == (0, 1, 32, 32)


@EVERY
def test_images_and_classes_of_another_kind_are_refused(name: str) -> None:
    generator, (images, _) = fitted(name), surfaces()
    with pytest.raises(ValueError, match=r"class 'dents' was not learned; known classes: \['pits', 'rust', 'clean'\]"):
        generator.translate(images, "dents")
    with pytest.raises(ValueError, match="class 'dents' was not learned"):
        generator.translate(images, "rust", "dents")
    with pytest.raises(ValueError, match="images must be uint8"):
        generator.translate(images[:, :, :16], "rust")
    with pytest.raises(ValueError, match="images must be uint8"):
        generator.translate(images.astype(np.float32), "rust")


@EVERY
def test_what_it_cannot_learn_from_is_refused(name: str) -> None:
    images, labels = surfaces()
    made = IMAGE_GENERATORS[name].from_params(QUICK)
    with pytest.raises(ValueError, match="needs images of a background class"):
        made.fit(images[4:], labels[4:], background="clean")
    with pytest.raises(InputError, match=r"at least 2 images of every class, got 1 of \['rust'\]"):
        made.fit(images[:9], labels[:9], background="clean")
    with pytest.raises(InputError, match=r"at least 2 images of every class, got 1 of \['clean'\]"):
        made.fit(images[3:], labels[3:], background="clean")
    with pytest.raises(InputError, match="square images whose sides are multiples of 32, got 32 x 64"):
        made.fit(np.concatenate([images, images], axis=3), labels, background="clean")


def test_sampling_uses_every_background_before_any_comes_again() -> None:
    generator = fitted("pegan")
    starts = np.concatenate([generator._starts(3), generator._starts(13)])
    assert len(np.unique(starts.reshape(16, -1), axis=0)) == 16  # four images, each in four mirrorings
    assert {image.tobytes() for image in starts[:4]} == {image.tobytes() for image in generator.backgrounds_}
    again = generator._starts(16)
    assert {image.tobytes() for image in again} == {image.tobytes() for image in starts}


def test_at_most_so_many_backgrounds_are_kept() -> None:
    images = np.zeros((KEPT + 90, 1, 32, 32), dtype=np.uint8)
    kept = IMAGE_GENERATORS["pegan"].from_params(QUICK)._keep(images)
    assert len(kept) == KEPT


def test_cyclegan_takes_an_unnamed_defect_away_by_the_pair_that_gives_it_back_best() -> None:
    generator, (images, _) = fitted("cyclegan"), surfaces()
    ways = np.stack([generator.translate(images, "clean", source) for source in ("pits", "rust")])
    found = generator.translate(images, "clean")
    assert all((found[at] == ways[:, at]).reshape(2, -1).all(1).any() for at in range(len(images)))


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("pegan", {"n_critic": 0}, "n_critic must be >= 1, got 0"),
        ("pegan", {"lambda_rec": -1}, "lambda_rec must be >= 0, got -1"),
        ("pegan", {"loops": 5, "warmup": 5}, "warmup must be >= 0 and < loops=5, got 5"),
        ("stargan", {"width": 0}, "width must be > 0, got 0"),
        ("stargan", {"ema": 1}, "ema must be >= 0 and < 1, got 1"),
        ("cyclegan", {"pool": -1}, "pool must be >= 0, got -1"),
    ],
)
def test_settings_are_checked(name: str, params: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        IMAGE_GENERATORS[name].from_params(params)


def test_the_papers_settings_are_the_defaults() -> None:
    s = IMAGE_GENERATORS["pegan"].Settings()
    assert (s.lambda_cls_r, s.lambda_cls_f, s.lambda_rec, s.penalty) == (2, 5, 10, 10)
    assert (s.lr, s.beta1, s.beta2, s.batch, s.n_critic, s.loops) == (1e-4, 0.9, 0.99, 16, 5, 20_000)
    s = IMAGE_GENERATORS["stargan"].Settings()
    assert (s.lambda_cls_r, s.lambda_cls_f, s.lambda_rec, s.penalty) == (1, 1, 10, 10)
    assert (s.lr, s.beta1, s.beta2, s.batch, s.n_critic) == (1e-4, 0.5, 0.999, 16, 5)
    s = IMAGE_GENERATORS["cyclegan"].Settings()
    assert (s.lambda_cycle, s.lambda_identity, s.pool, s.lr, s.beta1, s.batch) == (10, 5, 50, 2e-4, 0.5, 1)


def judged(made: np.ndarray, recognised: float = 1.0) -> dict[str, object]:
    starts, real = np.random.default_rng(1).integers(60, 200, (2, 20, 1, 32, 32)).astype(np.uint8)
    return judge_translation(starts if made is None else made, starts, real, recognised=recognised)


def test_health_tells_copies_saturation_and_unknown_classes() -> None:
    fresh = np.random.default_rng(2).integers(60, 200, (20, 1, 32, 32)).astype(np.uint8)
    assert judged(fresh)["collapsed"] is False
    assert "only copied: change 0.00 < 2.0 grey levels" in str(judged(None)["reason"])
    assert "black or white: extreme 1.00" in str(judged(np.where(fresh > 128, 255, 0).astype(np.uint8))["reason"])
    assert "recognised 0.20 < 0.5" in str(judged(fresh, recognised=0.2)["reason"])
