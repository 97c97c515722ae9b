"""Cron expressions as Kubeflow takes them."""

import pytest

from pipelines.cluster.cron import six_fields
from rarefault.errors import InputError


@pytest.mark.parametrize(
    ("text", "six"),
    [
        ("0 3 * * *", "0 0 3 * * *"),
        ("*/15 8-18 * * mon-fri", "0 */15 8-18 * * mon-fri"),
        ("30 0 3 ? JAN,JUL 0", "30 0 3 ? jan,jul 0"),
    ],
)
def test_five_fields_get_their_seconds(text, six):
    assert six_fields(text) == six


@pytest.mark.parametrize(
    "text",
    [
        *("", "daily", "* * * *", "61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "5-1 * * * *"),
        *("*/0 * * * *", "1,,2 * * * *", "a * * * *", "0 0 31 2 *", "* * * * * * *", "; * * * *"),
    ],
)
def test_what_kubeflow_would_not_take_is_refused_in_one_line(text):
    with pytest.raises(InputError, match="accepted: ") as refusal:
        six_fields(text)
    assert "\n" not in str(refusal.value)
