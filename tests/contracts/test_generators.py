"""What every generator of the registry promises."""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import contract_rows
import numpy as np
import pandas as pd
import pytest
from contract_rows import QUICK, digest, drawn, fitted, mixed_rows, numeric_rows

from rarefault.errors import InputError
from rarefault.generators import GENERATORS, load_generator
from rarefault.tuning.spaces import space_of

EVERY = pytest.mark.parametrize("name", sorted(GENERATORS))


@pytest.fixture(scope="module")
def ready() -> dict[str, Any]:
    """Each generator fitted once on the mixed rows, for tests that do not mind what was drawn before."""
    return {name: fitted(name) for name in GENERATORS}


def same(first: pd.DataFrame, second: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@EVERY
@pytest.mark.parametrize("make", [mixed_rows, numeric_rows])
def test_same_seed_draws_the_same_rows_and_another_seed_others(name: str, make: Any) -> None:
    first, second, other = (drawn(fitted(name, seed, make())) for seed in (1, 1, 2))
    same(first, second)
    assert not first.equals(other)


def test_another_process_draws_the_same_rows() -> None:
    script = [sys.executable, contract_rows.__file__]
    root = Path(__file__).parents[2]
    done = subprocess.run(script, capture_output=True, text=True, cwd=root, env={**_environment(), "PYTHONPATH": "."})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: digest(drawn(fitted(name))) for name in GENERATORS}


def _environment() -> dict[str, str]:
    import os

    return {k: v for k, v in os.environ.items() if k != "PYTHONHASHSEED"}


@EVERY
@pytest.mark.parametrize("n", [0, 1, 33])
def test_gives_exactly_n_rows_with_the_same_columns_and_dtypes(name: str, n: int, ready: dict[str, Any]) -> None:
    X, _ = mixed_rows()
    for rows in (drawn(ready[name], n), ready[name].sample(n)):
        assert len(rows) == n
        assert list(rows.index) == list(range(n))
        pd.testing.assert_series_equal(rows.dtypes, X.dtypes)


@EVERY
def test_values_are_complete_whole_where_whole_and_inside_what_was_seen(name: str, ready: dict[str, Any]) -> None:
    X, _ = mixed_rows()
    rows = ready[name].sample(400)
    assert not rows.isna().any().any()
    assert set(rows["supplier"]) <= set(X["supplier"]) | {"unused"}
    assert (rows["retries"] == np.rint(rows["retries"])).all()
    assert (rows["station"] == 7.0).all()
    for column in X.columns.drop("supplier"):
        slack = 1e-6 * np.ptp(X[column])
        assert rows[column].min() >= X[column].min() - slack
        assert rows[column].max() <= X[column].max() + slack


@EVERY
def test_each_class_can_be_drawn_or_is_refused(name: str, ready: dict[str, Any]) -> None:
    generator = ready[name]
    if generator.conditional:
        assert [len(generator.sample(7, label=k)) for k in (0, 1)] == [7, 7]
        with pytest.raises(ValueError, match="class 5 was not seen in fit"):
            generator.sample(3, label=5)
    else:
        with pytest.raises(ValueError, match="unconditional"):
            generator.sample(3, label=1)
    with pytest.raises(ValueError, match="n must be >= 0"):
        generator.sample(-1)


@EVERY
@pytest.mark.parametrize("make", [mixed_rows, numeric_rows])
def test_saved_and_loaded_draws_the_same_rows_without_pickle(name: str, make: Any, tmp_path: Path) -> None:
    generator = fitted(name, 1, make())
    generator.save(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"model.json", "weights.safetensors"}
    loaded = load_generator(tmp_path)
    assert type(loaded) is GENERATORS[name]
    assert loaded.settings == generator.settings
    same(drawn(generator), drawn(loaded))
    same(generator.sample(11), loaded.sample(11))


@EVERY
def test_saving_after_drawing_changes_nothing(name: str, tmp_path: Path) -> None:
    generator = fitted(name)
    first = drawn(generator)
    generator.save(tmp_path)
    same(first, drawn(load_generator(tmp_path)))


@EVERY
def test_settings_are_checked(name: str) -> None:
    with pytest.raises(ValueError, match="no setting 'nonsense'"):
        GENERATORS[name].from_params({"nonsense": 1})
    with pytest.raises(ValueError, match="seed"):
        GENERATORS[name].from_params({"seed": "often"})
    assert GENERATORS[name].from_params({"seed": 3.0}).settings.seed == 3


@EVERY
def test_what_is_searched_are_settings_within_their_limits(name: str) -> None:
    space = space_of(name, {})
    for end in (0, 1):
        made = GENERATORS[name].from_params({setting: bounds[end] for setting, bounds in space.items()})
        assert {setting: getattr(made.settings, setting) for setting in space} == {k: v[end] for k, v in space.items()}


@EVERY
def test_fit_leaves_its_input_and_the_global_random_state_alone(name: str) -> None:
    X, y = mixed_rows()
    X.index = pd.RangeIndex(5, 5 + len(X))
    before, labels, state = X.copy(), y.copy(), np.random.get_state()[1].copy()
    generator = fitted(name, 1, (X, y))
    rows = drawn(generator)
    same(X, before)
    np.testing.assert_array_equal(y, labels)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    for column in rows.columns.drop("supplier"):
        rows[column] = -1
    same(X, before)


@EVERY
def test_fit_refuses_gaps_no_rows_and_missing_labels(name: str) -> None:
    X, y = mixed_rows()
    gap = X.assign(force_n=X["force_n"].where(np.arange(len(X)) > 0))
    for rows, labels in ((gap, y), (X.iloc[:0], y[:0]), (X, y[:-1])):
        with pytest.raises(ValueError, match=name):
            fitted(name, 1, (rows, labels))
    with pytest.raises(ValueError, match="force_n"):
        fitted(name, 1, (X.assign(force_n=np.inf), y))


@EVERY
@pytest.mark.parametrize("faults", [0, 1, 2, 3])
def test_a_tiny_class_is_drawn_or_refused_in_one_line(name: str, faults: int) -> None:
    rows = mixed_rows(30, faults)
    try:
        generator = fitted(name, 1, rows)
        few = drawn(generator, 9)
    except ValueError as refusal:
        assert faults < 2
        assert str(refusal).startswith((name, "class 1 was not seen"))
        assert "\n" not in str(refusal)
    else:
        assert len(few) == 9


@EVERY
def test_is_silent(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        drawn(fitted(name))
    assert [str(w.message) for w in caught] == []
    assert capfd.readouterr() == ("", "")


@EVERY
def test_progress_counts_up_and_can_stop_the_training(name: str) -> None:
    calls: list[tuple[int, int]] = []

    def note(done: int, total: int) -> None:
        calls.append((done, total))

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    X, y = mixed_rows()
    GENERATORS[name].from_params(QUICK.get(name, {})).fit(X, y, progress=note)
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})
    if calls:
        assert calls[-1][0] == calls[-1][1]
        with pytest.raises(KeyboardInterrupt):
            GENERATORS[name].from_params(QUICK.get(name, {})).fit(X, y, progress=stop)


def test_listing_the_generators_imports_none_of_their_libraries() -> None:
    heavy = ("torch", "sdv", "ctgan", "imblearn", "sklearn", "scipy")
    code = f"import sys, rarefault.generators as g; list(g.GENERATORS); print([m for m in {heavy} if m in sys.modules])"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_loading_from_a_wrong_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model\.json"):
        load_generator(tmp_path)
    (tmp_path / "model.json").write_text('{"kind": "classifier"}')
    with pytest.raises(InputError, match="expected a generator"):
        load_generator(tmp_path)
