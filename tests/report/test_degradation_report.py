"""The report of degradation runs: shape, documentation, and what the page says."""

import re
from pathlib import Path

import numpy as np
import pytest
from degradation_sample import machine, sample
from jsonschema import Draft202012Validator

from rarefault.report import DEGRADATION_RESULT_SCHEMA, check_result, render_text
from rarefault.report.degradation_page import render_degradation
from rarefault.report.degradation_text import finding, machine_sentence

DOCS = Path(__file__).parents[2] / "docs" / "result-json.md"


def names_in(schema):
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        yield from schema.get("required", ())
        for value in schema.values():
            yield from names_in(value)


def test_the_schema_is_one_and_every_field_is_documented():
    Draft202012Validator.check_schema(DEGRADATION_RESULT_SCHEMA)
    text = DOCS.read_text(encoding="utf-8")
    documented = set(re.findall(r'[`"]([a-z0-9_]+)["`]', text[text.index("## A degradation run") :]))
    everywhere = set(re.findall(r'[`"]([a-z0-9_]+)["`]', text))
    assert set(names_in(DEGRADATION_RESULT_SCHEMA)) - everywhere == set()
    assert set(DEGRADATION_RESULT_SCHEMA["properties"]) - documented == set()


BREAKS = {
    "unknown": (lambda r: r.update(colour="blue"), "'colour' was unexpected"),
    "missing": (lambda r: r.pop("rivals"), "'rivals' is a required property"),
    "counts": (lambda r: r["data"].update(snapshots=99), "the machines have 215 snapshots, data says 99"),
    "order": (lambda r: r["machines"][0].update(onset=190, alarm=125), "onset 190 and alarm 125 do not fit"),
    "alarm": (lambda r: r["machines"][0].update(alarm=None), "alarm None do not fit"),
    "state": (lambda r: r["machines"][0].update(state="broken"), "'broken' is not one of"),
    "selected": (lambda r: r["indicator"].update(name="magic"), "the indicator 'magic' is not among them"),
    "nan": (lambda r: r["threshold"].update(value=float("nan")), "nan is not a finite number"),
    "degree": (lambda r: r["machines"][0].update(degree=1.2), "1.2 is greater than the maximum"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_broken_results_are_refused_in_one_line(name):
    result, _ = sample()
    check_result(result)
    spoil, message = BREAKS[name]
    spoil(result)
    with pytest.raises(ValueError, match=message):
        check_result(result)


def test_the_maintainer_is_told_since_when_how_bad_and_what_to_do():
    said = machine_sentence(machine("press 7"))
    assert said.startswith(
        "press 7: wear since snapshot 121 (press 7/snap_121.csv, 60.5 h after the start), alarm at snapshot 124; "
    )
    assert "at the end severe, degree of degradation 98" in said
    assert said.endswith("Inspect it now, and stop it before it fails.")
    assert machine_sentence(machine(onset=None, degree=0.0)).endswith("no sign of wear in 215 snapshots. Go on.")
    untimed = {**machine(), "onset_hours": None, "alarm_hours": None, "hours": None}
    assert " (press 7/snap_121.csv), alarm" in machine_sentence({**untimed, "onset_file": "press 7/snap_121.csv"})
    assert "wear since snapshot 121, alarm" in machine_sentence({**untimed, "onset_file": None})


def test_of_several_machines_the_worst_are_named_first():
    machines = [machine("a", None, 0.0), machine("b", 100, 0.5), machine("c", 120, 0.9)]
    assert finding(machines).startswith("2 of 3 machines are worn: c (severe, 90")
    assert finding(machines[:1] * 2) == "None of 2 machines shows wear. Go on."
    assert finding(machines[2:]) == machine_sentence(machines[2])


@pytest.fixture(scope="module", params=[1, 3])
def page(request):
    return request.param, render_degradation(*sample(request.param))


def test_a_page_is_one_file_that_asks_nobody_and_escapes_names(page):
    text = page[1]
    assert not re.search(r'(src|href)="(https?:)?//', text)
    assert "<script" not in text
    assert "screws &lt;i&gt;" in text
    assert "run&lt;script&gt;1" in text
    assert "2 snapshots &lt;left&gt; out" in text


def test_a_page_has_the_papers_figures_and_tables(page):
    n, text = page
    for number in (11, 14, 15, 16, 17, 18, 19):
        assert f"figure {number})" in text or f"figures {number})" in text, number
    for number in (2, 3, 4):
        assert f"As the paper's Table {number}" in text.replace("&#39;", "'")
    assert "These signals were not measured on a machine." in text
    assert text.count("<svg") == {1: 7, 3: 16}[n]


def test_a_page_without_known_states_times_or_onsets_leaves_them_out():
    result, details = sample()
    result["severity"] = []
    result["data"].update(states_known=False, times_known=False)
    result["machines"][0].update(
        dict.fromkeys(
            ("onset", "alarm", "onset_file", "alarm_file", "onset_hours", "alarm_hours", "hours", "true_onset")
        ),
        degree=0.0,
        state="healthy",
    )
    details["taus"] = {}
    for arrays in details["machines"].values():
        arrays["truth"], arrays["hours"] = None, np.full(len(arrays["hours"]), np.nan)
    text = render_degradation(result, details)
    assert "Are the states told apart?" not in text
    assert "Where it began" not in text
    assert text.count("<svg") == 5


def test_a_long_life_is_drawn_with_fewer_dots():
    result, details = sample()
    arrays, n = details["machines"]["screw <1>"], 40_000
    for name in ("indicators", "degrees", "kurtosis", "healthy", "truth", "hours"):
        arrays[name] = arrays[name].repeat(n // len(arrays[name]) + 1)[:n]
    result["machines"][0]["snapshots"] = result["data"]["snapshots"] = n
    assert len(render_degradation(result, details)) < 2_000_000


def test_the_terminal_tells_the_finding_and_every_indicator():
    text = render_text(sample()[0])
    assert "wear since snapshot 121" in text
    assert "*  vae" in text
    assert "screws-degradation version 1, champion" in text
    assert "\u2013" not in text
