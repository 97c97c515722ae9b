import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import cdist, jensenshannon

from rarefault.generators.table.encoding import TableEncoder
from rarefault.metrics import neighbours
from rarefault.metrics.similarity import SIMILARITIES, project_pca, similarity, with_reference

COLUMN = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]) | st.floats(-50, 50), min_size=2, max_size=20)


def frame(n: int, seed: int = 0, d: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 1))
    X = pd.DataFrame(latent + rng.normal(size=(n, d)), columns=[f"c{i}" for i in range(d)])
    return X.assign(level=pd.Categorical(rng.choice(["a", "b"], n, p=[0.7, 0.3]), categories=["a", "b", "c"]))


@settings(deadline=None, max_examples=60)
@given(COLUMN, COLUMN)
def test_ks_and_wasserstein_are_scipys(synthetic: list[float], real: list[float]) -> None:
    figures = similarity(pd.DataFrame({"a": synthetic}), pd.DataFrame({"a": real}))
    span = max(real) - min(real) or 1.0
    assert figures["ks_complement"] == pytest.approx(
        1 - stats.ks_2samp(synthetic, real, method="asymp").statistic, abs=1e-9
    )
    assert figures["wasserstein"] == pytest.approx(
        stats.wasserstein_distance(synthetic, real) / span, rel=1e-9, abs=1e-9
    )


def test_figures_are_means_over_the_columns() -> None:
    S, R = frame(60, 1), frame(80, 2)
    numeric = list(S.columns[:4])
    each = [similarity(S[[c]], R[[c]]) for c in S.columns]
    both = similarity(S, R)
    for name in ("ks_complement", "wasserstein", "jensen_shannon"):
        assert both[name] == pytest.approx(np.mean([figures[name] for figures in each]))
    difference = np.abs(S[numeric].corr().to_numpy() - R[numeric].corr().to_numpy())[np.triu_indices(4, 1)]
    assert both["correlation_similarity"] == pytest.approx(1 - difference.mean() / 2)


def test_jensen_shannon_is_scipys_over_bins_of_the_real_range() -> None:
    S, R = frame(500, 1)[["c0"]] * 2.0, frame(400, 2)[["c0"]]
    low, high = R["c0"].min(), R["c0"].max()
    edges = [-np.inf, *np.linspace(low, high, 21)[:-1], np.nextafter(high, np.inf), np.inf]
    p, q = (np.histogram(column["c0"], edges)[0] for column in (S, R))
    assert similarity(S, R)["jensen_shannon"] == pytest.approx(jensenshannon(p, q, base=2))


def test_levels_are_compared_by_their_shares() -> None:
    S, R = (pd.DataFrame({"c": pd.Categorical(list(v), categories=["a", "b", "c"])}) for v in ("aabc", "aaab"))
    figures = similarity(S, R)
    assert figures["ks_complement"] == pytest.approx(0.75)
    assert figures["wasserstein"] == pytest.approx(0.25)
    assert figures["jensen_shannon"] == pytest.approx(jensenshannon([2, 1, 1], [3, 1, 0], base=2))
    assert figures["correlation_similarity"] == 1.0


def test_a_column_that_only_the_synthetic_rows_keep_constant_counts_as_uncorrelated() -> None:
    rng = np.random.default_rng(0)
    R = pd.DataFrame({"a": rng.normal(size=50)}).assign(b=lambda f: f["a"], constant=1.0)
    S = R.assign(b=0.0)
    assert similarity(S, R)["correlation_similarity"] == pytest.approx(0.5)
    assert similarity(R, R)["correlation_similarity"] == pytest.approx(1.0)


def test_copies_and_near_copies_are_counted() -> None:
    train, unseen = frame(300, 1), frame(300, 2)
    assert similarity(train, unseen, train)["exact_copies"] == 1.0
    assert similarity(train, unseen, train)["near_copies"] == 1.0
    nearly = train.assign(c0=train["c0"] + 1e-6)
    assert similarity(nearly, unseen, train)["exact_copies"] == 0.0
    assert similarity(nearly, unseen, train)["near_copies"] == 1.0
    assert similarity(unseen, unseen, train)["near_copies"] < 0.12


