import numpy as np
import pytest
from scipy.stats import kurtosis, skew

from rarefault.datasets.signals.loading import load_signals
from rarefault.degradation import INDICATORS
from rarefault.degradation.baselines.features import FEATURES, features
from rarefault.degradation.baselines.pca_residual import _log_energies
from rarefault.errors import InputError

BASELINES = ("rms", "kurtosis", "related-similarity", "som-mqe", "pca-residual", "isolation-forest")


def snapshots(n, seed=0, channels=1, t=512):
    return np.random.default_rng(seed).normal(size=(n, channels, t)).astype(np.float32)


def fitted(name, healthy, **params):
    return INDICATORS[name].from_params(params).fit(healthy, 5000.0)


def feature(x, name):
    return features(x)[:, FEATURES.index(name)]


def test_statistical_features_of_a_sine():
    wave = 3 * np.sin(2 * np.pi * 8 * np.arange(512) / 512).astype(np.float32)[None, None]
    expected = {"rms": 3 / 2**0.5, "peak": 3, "mean_absolute": 6 / np.pi, "skewness": 0, "kurtosis": 1.5}
    expected |= {"crest_factor": 2**0.5, "shape_factor": np.pi / 8**0.5, "impulse_factor": np.pi / 2}
    for name, value in expected.items():
        assert feature(wave, name)[0] == pytest.approx(value, abs=2e-3), name


def test_moments_are_scipys():
    x = np.exp(snapshots(4))
    np.testing.assert_allclose(feature(x, "skewness"), skew(x[:, 0].astype(float), axis=1), rtol=1e-9)
    np.testing.assert_allclose(feature(x, "kurtosis"), kurtosis(x[:, 0].astype(float), axis=1, fisher=False), rtol=1e-9)
    clearance = np.abs(x[:, 0]).max(axis=1) / np.sqrt(np.abs(x[:, 0])).mean(axis=1) ** 2
    np.testing.assert_allclose(feature(x, "clearance_factor"), clearance, rtol=1e-6)


def test_impacts_lower_the_entropy_and_raise_the_spectral_kurtosis():
    smooth = snapshots(20)
    knocked = smooth.copy()
    knocked[:, :, 256:260] += 20
    assert (feature(knocked, "energy_entropy") < feature(smooth, "energy_entropy")).all()
    assert (feature(knocked, "spectral_kurtosis") > feature(smooth, "spectral_kurtosis")).all()
    noise = feature(snapshots(200, t=2560), "spectral_kurtosis").mean()
    assert 0 < noise < 3  # the largest of 32 lines scatters above the 0 of Gaussian noise


def test_features_do_not_depend_on_the_other_snapshots_or_channels():
    x = snapshots(300, channels=2)
    whole = features(x)
    np.testing.assert_allclose(whole[7], features(x[7:8])[0], rtol=1e-12)
    np.testing.assert_allclose(whole[:, 12:], features(x[:, 1:]), rtol=1e-12)


def test_silence_has_features_and_short_snapshots_are_refused():
    assert np.isfinite(features(np.zeros((2, 1, 512), dtype=np.float32))).all()
    with pytest.raises(InputError, match="at least 256 samples, got 200"):
        features(snapshots(2, t=200))


def test_rms_is_told_in_times_of_each_channels_healthy_level():
    healthy = snapshots(50, channels=2) * np.array([1, 1000], dtype=np.float32)[:, None]
    model = fitted("rms", healthy)
    assert model.indicate(healthy).mean() == pytest.approx(1)
    np.testing.assert_allclose(model.indicate(3 * healthy), 3 * model.indicate(healthy), rtol=1e-6)
    np.testing.assert_allclose(model.indicate(healthy + 50_000), model.indicate(healthy), rtol=1e-2)
    doubled = healthy * np.array([2, 1], dtype=np.float32)[:, None]
    assert model.indicate(doubled).mean() == pytest.approx(1.5, abs=0.01)
    with pytest.raises(InputError, match="one channel is constant"):
        fitted("rms", np.zeros((5, 1, 512), dtype=np.float32))


def test_kurtosis_is_the_moments_and_ignores_level_and_offset():
    x = snapshots(30, t=4000)
    model = fitted("kurtosis", x)
    np.testing.assert_allclose(model.indicate(x), kurtosis(x[:, 0].astype(float), axis=1, fisher=False), rtol=1e-6)
    np.testing.assert_allclose(model.indicate(-4 * x + 1), model.indicate(x), rtol=1e-3)
    assert model.indicate(np.ones((1, 1, 4000), dtype=np.float32)) == 0


@pytest.mark.parametrize("sequence", ["spectrum", "signal"])
def test_related_similarity_ignores_level_and_circular_shift(sequence):
    x = snapshots(20)
    model = fitted("related-similarity", x, sequence=sequence)
    shifted = np.roll(5 * x, 100, axis=2)
    np.testing.assert_allclose(model.indicate(shifted), model.indicate(x), atol=1e-6)
    assert ((model.indicate(x) >= 0) & (model.indicate(x) <= 1)).all()


