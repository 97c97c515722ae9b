import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rarefault.generators.table.copula import GaussianCopula


@pytest.fixture
def rows() -> tuple[pd.DataFrame, np.ndarray]:
    """Skewed, tied and categorical columns that hang together, differently in the two classes."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [1500, 500])
    z = rng.normal(size=2000)
    skewed = np.exp(np.where(y == 1, z, -z) + 0.3 * rng.normal(size=2000))
    level = np.where(z + 0.5 * rng.normal(size=2000) > 1.0, "high", "low")
    return pd.DataFrame(
        {
            "z": z + 4.0 * y,
            "skewed": skewed,
            "zeros": np.where(rng.random(2000) < 0.6, 0.0, rng.random(2000)),
            "level": pd.Categorical(level, categories=["low", "high"]),
        }
    ), y


@pytest.mark.parametrize("quantiles", [50, 1000])
def test_each_class_keeps_its_margins_and_its_correlation(
    rows: tuple[pd.DataFrame, np.ndarray], quantiles: int
) -> None:
    X, y = rows
    generator = GaussianCopula.from_params({"quantiles": quantiles}).fit(X, y)
    for label in (0, 1):
        real, drawn = X[y == label], generator.sample(4000, label)
        for column in ("z", "skewed"):
            assert stats.ks_2samp(real[column], drawn[column]).statistic < 0.06
        assert (drawn["zeros"] == 0).mean() == pytest.approx((real["zeros"] == 0).mean(), abs=0.05)
        assert (drawn["level"] == "high").mean() == pytest.approx((real["level"] == "high").mean(), abs=0.04)
        theirs, ours = (stats.spearmanr(f["z"], f["skewed"]).statistic for f in (real, drawn))
        assert ours == pytest.approx(theirs, abs=0.08)


def test_levels_move_with_the_numbers(rows: tuple[pd.DataFrame, np.ndarray]) -> None:
    drawn = GaussianCopula.from_params({}).fit(*rows).sample(4000, 0)
    assert (
        drawn["z"][drawn["level"] == "high"].mean() > drawn["z"][drawn["level"] == "low"].mean() + 1.2
    )  # 1.75 in the real rows


def test_more_columns_than_rows_can_be_drawn() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(12, 80))).rename(columns=str)
    X["copy"] = X["0"]
    drawn = GaussianCopula.from_params({}).fit(X, np.repeat([0, 1], 6)).sample(50, 1)
    assert np.isfinite(drawn.to_numpy()).all()
    assert len(drawn.drop_duplicates()) == 50


def test_one_row_of_a_class_is_drawn_again() -> None:
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": pd.Categorical(["u", "v", "v"])})
    drawn = GaussianCopula.from_params({}).fit(X, np.array([1, 0, 0])).sample(3, 1)
    assert drawn["a"].tolist() == [1.0] * 3 and drawn["b"].tolist() == ["u"] * 3


def test_too_few_quantiles_are_refused() -> None:
    with pytest.raises(ValueError, match="quantiles must be >= 2, got 1"):
        GaussianCopula.from_params({"quantiles": 1})
