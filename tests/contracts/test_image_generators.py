"""What every generator of images of the registry promises."""

import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import contract_images
import numpy as np
import pytest
import torch
from contract_images import CLASSES, fitted, made, surfaces

from rarefault.errors import InputError
from rarefault.generators.image import IMAGE_GENERATORS, load_image_generator
from rarefault.generators.table.wgan_training import one_thread

ROOT = Path(__file__).parents[2]
EVERY = pytest.mark.parametrize("name", sorted(IMAGE_GENERATORS))
DEFECTS = CLASSES[1:]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks of a few channels are slower on several threads, and much slower on a busy machine."""
    with one_thread():
        yield


class Fitted(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        self[name] = fitted(name)
        return self[name]


@pytest.fixture(scope="module")
def ready() -> Fitted:
    """Each generator fitted once, for tests that do not mind what was drawn before."""
    return Fitted()


def drawn(generator: Any, n: int = 3) -> np.ndarray:
    """n images of each class, as they come first after fit."""
    generator.rewind()
    return np.concatenate([generator.sample(n, label) for label in DEFECTS])


@EVERY
def test_same_seed_makes_the_same_images_and_another_seed_others(name: str, ready: Fitted) -> None:
    first = drawn(ready[name])
    np.testing.assert_array_equal(first, drawn(fitted(name)))
    assert not np.array_equal(first, drawn(fitted(name, seed=2)))


@EVERY
def test_gives_exactly_n_images_of_the_same_shape_and_dtype(name: str, ready: Fitted) -> None:
    for n in (0, 1, 7):
        images = ready[name].sample(n, "rust")
        assert images.shape == (n, 1, 32, 32)
        assert images.dtype == np.uint8
        assert images.flags["C_CONTIGUOUS"]


@EVERY
def test_makes_colour_from_colour(name: str) -> None:
    assert fitted(name, channels=3, loops=1).sample(2, "pits").shape == (2, 3, 32, 32)


@EVERY
def test_draws_go_on_and_can_be_rewound_by_blocks(name: str, ready: Fitted) -> None:
    generator = ready[name]
    generator.rewind()
    first, second = generator.sample(4, "pits"), generator.sample(4, "pits")
    assert not np.array_equal(first, second)
    generator.rewind(1)
    assert not np.array_equal(first, generator.sample(4, "pits"))
    generator.rewind()
    np.testing.assert_array_equal(first, generator.sample(4, "pits"))


@EVERY
def test_saved_and_loaded_makes_the_same_images_without_pickle(name: str, tmp_path: Path, ready: Fitted) -> None:
    generator = ready[name]
    generator.save(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"model.json", "weights.safetensors"}
    loaded = load_image_generator(tmp_path)
    assert type(loaded) is IMAGE_GENERATORS[name]
    assert loaded.settings == generator.settings
    assert (loaded.health_, loaded.history_) == (generator.health_, generator.history_)
    assert (loaded.classes_, loaded.background_, loaded.shape_) == (DEFECTS, "clean", (1, 32, 32))
    np.testing.assert_array_equal(drawn(loaded), drawn(generator))


@EVERY
def test_tells_the_losses_of_every_loop_and_the_health_of_every_class(name: str, ready: Fitted) -> None:
    generator = ready[name]
    assert generator.history_
    assert {len(values) for values in generator.history_.values()} == {generator.settings.loops}
    assert list(generator.health_) == list(DEFECTS)
    for health in generator.health_.values():
        assert isinstance(health["collapsed"], bool)
        assert bool(health["reason"]) == health["collapsed"]
        assert np.isfinite([health[key] for key in ("diversity", "saturation", "rank", "spectrum")]).all()
    json.dumps([generator.health_, generator.history_], allow_nan=False)


@EVERY
def test_killed_and_taken_up_again_it_ends_in_the_same_bits(name: str, tmp_path: Path, ready: Fitted) -> None:
    told = kill_after(4, name, tmp_path)
    files = {path.name: path.read_bytes() for path in tmp_path.glob("*.safetensors")}
    assert files
    images, labels = surfaces()
    calls: list[int] = []
    again = made(name).fit(
        images, labels, background="clean", progress=lambda done, _: calls.append(done), checkpoint=tmp_path
    )
    assert calls[0] > told[0], "the training began anew"
    assert again.history_ == ready[name].history_
    np.testing.assert_array_equal(drawn(again), drawn(ready[name]))


def kill_after(lines: int, name: str, folder: Path) -> list[int]:
    """Fit in another process and kill it at once, by SIGKILL, when progress was told so often."""
    command = [sys.executable, contract_images.__file__, name, str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline().split()[0]) for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return told


@EVERY
def test_a_finished_checkpoint_is_not_trained_again_and_no_other_training_takes_it(name: str, tmp_path: Path) -> None:
    images, labels = surfaces()
    first = made(name, loops=2).fit(images, labels, background="clean", checkpoint=tmp_path)
    calls: list[int] = []
    again = made(name, loops=2)
    again.fit(images, labels, background="clean", progress=lambda done, _: calls.append(done), checkpoint=tmp_path)
    assert calls == []
    np.testing.assert_array_equal(drawn(first), drawn(again))
    with pytest.raises(InputError, match="other settings or images"):
        made(name, loops=3).fit(images, labels, background="clean", checkpoint=tmp_path)


@EVERY
def test_progress_counts_up_to_the_end_and_can_stop_the_training(name: str) -> None:
    images, labels = surfaces()
    calls: list[tuple[int, int]] = []
    made(name).fit(images, labels, background="clean", progress=lambda *call: calls.append(call))
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})
    assert calls[-1][0] == calls[-1][1]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(name).fit(images, labels, background="clean", progress=stop)


@EVERY
def test_leaves_its_input_and_the_global_random_states_alone_and_is_silent(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    images, labels = surfaces()
    before, numpys, torchs = images.copy(), np.random.get_state()[1].copy(), torch.get_rng_state()
    threads = torch.get_num_threads()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        generator = made(name, loops=2).fit(images, labels, background="clean")
        drawn(generator)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpys)
    assert torch.equal(torch.get_rng_state(), torchs)
    assert torch.get_num_threads() == threads
    assert [str(w.message) for w in caught] == []
    assert capfd.readouterr() == ("", "")


@EVERY
def test_bad_input_is_refused_in_one_line(name: str, ready: Fitted) -> None:
    images, labels = surfaces()
    for wrong, those, said in (
        (images.astype(np.float32), labels, "images must be uint8"),
        (images[:, 0], labels, "images must be uint8"),
        (np.repeat(images, 2, axis=1), labels, "images must be uint8"),
        (images, labels[:-1], "14 labels"),
        (images[labels == "clean"], labels[labels == "clean"], "at least one class with a defect"),
        (images[:, :, :31], labels, "multiples of 32, got 31 x 32"),
        (images[:6], labels[:6], "at least 2 images"),
    ):
        with pytest.raises(ValueError, match=said) as refused:
            made(name).fit(wrong, those, background="clean")
        assert "\n" not in str(refused.value)
    with pytest.raises(ValueError, match=r"class 'clean' was not learned; known classes: \['pits', 'rust'\]"):
        ready[name].sample(1, "clean")
    with pytest.raises(ValueError, match="n must be >= 0"):
        ready[name].sample(-1, "rust")


@EVERY
def test_a_translator_needs_a_background_and_the_others_do_not(name: str) -> None:
    images, labels = surfaces()
    chosen = labels != "clean"
    generator = made(name, loops=1)
    if generator.translates:
        with pytest.raises(InputError, match="images of a background class"):
            generator.fit(images[chosen], labels[chosen])
    else:
        generator.fit(images[chosen], labels[chosen])
        assert (generator.classes_, generator.background_) == (DEFECTS, "")


@EVERY
def test_three_images_of_a_class_are_enough(name: str) -> None:
    images, labels = surfaces(n=3)
    assert made(name, loops=1, batch=8).fit(images, labels, background="clean").sample(2, "rust").shape[0] == 2


@EVERY
def test_settings_are_checked(name: str) -> None:
    with pytest.raises(InputError, match="no setting 'nonsense'"):
        IMAGE_GENERATORS[name].from_params({"nonsense": 1})
    with pytest.raises(InputError, match="seed must be >= 0, got -1"):
        IMAGE_GENERATORS[name].from_params({"seed": -1})
    with pytest.raises(InputError, match="loops must be >= 1, got 0"):
        IMAGE_GENERATORS[name].from_params({"loops": 0})
    assert IMAGE_GENERATORS[name].from_params({"seed": 3.0}).settings.seed == 3


@EVERY
def test_what_is_searched_are_settings_within_their_limits(name: str) -> None:
    searched = IMAGE_GENERATORS[name].searched
    for end in (0, 1):
        wanted = {setting: bounds[end] for setting, bounds in searched.items()}
        settings = IMAGE_GENERATORS[name].from_params(wanted).settings
        assert {setting: getattr(settings, setting) for setting in searched} == wanted


def test_listing_the_generators_imports_no_torch() -> None:
    listing = (
        "import sys, rarefault.generators.image as g; "
        "[g.IMAGE_GENERATORS[name].Settings() for name in sorted(g.IMAGE_GENERATORS)]"
    )
    code = f"{listing}; print([m for m in ('torch', 'scipy', 'kornia') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_loading_from_a_wrong_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model\.json"):
        load_image_generator(tmp_path)
    (tmp_path / "model.json").write_text('{"kind": "generator"}')
    with pytest.raises(InputError, match="expected an image generator"):
        load_image_generator(tmp_path)