def test_related_similarity_is_one_minus_the_correlation():
    x = snapshots(20)
    spectra = np.abs(np.fft.rfft(x[:, 0], axis=1))[:, 1:]
    expected = 1 - abs(np.corrcoef(spectra[3], spectra.mean(axis=0))[0, 1])
    assert fitted("related-similarity", x).indicate(x)[3] == pytest.approx(expected, abs=1e-6)
    first = fitted("related-similarity", x, sequence="signal").indicate(np.roll(x[:1], 33, axis=2))
    assert first == pytest.approx(0, abs=1e-6)


def test_the_map_learns_where_healthy_features_lie():
    healthy, new = snapshots(120), snapshots(60, seed=1)
    model = fitted("som-mqe", healthy)
    usual = model.indicate(new)
    assert usual.mean() < 0.8 * np.sqrt(12)  # nearer than the mean of all is, sqrt(d) standard deviations
    worn = new.copy()
    worn[:, :, ::64] += 8
    assert model.indicate(worn).min() > usual.max()


def test_map_quantisation_error_is_the_distance_to_the_nearest_unit():
    healthy = snapshots(40)
    model = fitted("som-mqe", healthy, rows=2, columns=2, epochs=5)
    rows = (features(healthy) - features(healthy).mean(axis=0)) / features(healthy).std(axis=0)
    distances = np.linalg.norm(rows[:, None] - model.units_[None], axis=2)
    np.testing.assert_allclose(model.indicate(healthy), distances.min(axis=1), rtol=1e-9)


def test_pca_residual_is_what_the_kept_patterns_leave():
    from sklearn.decomposition import PCA

    healthy, new = snapshots(80), snapshots(10, seed=1)
    model = fitted("pca-residual", healthy, bands=16, kept=0.5)
    raw = _log_energies(healthy, 16)
    rows, fresh = ((part - raw.mean(axis=0)) / raw.std(axis=0) for part in (raw, _log_energies(new, 16)))
    pca = PCA(n_components=0.5, svd_solver="full").fit(rows)
    left = fresh - pca.inverse_transform(pca.transform(fresh))
    np.testing.assert_allclose(model.indicate(new), np.square(left).mean(axis=1), rtol=1e-6)


def test_pca_residual_hears_a_new_tone_and_survives_silence():
    healthy = snapshots(80, t=2560)
    model = fitted("pca-residual", healthy)
    tone = healthy[:10] + np.sin(2 * np.pi * 0.2 * np.arange(2560)).astype(np.float32)
    assert model.indicate(tone).min() > 2 * model.indicate(healthy).max()
    assert np.isfinite(model.indicate(np.zeros((1, 1, 2560), dtype=np.float32))).all()


def test_isolation_forest_scores_as_scikit_learn_does():
    from sklearn.ensemble import IsolationForest

    healthy, new = snapshots(100), 2 * snapshots(30, seed=1)
    model = fitted("isolation-forest", healthy, trees=50, samples=64, seed=3)
    theirs = IsolationForest(n_estimators=50, max_samples=64, random_state=3).fit(features(healthy).astype(np.float32))
    expected = -theirs.score_samples(features(new).astype(np.float32))
    np.testing.assert_allclose(model.indicate(new), expected, rtol=1e-9)


@pytest.mark.parametrize("name", BASELINES)
def test_a_saved_baseline_gives_the_same_numbers(name, tmp_path):
    healthy, new = snapshots(60, channels=2), snapshots(5, seed=1, channels=2)
    model = fitted(name, healthy)
    model.save(tmp_path)
    np.testing.assert_array_equal(INDICATORS[name].load(tmp_path).indicate(new), model.indicate(new))


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_grows_over_a_simulated_life(name):
    life = load_signals("ball-screw-life", params={"samples": 1024}, seed=5)
    found = fitted(name, life.snapshots[life.healthy]).indicate(life.snapshots)
    fresh = found[life.healthy]
    assert found[-20:].mean() > fresh.mean() + 2 * fresh.std()


@pytest.mark.parametrize(
    ("name", "params", "reason"),
    [
        ("som-mqe", {"rows": 0}, "rows must be >= 1"),
        ("pca-residual", {"bands": 1}, "bands must be >= 2"),
        ("pca-residual", {"kept": 1.0}, "kept in"),
        ("isolation-forest", {"trees": 0}, "trees must be >= 1"),
        ("related-similarity", {"sequence": "nose"}, "sequence must be one of"),
    ],
)
def test_settings_out_of_range_are_refused(name, params, reason):
    with pytest.raises(InputError, match=reason):
        INDICATORS[name].from_params(params)
