import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import ks_2samp, spearmanr, wasserstein_distance

from rarefault.generators.table.calibration import MarginalCalibration
from rarefault.generators.table.conditional_wgan import ConditionalWGAN, ConditionalWGANSettings
from rarefault.generators.table.encoding import TableEncoder
from rarefault.generators.table.wgan import WGAN, WGANSettings

SMALL = {"latent": 8, "layers": 2, "neurons": 32}


def blobs(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Two round clouds in the plane, one a class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n).astype(np.int8)
    centres = np.array([[-3.0, 10.0], [3.0, 40.0]])
    return pd.DataFrame(centres[y] + rng.normal(size=(n, 2)) * [0.5, 3.0], columns=["a", "b"]), y


def mixed(n: int = 60) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(1)
    X = pd.DataFrame(
        {
            "count": rng.integers(0, 9, n),
            "grade": pd.Categorical(rng.choice(["A", "B"], n), categories=["B", "A", "never"]),
            "force": rng.normal(1e6, 3.0, n),
            "on": rng.random(n) < 0.5,
            "one_level": pd.Categorical(["x"] * n),
        }
    )
    return X, (np.arange(n) % 3 == 0).astype(int)


@pytest.mark.parametrize("kind", [WGAN, ConditionalWGAN])
def test_keeps_mixed_types_ranges_and_levels(kind: type[WGAN]) -> None:
    X, y = mixed()
    drawn = kind.from_params({**SMALL, "max_steps": 20}).fit(X, y).sample(3000)
    pd.testing.assert_series_equal(drawn.dtypes, X.dtypes)
    assert set(drawn["grade"]) <= {"A", "B", "never"}
    assert drawn["count"].between(0, X["count"].max()).all()
    assert drawn["force"].between(X["force"].min() - 1e-9, X["force"].max() + 1e-9).all()


def test_decoding_piece_by_piece_equals_decoding_at_once() -> None:
    X, _ = mixed()
    encoder = TableEncoder().fit(X)
    Z = np.random.default_rng(0).uniform(-1.2, 1.2, (50, encoder.width_)).astype(np.float32)
    pieces = encoder.decode_chunks((Z.T[:, start : start + 7] for start in range(0, 50, 7)), 50)
    pd.testing.assert_frame_equal(pieces, encoder.decode(Z), check_exact=True)
    pd.testing.assert_frame_equal(encoder.decode(encoder.encode(X)).drop(columns="force"), X.drop(columns="force"))
    np.testing.assert_allclose(encoder.decode(encoder.encode(X))["force"], X["force"], atol=1e-5)


@pytest.mark.parametrize("how", [{}, {"averaging": 0.99}, {"gradient_penalty": 1.0, "lr": 0.002}])
def test_learns_a_mixture(how: dict[str, float]) -> None:
    X, y = blobs()
    settings = {**SMALL, "max_steps": 800, "epochs": 10**6, **how}
    drawn = WGAN.from_params(settings).fit(X, y).sample(2000)
    untrained = WGAN.from_params({**settings, "max_steps": 1}).fit(X, y).sample(2000)
    fresh, _ = blobs(2000, seed=1)
    for column in X:
        distance = wasserstein_distance(drawn[column], fresh[column])
        assert distance < 0.25 * wasserstein_distance(untrained[column], fresh[column])
    assert np.corrcoef(drawn.T)[0, 1] > 0.8


def test_the_class_decides_the_cloud() -> None:
    X, y = blobs()
    generator = ConditionalWGAN.from_params({**SMALL, "max_steps": 500, "epochs": 10**6, "calibrate": False}).fit(X, y)
    for label in (0, 1):
        own, other = X[y == label].mean(), X[y != label].mean()
        drawn = generator.sample(500, label)
        nearer = ((drawn - own) / X.std()).pow(2).sum(axis=1) < ((drawn - other) / X.std()).pow(2).sum(axis=1)
        assert nearer.mean() > 0.9
    both = generator.sample(1000)
    assert (both["a"] > 0).mean() == pytest.approx(y.mean(), abs=0.1)


@pytest.mark.parametrize("balance", ["equal", "share"])
def test_rare_classes_are_learnt_either_way(balance: str) -> None:
    X, y = blobs(300)
    keep = (y == 0) | (np.cumsum(y) <= 9)
    generator = ConditionalWGAN.from_params({**SMALL, "max_steps": 30, "balance": balance}).fit(X[keep], y[keep])
    assert len(generator.sample(40, 1)) == 40
    assert generator.sample(1000)["a"].gt(0).mean() < 0.2


def test_calibration_gives_each_class_its_margins() -> None:
    X, y = blobs(2000)
    settings = {**SMALL, "max_steps": 60}
    drawn = ConditionalWGAN.from_params(settings).fit(X, y).sample(3000, 1)
    plain = ConditionalWGAN.from_params({**settings, "calibrate": False}).fit(X, y).sample(3000, 1)
    for column in X:
        real = X.loc[y == 1, column]
        assert ks_2samp(drawn[column], real).statistic < 0.06 < ks_2samp(plain[column], real).statistic
    assert spearmanr(drawn["a"], drawn["b"]).statistic == pytest.approx(
        spearmanr(plain["a"], plain["b"]).statistic, abs=0.05
    )


