"""The terminal summary, and how numbers and untrusted names are written."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rarefault.report import formats, render_text, roles


def test_the_summary_tells_verdict_model_and_every_strategy(detection: Any) -> None:
    result, _ = detection
    text = render_text(result)
    assert result["helped"]["sentence"] in text
    assert "gearbox-line (simulated): 2400 rows, 473 faults, 66 features; 3 repairs, 1 warning" in text
    assert "version 4, challenger" in text
    rows = text.split("\n\n")[1].splitlines()
    assert len(rows) == 1 + len(result["strategies"])
    assert [row.split()[1] for row in rows if row.startswith("*")] == [result["selected"]]
    assert "nan" not in text.lower()


def test_warnings_are_told_in_full_a_few_of_them(detection: Any) -> None:
    result, _ = detection
    result["data"]["warnings"] = [f"column 'm{i}' alone separates the classes" for i in range(9)]
    told = [line for line in render_text(result).splitlines() if line.startswith("Warning")]
    assert told[0].endswith("column 'm0' alone separates the classes")
    assert told[-1].endswith("5 more in the report")
    assert len(told) == 5


def test_columns_line_up(detection: Any) -> None:
    header, *rows = render_text(detection[0]).split("\n\n")[1].splitlines()
    end = header.index("PR-AUC") + len("PR-AUC")
    assert {row[end - 5 : end + 2][-2:] for row in rows} == {"  "}


def test_control_characters_never_reach_the_terminal(detection: Any) -> None:
    result, _ = detection
    result["data"]["name"] = "\x1b]0;owned\x07\x1b[2J\r\nline"
    result["helped"]["sentence"] = "two\nlines\x9b31m"
    result["strategies"][0]["name"] = "un\x1b[31mtouched"
    text = render_text(result)
    assert not any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in text)
    assert "]0;owned [2J line" in text


def test_a_generator_run_has_no_table(generator: Any) -> None:
    text = render_text(generator[0])
    assert "wgan version 3: models:/gearbox-line-wgan/3" in text
    assert "strategy" not in text


@settings(max_examples=50)
@given(st.text(), st.integers(1, 60))
def test_clean_text_is_one_short_printable_line(text: str, limit: int) -> None:
    cleaned = formats.clean(text, limit)
    assert len(cleaned) <= limit
    assert len(cleaned.splitlines()) <= 1
    cleaned.encode("utf-8")


@settings(max_examples=50)
@given(st.floats(width=32))
def test_every_float_has_a_short_form_without_nan(value: float) -> None:
    for show in (formats.number, formats.signed, formats.percent, formats.count, formats.seconds, formats.probability):
        shown = show(value)
        assert shown
        assert "nan" not in shown and "inf" not in shown


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (formats.seconds(0.42), "0.42 s"),
        (formats.seconds(59.6), "1 min 0 s"),
        (formats.seconds(7500), "2 h 5 min"),
        (formats.percent(0.032), "3.2\u202f%"),
        (formats.percent(1), "100\u202f%"),
        (formats.probability(0.9999), "> 0.99"),
        (formats.count(1234567), "1\u202f234\u202f567"),
        (formats.signed(-0.0312), "\u22120.031"),
        (formats.moment("2026-11-23T08:03:00+02:00"), "23 Nov 2026, 06:03 UTC"),
        (formats.moment("yesterday"), "yesterday"),
        (formats.interval({"low": 0.1, "high": None}), ""),
    ],
)
def test_numbers_read_well(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("notes", "simulated"),
    [
        ("Simulated line", True),
        ("synthetic by its author", True),
        ("Measured in 2019", False),
        ("Real, not simulated", False),
    ],
)
def test_simulated_notes_are_recognised(notes: str, simulated: bool) -> None:
    assert roles.is_simulated(notes) == simulated
