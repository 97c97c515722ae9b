import numpy as np
import pandas as pd
import pytest

from rarefault.filters import FILTERS


@pytest.fixture
def line() -> tuple[pd.DataFrame, np.ndarray]:
    """Ten good parts near 0 and four faults near 10, on one axis: [-1, 1]-scaled, 10 units are 2 apart."""
    values = np.array([0.0, 0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 9.0, 9.5, 10.0, 9.5])
    return pd.DataFrame({"a": values}), (values > 5).astype(int)


@pytest.mark.parametrize("name", ["kmeans", "fault-centroid"])
def test_d_max_is_a_radius_in_scaled_units(name: str, line: tuple[pd.DataFrame, np.ndarray]) -> None:
    reach = FILTERS[name].from_params({"d_max": 0.21}).fit(*line)
    drawn = pd.DataFrame({"a": [0.0, 8.0, 8.6, 9.5, 9.7, 10.5, 11.0]})
    assert reach.d_max_ == 0.21
    assert reach.keep(drawn, 9).tolist() == [3, 4, 2, 5]  # 9.5 is the centroid; one unit is 0.2
    assert reach.keep(drawn, 2).tolist() == [3, 4]


@pytest.mark.parametrize("name", ["kmeans", "fault-centroid"])
def test_without_d_max_it_is_a_quantile_of_the_faults_own_distances(
    name: str, line: tuple[pd.DataFrame, np.ndarray]
) -> None:
    assert FILTERS[name].from_params({"quantile": 1.0}).fit(*line).d_max_ == pytest.approx(0.1)
    assert FILTERS[name].from_params({"quantile": 0.5}).fit(*line).d_max_ == pytest.approx(0.05)


def test_kmeans_takes_the_smaller_cluster_whatever_the_labels_say(line: tuple[pd.DataFrame, np.ndarray]) -> None:
    X, y = line
    mistaken = FILTERS["kmeans"].from_params({}).fit(X, 1 - y)
    assert mistaken.quality_["purity"] == 0.0
    assert mistaken.quality_["recall"] == 0.0
    assert not mistaken.passes()
    assert mistaken.keep(X, 2).tolist() == [11, 13]


def test_kmeans_refuses_rows_that_are_all_equal() -> None:
    with pytest.raises(ValueError, match="two or more different rows"):
        FILTERS["kmeans"].from_params({}).fit(pd.DataFrame({"a": [1.0, 1.0]}), np.array([0, 1]))


def test_fault_centroid_and_density_ratio_refuse_rows_without_faults(line: tuple[pd.DataFrame, np.ndarray]) -> None:
    X, y = line
    with pytest.raises(ValueError, match="at least one row with y = 1"):
        FILTERS["fault-centroid"].from_params({}).fit(X, 0 * y)
    with pytest.raises(ValueError, match="two or more rows of each class, got 0"):
        FILTERS["density-ratio"].from_params({}).fit(X, 0 * y)


@pytest.mark.parametrize("model", ["logistic", "boosting"])
def test_density_ratio_finds_faults_on_both_sides_only_if_its_model_can(model: str) -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(size=400), rng.normal(-6, 0.5, 40), rng.normal(6, 0.5, 40)])
    y = np.repeat([0, 1], [400, 80])
    ratio = FILTERS["density-ratio"].from_params({"model": model}).fit(pd.DataFrame({"a": values}), y)
    kept = ratio.keep(pd.DataFrame({"a": [-6.0, 0.0, 6.0]}), 3).tolist()
    assert (sorted(kept) == [0, 2]) == (model == "boosting")


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("kmeans", {"d_max": 0.0}, "d_max must be > 0"),
        ("kmeans", {"quantile": 0.0}, "quantile must be in"),
        ("kmeans", {"starts": 0}, "starts must be >= 1"),
        ("fault-centroid", {"quantile": 1.5}, "quantile must be in"),
        ("density-ratio", {"quantile": 1.0}, "quantile must be in"),
        ("density-ratio", {"folds": 1}, "folds must be >= 2"),
        ("density-ratio", {"model": "oracle"}, "model must be one of"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, params: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FILTERS[name].from_params(params)