def test_calibration_maps_quantiles_onto_quantiles() -> None:
    rng = np.random.default_rng(0)
    drawn, real = rng.normal(size=(2, 5000)), np.stack([rng.exponential(size=5000), np.full(5000, 0.5)])
    calibration = MarginalCalibration.fit([drawn], [real])
    Z = np.vstack([drawn, np.arange(5000.0)]).astype(np.float32)
    calibration.apply(Z, 0)
    np.testing.assert_allclose(np.quantile(Z[0], [0.1, 0.5, 0.9]), np.quantile(real[0], [0.1, 0.5, 0.9]), rtol=0.02)
    assert (np.diff(Z[0][np.argsort(drawn[0])]) >= 0).all()
    assert (Z[1] == 0.5).all()
    np.testing.assert_array_equal(Z[2], np.arange(5000.0))


@pytest.mark.parametrize("kind", [WGAN, ConditionalWGAN])
def test_what_progress_draws_changes_nothing(kind: type[WGAN]) -> None:
    X, y = blobs(200)
    generator, calls = kind.from_params({**SMALL, "max_steps": 250, "epochs": 10**6}), []

    def look(done: int, total: int) -> None:
        calls.append((done, total))
        assert len(generator.sample(3)) == 3

    watched = generator.fit(X, y, look).sample(50)
    assert len(calls) in range(90, 130)
    assert calls[-1] == (250, 250)
    pd.testing.assert_frame_equal(watched, kind(generator.settings).fit(X, y).sample(50), check_exact=True)


def test_a_stopped_training_leaves_torch_as_it_was() -> None:
    X, y = blobs(50)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        state = torch.get_rng_state()
        with pytest.raises(KeyboardInterrupt):
            WGAN.from_params(SMALL).fit(X, y, stop)
        WGAN.from_params({**SMALL, "max_steps": 2}).fit(X, y).sample(4)
        assert torch.get_num_threads() == 2
        assert not torch.is_inference_mode_enabled()
        assert torch.equal(torch.get_rng_state(), state)
    finally:
        torch.set_num_threads(threads)


def test_divergence_names_the_settings() -> None:
    X, y = blobs(50)
    with pytest.raises(ValueError, match=r"diverged with lr=1e\+30, clip=0.01, gradient_penalty=10"):
        WGAN.from_params({**SMALL, "lr": 1e30, "gradient_penalty": 10.0}).fit(X, y)


@pytest.mark.parametrize("kind", [WGAN, ConditionalWGAN])
@pytest.mark.parametrize("layers", [1, 4])
def test_tiny_tables_work(kind: type[WGAN], layers: int) -> None:
    for values in ([1.0, 2.0, 5.0], [3.0, 3.0, 3.0], [4.0]):
        X, y = pd.DataFrame({"x": values}), np.zeros(len(values), dtype=int)
        drawn = kind.from_params({**SMALL, "layers": layers, "epochs": 5}).fit(X, y).sample(9)
        assert drawn["x"].between(min(values), max(values)).all()


def test_a_table_without_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="wgan needs at least one column"):
        WGAN().fit(pd.DataFrame(index=range(3)), np.zeros(3))


def test_rows_of_different_pieces_differ() -> None:
    X, y = blobs(100)
    drawn = WGAN.from_params({**SMALL, "max_steps": 5}).fit(X, y).sample(5000)
    assert len(drawn) == 5000
    assert not drawn.duplicated().any()


def test_weights_that_do_not_fit_are_refused(tmp_path) -> None:
    X, y = blobs(50)
    WGAN.from_params({**SMALL, "max_steps": 1}).fit(X, y).save(tmp_path)
    text = (tmp_path / "model.json").read_text()
    (tmp_path / "model.json").write_text(text.replace('"neurons": 32', '"neurons": 33'))
    with pytest.raises(ValueError, match=r"the settings ask for .* weights, the file holds"):
        WGAN.load(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"latent": 0},
        {"layers": 0},
        {"neurons": 0},
        {"epochs": 0},
        {"batch": 0},
        {"n_critic": 0},
        {"max_steps": 0},
        {"lr": 0.0},
        {"lr": float("nan")},
        {"clip": -0.1},
        {"gradient_penalty": -1.0},
        {"slope": 1.0},
        {"averaging": 1.0},
        {"device": "tpu"},
        {"seed": -1},
        {"balance": "half"},
        {"calibrate": 1},
    ],
)
def test_settings_refuse_what_cannot_be(wrong: dict[str, object]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        ConditionalWGAN.from_params(wrong)
    if name != "calibrate":
        with pytest.raises(ValueError, match=name):
            ConditionalWGANSettings(**wrong)


def test_an_absent_gpu_is_refused_only_when_insisted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    X, y = blobs(30)
    with pytest.raises(ValueError, match="device 'cuda' is not available"):
        WGAN.from_params({"device": "cuda"}).fit(X, y)
    WGAN(WGANSettings(device="auto", max_steps=1)).fit(X, y)


def test_default_settings_come_close_to_steel_plates(real_data) -> None:
    frame = pd.read_csv(real_data / "steel_plates" / "steel_plates_faults.csv")
    X, y = frame.iloc[:, :27].astype(float), frame["Z_Scratch_Fault"].to_numpy()
    train = np.random.default_rng(0).random(len(X)) < 0.5
    drawn = WGAN().fit(X[train], y[train]).sample(2000)
    low, span = X[train].min(), X[train].max() - X[train].min()
    real, drawn = (X[~train] - low) / span, (drawn - low) / span
    assert np.mean([wasserstein_distance(real[c], drawn[c]) for c in X]) < 0.05
    assert np.mean([1 - ks_2samp(real[c], drawn[c], method="asymp").statistic for c in X]) > 0.74