def test_neighbours_are_found_in_blocks_and_thinned_tables_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    train, rows = frame(90, 1), frame(70, 2)
    encoder = TableEncoder().fit(train)
    Z, queries = encoder.encode(train).astype(np.float64), encoder.encode(rows).astype(np.float64)
    own = cdist(Z, Z) + np.diag(np.full(len(Z), np.inf))
    expected = (cdist(queries, Z).min(axis=1) < np.quantile(own.min(axis=1), 0.05)).mean()
    assert neighbours.near_copies(rows, train) == pytest.approx(expected)
    monkeypatch.setattr(neighbours, "_CELLS", 500)
    assert neighbours.near_copies(rows, train) == pytest.approx(expected)
    monkeypatch.setattr(neighbours, "_QUERIES", 40)
    thinned = (cdist(queries[::2], Z).min(axis=1) < np.quantile(own.min(axis=1)[::3], 0.05)).mean()
    assert neighbours.near_copies(rows, train) == pytest.approx(thinned)


def test_real_rows_reach_their_own_reference() -> None:
    figures = with_reference(frame(200, 1), frame(200, 2), frame(100, 3))
    assert set(figures) == set(SIMILARITIES)
    assert figures == with_reference(frame(200, 1), frame(200, 2), frame(100, 3))
    for name in ("ks_complement", "correlation_similarity", "wasserstein", "jensen_shannon"):
        assert figures[name]["value"] == pytest.approx(figures[name]["reference"], abs=0.1)
    assert figures["exact_copies"] == {"value": 0.0, "reference": 0.0}


def test_shifted_rows_stay_below_the_reference() -> None:
    shifted = frame(200, 1)
    shifted[["c0", "c1", "c2", "c3"]] *= 2.0
    figures = with_reference(shifted, frame(200, 2), frame(100, 3))
    assert figures["ks_complement"]["value"] < figures["ks_complement"]["reference"] - 0.05
    assert figures["wasserstein"]["value"] > figures["wasserstein"]["reference"] + 0.02


def test_the_number_of_synthetic_rows_does_not_flatter_them() -> None:
    many, few = (with_reference(frame(n, 1), frame(50, 2), frame(50, 3)) for n in (5000, 50))
    assert many["ks_complement"]["reference"] == few["ks_complement"]["reference"]
    assert abs(many["ks_complement"]["value"] - few["ks_complement"]["value"]) < 0.15


def test_pca_is_the_singular_value_decomposition() -> None:
    R, S = frame(300, 1), frame(900, 2)
    y = np.arange(300) % 2
    shown = project_pca(R, y, S)
    Z = TableEncoder().fit(R).encode(R).astype(np.float64)
    values = np.linalg.svd(Z - Z.mean(axis=0), compute_uv=False) ** 2
    assert shown["explained"] == pytest.approx((values / values.sum())[:2].tolist())
    assert np.var(shown["real"], axis=0) * 300 == pytest.approx(values[:2])
    assert (len(shown["real"]), len(shown["synthetic"])) == (300, 500)
    assert shown["label"] == y.tolist()
    assert shown == project_pca(R, y, S)


def test_pca_of_one_column_and_of_equal_rows_has_two_coordinates() -> None:
    for R in (frame(20)[["c0"]], pd.DataFrame({"a": [1.0, 1.0], "b": [2.0, 2.0]})):
        shown = project_pca(R, np.zeros(len(R)), R)
        assert np.shape(shown["real"]) == (len(R), 2)
        assert np.isfinite(shown["real"]).all() and np.isfinite(shown["explained"]).all()


@pytest.mark.parametrize(
    ("synthetic", "said"),
    [
        (frame(0), "no rows"),
        (frame(5).drop(columns="c0"), "has columns"),
        (frame(5).assign(c1=np.nan), "missing or infinite values in \\['c1'\\]"),
        (frame(5).assign(c1=np.inf), "missing or infinite values in \\['c1'\\]"),
    ],
)
def test_tables_that_cannot_be_compared_are_refused(synthetic: pd.DataFrame, said: str) -> None:
    for refuses in (
        lambda: similarity(synthetic, frame(5)),
        lambda: similarity(frame(5), frame(5), synthetic),
        lambda: project_pca(frame(5), np.zeros(5), synthetic),
    ):
        with pytest.raises(ValueError, match=said):
            refuses()


def test_a_column_that_is_constant_in_the_held_out_rows_is_scaled_by_all_real_rows() -> None:
    train, held_out = pd.DataFrame({"a": [0.0, 500.0, 1000.0]}), pd.DataFrame({"a": [500.0, 500.0]})
    synthetic = pd.DataFrame({"a": [400.0, 600.0]})
    assert similarity(synthetic, held_out)["wasserstein"] == pytest.approx(100.0)
    assert similarity(synthetic, held_out, train)["wasserstein"] == pytest.approx(0.1)
    assert with_reference(synthetic, train, held_out)["wasserstein"]["value"] == pytest.approx(0.1)
