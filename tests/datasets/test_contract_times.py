"""The time column, in many spellings."""

import numpy as np
import pandas as pd
import pytest
from contract_words import N, refusal

from rarefault.datasets.contract import check_table


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%SZ", "%s"])
def test_times_in_many_spellings(frame, form):
    when = pd.date_range("2024-01-31", periods=N, freq="h")
    frame["when"] = (when.astype(np.int64) // 10**9).astype(str) if form == "%s" else when.strftime(form)
    times = check_table(frame, label="fault", time="when").times
    assert (np.diff(times) == (3600 if form == "%s" else np.timedelta64(1, "h"))).all()


def test_a_day_that_could_be_a_month_is_warned_of_unless_the_order_tells(frame):
    days = [f"0{1 + i % 9}/0{1 + i // 9 % 9}/2024" for i in range(N)]
    warnings = check_table(frame.assign(when=days), label="fault", time="when").warnings
    assert any("could be day/month or month/day" in warning for warning in warnings)
    ordered = check_table(frame.assign(when=sorted(days)), label="fault", time="when")
    assert not any("could be" in warning for warning in ordered.warnings)
    assert ordered.times.astype("datetime64[M]").max() == np.datetime64("2024-09")


def test_times_that_are_none(frame):
    assert "holds values that are no time, for example 'soon'" in refusal(frame.assign(when="soon"), time="when")
