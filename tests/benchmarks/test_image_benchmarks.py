"""The benchmarks of image generators run at a tiny size; nothing here is about their times."""

import pytest

from benchmarks.images import sampling, step


def cells(printed):
    return [line.strip("| ").split(" | ") for line in printed.splitlines() if line.startswith("|")]


def test_step(capsys):
    step.main(["--sizes", "0.01x32", "--rounds", "1"])
    header, _, found = cells(capsys.readouterr().out)
    assert header[0] == "networks"
    assert found[0] == "width 0.01, 32 x 32"
    assert "(" in found[4]


def test_sampling(capsys):
    sampling.main(["--sizes", "0.01x32", "--images", "5"])
    _, _, found = cells(capsys.readouterr().out)
    assert found[0] == "width 0.01, 32 x 32"


def test_products_by_hand():
    settings = step.DCGANSettings(width=1 / 256, latent=10, batch=2, k_d=1, k_g=1)  # 4 channels everywhere
    made = [4 * 4 * 16 * 2**2, 4 * 4 * 16 * 4**2, 4 * 4 * 16 * 8**2, 4 * 16 * 16**2]
    generator = sum(made) + 10 * 4 * 2**2
    judged = [4 * 25 * 32**2, 16 * 25 * 16**2, 16 * 9 * 8**2, 16 * 9 * 4**2]
    wanted = 2 * 2 * (generator + 6 * sum(judged) - 2 * judged[0] + 3 * generator + 2 * sum(judged))
    assert step.products(1 / 256, 32, settings) == pytest.approx(wanted)
