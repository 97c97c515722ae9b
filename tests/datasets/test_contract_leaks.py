"""Columns that know too much are dropped or named, and noise is not."""

import numpy as np
import pandas as pd
import pytest
from contract_words import N, told

from rarefault.datasets.cleaning.repairs import Limits
from rarefault.datasets.contract import check_table


def test_the_label_under_another_name_is_dropped(frame):
    copies = {"result": np.where(frame["fault"] == 1, "bad", "fine"), "code": 5 - 2.5 * frame["fault"]}
    said = told(check_table(frame.assign(**copies), label="fault"))
    assert "2 columns dropped (the label under another name): 'result', 'code'" in said


def test_the_classes_behind_a_one_against_rest_label_are_dropped(frame):
    classes = frame["fault"] * (1 + np.arange(N) % 2)
    checked = check_table(frame.assign(fault=classes, kind=classes * 7), label="fault", positive=2)
    assert "(the label under another name): 'kind'" in told(checked)


LEAKS = {
    "ranks": lambda y, rng: y * 10 + rng.normal(size=len(y)),
    "ranks downward with gaps": lambda y, rng: np.where(
        rng.random(len(y)) < 0.3, np.nan, rng.normal(size=len(y)) - 10 * y
    ),
    "a value in the middle": lambda y, rng: np.where(y == 1, 5, rng.choice([3, 9], size=len(y))),
    "texts": lambda y, rng: np.where(y == 1, "x", rng.choice(["u", "v"], size=len(y))),
    "gaps": lambda y, rng: np.where(y == 1, rng.random(len(y)), np.where(rng.random(len(y)) < 0, 0, np.nan)),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_a_column_that_alone_separates_the_classes_is_named(frame, kind):
    rng = np.random.default_rng(0)
    leak = LEAKS[kind](frame["fault"].to_numpy(), rng)
    limits = Limits(max_missing=0.9)
    checked = check_table(frame.assign(leak=leak), label="fault", positive=1, limits=limits)
    assert "leak" in checked.table.X
    assert [w for w in checked.warnings if "column 'leak' alone separates the classes" in w]
    assert not [w for w in checked.warnings if "torque" in w]


def test_a_value_that_only_faulty_parts_have_is_named(frame):
    cause = np.where(frame["fault"] == 1, np.arange(N) % 3, 0)
    warnings = check_table(frame.assign(cause=cause), label="fault", positive=1).warnings
    assert sum("'cause': " in w and "are faulty: it may record the outcome" in w for w in warnings) == 2


def test_noise_is_not_suspected():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(150, 400))).add_prefix("c")
    frame["rare"] = rng.choice(["a", "b", *"cdefghijkl"], size=150)
    frame["fault"] = np.arange(150) < 12
    warnings = check_table(frame, label="fault", positive="true").warnings
    assert warnings == ["only 12 faulty rows: every figure will be uncertain"]
