import sys

import numpy as np
import pandas as pd
import pytest
import torch

from rarefault.errors import InputError
from rarefault.generators.table import ctgan_training
from rarefault.generators.table.ctgan import CTGAN
from rarefault.generators.table.ctgan_network import CTGANNetwork, Span

QUICK = {"epochs": 2, "batch_size": 40, "layers": [16, 8], "latent_dim": 6}


@pytest.fixture
def rows() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    y = (rng.random(200) < 0.2).astype(int)
    tiny = 1e-7 * (rng.normal(size=200) + 8 * y)
    return pd.DataFrame({"tiny": tiny, "level": pd.Categorical(rng.choice(["u", "v"], 200))}), y


def test_the_extracted_network_computes_what_the_trained_one_does(
    rows: tuple[pd.DataFrame, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, extract = [], ctgan_training._network
    monkeypatch.setattr(ctgan_training, "_network", lambda model: trained.append(model) or extract(model))
    network = CTGAN.from_params(QUICK).fit(*rows).network_
    condition = network._condition({"label": "1"})
    assert condition.tolist() in ([0, 0, 0, 1], [0, 0, 1, 0])
    ours = network._outputs(50, condition, np.random.default_rng(3))
    noise = np.random.default_rng(3).standard_normal((50, 6), dtype=np.float32)
    inputs = torch.from_numpy(np.concatenate([noise, np.tile(condition, (50, 1))], axis=1))
    with torch.no_grad():
        theirs = trained[0]._generator.eval()(inputs).numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_outputs_become_rows_as_mode_specific_normalisation_says() -> None:
    spans = (Span("a", (), 2), Span("b", ("4", "7"), 0), Span("c", (), 1))
    modes = np.array([[10.0, 20.0, -5.0], [1.0, 2.0, 0.5]])
    network = CTGANNetwork((), (np.zeros((7, 1)), np.zeros(7)), modes, spans)
    sure = np.array([[0.5, -99.0, 99.0, 99.0, -99.0, -0.25, 0.0]])
    row = network._rows(sure, np.random.default_rng(0))
    np.testing.assert_allclose(row, [[20.0 + 4 * 2.0 * np.tanh(0.5), 4.0, -5.0 + 4 * 0.5 * np.tanh(-0.25)]])


def test_levels_are_drawn_as_often_as_the_softmax_says() -> None:
    network = CTGANNetwork((), (np.zeros((2, 1)), np.zeros(2)), np.empty((2, 0)), (Span("b", ("0", "1"), 0),))
    drawn = network._rows(np.tile(np.log([0.2, 0.8]), (20_000, 1)), np.random.default_rng(0))
    assert drawn.mean() == pytest.approx(0.8, abs=0.01)


def test_it_learns_both_classes_of_a_column_with_a_tiny_spread(rows: tuple[pd.DataFrame, np.ndarray]) -> None:
    params = {**QUICK, "epochs": 60, "layers": [64], "learning_rate": 2e-3}
    generator = CTGAN.from_params(params).fit(*rows)
    good, faulty = (generator.sample(200, label)["tiny"].mean() for label in (0, 1))
    assert faulty - good > 1e-7  # 8e-7 in the real rows, whose own spread is 1e-7


def test_without_sdv_it_says_what_to_install(
    rows: tuple[pd.DataFrame, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [m for m in sys.modules if m.partition(".")[0] == "sdv"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_NoSDV(), *sys.meta_path])
    with pytest.raises(InputError, match=r"pip install rarefault\[sdv\]"):
        CTGAN.from_params(QUICK).fit(*rows)


class _NoSDV:
    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == "sdv":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_progress_counts_epochs(rows: tuple[pd.DataFrame, np.ndarray]) -> None:
    calls: list[tuple[int, int]] = []
    CTGAN.from_params({**QUICK, "critic_steps": 2}).fit(*rows, progress=lambda *c: calls.append(c))
    assert calls == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"epochs": 0}, "epochs must be >= 1, got 0"),
        ({"batch_size": 15}, "batch_size must be even and a multiple of pac=10, got 15"),
        ({"layers": []}, "layers must be one or more sizes"),
        ({"learning_rate": 0.0}, "learning_rate must be > 0"),
    ],
)
def test_settings_out_of_range_are_refused(params: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CTGAN.from_params(params)
