import numpy as np
import pandas as pd
import pytest

from rarefault.generators import GENERATORS

FAMILY = ["smote", "borderline-smote", "adasyn"]


def overlapping(n: int = 200, faults: int = 40, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = (np.arange(n) < faults).astype(int)
    return pd.DataFrame(rng.normal(size=(n, 2)) * [1.0, 1e6] + y[:, None] * [1.5, 0], columns=["a", "b"]), y


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("label", [0, 1])
def test_rows_lie_between_two_rows_of_their_class(name: str, label: int) -> None:
    X, y = overlapping()
    generator = GENERATORS[name].from_params({}).fit(X, y)
    drawn = generator.sample(60, label).to_numpy()
    assert generator.notes_ == []
    real = X[y == label].to_numpy() / X.std().to_numpy()
    first, second = (real[i] for i in np.triu_indices(len(real), k=1))
    for row in drawn / X.std().to_numpy():
        direct = np.linalg.norm(second - first, axis=1)
        detour = np.linalg.norm(row - first, axis=1) + np.linalg.norm(second - row, axis=1)
        assert (detour - direct).min() < 1e-9


@pytest.mark.parametrize("name", FAMILY)
def test_neighbours_are_found_on_the_same_scale_for_all_columns(name: str) -> None:
    X, y = overlapping()
    plain = GENERATORS[name].from_params({}).fit(X, y).sample(30, 1)
    stretched = GENERATORS[name].from_params({}).fit(X * [1e5, 1.0], y).sample(30, 1)
    np.testing.assert_allclose(plain["a"] * 1e5, stretched["a"])
    np.testing.assert_allclose(plain["b"], stretched["b"])


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("n", [1, 2, 3, 500])
def test_asked_for_n_rows_it_draws_n(name: str, n: int) -> None:
    assert len(GENERATORS[name].from_params({}).fit(*overlapping()).sample(n, 1)) == n


@pytest.mark.parametrize("name", ["borderline-smote", "adasyn"])
def test_classes_that_lie_apart_are_left_to_smote_and_noted(name: str) -> None:
    X, y = overlapping()
    generator = GENERATORS[name].from_params({}).fit(X + 1e9 * y[:, None], y)
    assert len(generator.sample(9, 1)) == 9
    generator.sample(3, 1)
    assert len(generator.notes_) == 1
    assert "class 1" in generator.notes_[0] and "plain SMOTE" in generator.notes_[0]


def test_levels_come_from_neighbours_and_all_level_tables_work() -> None:
    X, y = overlapping()
    X["level"] = pd.Categorical(np.where(y == 1, "f", "g"), categories=["g", "f", "never"])
    for columns in (["a", "b", "level"], ["level"]):
        drawn = GENERATORS["smote"].from_params({}).fit(X[columns], y).sample(20, 1)
        assert set(drawn["level"]) == {"f"}
        assert list(drawn["level"].cat.categories) == ["g", "f", "never"]


@pytest.mark.parametrize("name", FAMILY)
def test_what_cannot_be_interpolated_is_refused(name: str) -> None:
    X, y = overlapping(20, 1)
    with pytest.raises(ValueError, match=f"{name} needs two or more rows of class 1"):
        GENERATORS[name].from_params({}).fit(X, y).sample(3, 1)
    with pytest.raises(ValueError, match=f"{name} needs rows of both classes, got only class 0"):
        GENERATORS[name].from_params({}).fit(X, 0 * y)
    with pytest.raises(ValueError, match="k_neighbors must be >= 1"):
        GENERATORS[name].from_params({"k_neighbors": 0})
