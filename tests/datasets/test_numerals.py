"""Numbers as text spells them."""

import numpy as np
import pytest

from rarefault.datasets.files.numerals import decimal_mark, read_number, read_numbers
from rarefault.datasets.files.units import without_unit


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1.5", 1.5, None),
        ("1,5", None, 1.5),
        ("1.234", 1.234, 1234),
        ("1,234", 1234, 1.234),
        ("0,567", None, 0.567),
        ("1.234,5", None, 1234.5),
        ("1'234.5", 1234.5, None),
        ("1 234 567", 1234567, 1234567),
        ("-.5", -0.5, None),
        ("\u22122e3", -2000, -2000),
        ("inf", np.inf, np.inf),
        ("1_000", None, None),
        ("0x10", None, None),
        ("\u0661", None, None),
        ("", None, None),
        ("12:30", None, None),
        ("1.2.3", None, None),
    ],
)
def test_numbers_as_text(text, point, comma):
    assert read_number(text, ".") == point
    assert read_number(text, ",") == comma


def test_the_decimal_mark_that_fits_more_texts_is_used():
    np.testing.assert_array_equal(read_numbers(["1,5", "2,25", "x"]), [1.5, 2.25, np.nan])
    np.testing.assert_array_equal(read_numbers(["1.234", "2.5"], ","), [1.234, 2.5])


def test_a_single_mark_before_three_digits_tells_only_when_no_mark_is_likely():
    assert decimal_mark(["1,234", "12,000"]) == ","
    assert decimal_mark(["1,234", "12,000"], likely=".") == "."
    assert decimal_mark(["1,234", "12,5"], likely=".") == ","
    assert decimal_mark(["12", "x"]) is None


@pytest.mark.parametrize(
    ("texts", "bare", "unit"),
    [
        (["12.5 Nm", "3 Nm"], ["12.5", "3"], "Nm"),
        (["12,5%", "-3 %"], ["12,5", "-3"], "%"),
        (["20\u00b0C", "n/a"], ["20", "n/a"], "\u00b0C"),
        (["1 200 rpm", "900rpm"], ["1 200", "900"], "rpm"),
        (["3A", "4A"], ["3A", "4A"], ""),
        (["M6", "M8"], ["M6", "M8"], ""),
        (["3 pieces", "4 pieces"], ["3 pieces", "4 pieces"], ""),
        (["2024-01-01"], ["2024-01-01"], ""),
    ],
)
def test_units_behind_numbers(texts, bare, unit):
    assert without_unit(texts) == (bare, unit)
