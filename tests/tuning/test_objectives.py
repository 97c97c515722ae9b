import numpy as np
import pandas as pd
import pytest

from rarefault.datasets.table import Column, Schema, Table
from rarefault.tuning import objectives


def table(groups):
    rng = np.random.default_rng(0)
    y = np.tile([0, 0, 0, 1], 30)
    X = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120)})
    return Table(X, y, Schema(tuple(Column(name, "continuous") for name in X.columns)), groups)


@pytest.mark.parametrize(("size", "whole"), [(8, True), (120, False)])
def test_whole_groups_are_held_out_where_there_are_enough(size, whole):
    groups = np.arange(120) // size
    fit, held_out = objectives._apart(table(groups), 0)
    assert len(fit) + len(held_out) == 120
    assert (not set(groups[fit]) & set(groups[held_out])) is whole
