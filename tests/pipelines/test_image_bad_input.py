"""Image pipelines: what cannot be good is refused in one line before anything is trained."""

import numpy as np
import pytest
from PIL import Image

CLASSES = {"intact": 20, "pitting": 12, "rust": 12}


def folder(path, counts):
    rng = np.random.default_rng(0)
    for name, n in counts.items():
        (path / name).mkdir(parents=True)
        for at in range(n):
            Image.fromarray(rng.integers(0, 255, (40, 40), dtype=np.uint8)).save(path / name / f"{at}.png")
    return str(path)


@pytest.mark.parametrize(
    ("pipeline", "counts", "words", "said"),
    [
        ("defect-augmentation", {**CLASSES, "rust": 3}, [], "rust"),
        ("defect-translation", CLASSES, ["background=clean"], "clean"),
        ("defect-translation", {"pitting": 20, "rust": 20}, [], "background"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_in_one_line(line, tmp_path, pipeline, counts, words, said):
    data, settings = folder(tmp_path / "images", counts), [item for word in words for item in ("--set", word)]
    done = line.run("run", pipeline, "--data", data, "--out", str(tmp_path / "run"), *settings)
    assert done.returncode == 2, done.stderr
    (complaint,) = [text for text in done.stderr.splitlines() if text.startswith("rarefault:")]
    assert said in complaint
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["defect-augmentation", "--data", "no-such-folder"], "no-such-folder"),
        (["defect-augmentation", "--set", "generator=gan"], "known image generators: cyclegan"),
        (["defect-augmentation", "--set", "generator=pegan"], "translates images"),
        (["defect-augmentation", "--set", "inspector=vgg"], "known inspectors"),
        (["defect-augmentation", "--set", "preset=slow"], "known presets: "),
        (["defect-augmentation", "--set", "image_size=50"], "multiple of 32"),
        (["defect-augmentation", "--set", "channels=2"], "1 (grey), 3 (RGB)"),
        (["defect-augmentation", "--set", "classical=twist"], "known classical methods"),
        (["defect-augmentation", "--set", 'strategies=["magic"]'], "known strategies"),
        (["defect-augmentation", "--set", 'generator_params={"loop": 3}'], "'loop'"),
        (["defect-augmentation", "--set", "repeats=1"], "repeats is 1"),
        (["defect-augmentation", "--label", "class"], "has no parameter 'label'"),
        (["defect-translation", "--set", "generators=dcgan"], "'pegan' is not among generators"),
    ],
)
def test_bad_words_are_refused_in_one_line(line, words, said):
    done = line.run("run", *words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_parameters_are_listed_with_what_they_mean(line):
    listed = line.run("run", "defect-translation", "--parameters").stdout
    assert all(name in listed for name in ("background", "generators", "fid_network", "min_score"))
