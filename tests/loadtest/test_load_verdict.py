import json

import numpy as np
import pytest

from loadtest.plan import Plan
from loadtest.profiles import PROFILES
from loadtest.records import Recorder, Records, over_time
from loadtest.report import write
from loadtest.rows import Rows
from loadtest.tables import text_table
from loadtest.target import Feature
from loadtest.verdict import notes, outcome

PROFILE = PROFILES["paper"].but(minutes=0.1)  # 1,200 requests in 6 s


def recorded(n=1200, latency=0.005, wrong=0, late=0.0, status=200):
    recorder = Recorder()
    for i in range(n):
        recorder.add(i * 6 / n, late, latency, 0, 500 if i < wrong else status, i >= wrong)
    return recorder.records()


def missed(records, profile=PROFILE):
    return [check.name for check in outcome(profile, records).checks if not check.met]


def test_a_good_run_passes():
    found = outcome(PROFILE, recorded())
    assert found.passed
    assert "passed: 200.0 of 200.0" in found.summary("paper")


def test_each_threshold_fails_on_its_own():
    assert missed(recorded(latency=0.057)) == ["p95"]
    assert missed(recorded(wrong=1)) == ["errors"]
    assert missed(recorded(wrong=1), PROFILE.but(errors=0.01)) == []
    assert missed(recorded(n=1100)) == ["rate"]
    assert missed(recorded(latency=1.0)) == ["p95", "rate"]  # a sixth is answered after the end


def test_nothing_at_all_fails_everything():
    found = outcome(PROFILE, Recorder().records())
    assert missed(Recorder().records()) == ["p95", "errors", "rate"]
    assert not found.passed


def test_unanswered_requests_are_errors_and_do_not_count_as_answered():
    records = recorded(status=0, wrong=0).of(np.arange(1200))
    records = Records(
        records.due, records.late, records.latency, records.kind, records.status * 0, records.right & False
    )
    assert missed(records) == ["errors", "rate"]


def test_a_late_generator_is_told():
    assert any("bottleneck" in line for line in notes(outcome(PROFILE, recorded(late=0.1)), PROFILE))
    assert any("+1.5 MB" in line for line in notes(outcome(PROFILE, recorded(), grown=1.5), PROFILE))


def test_records_of_several_processes_become_one(tmp_path):
    whole = recorded()
    halves = [whole.of(np.arange(start, 1200, 2)) for start in (0, 1)]
    for i, half in enumerate(halves):
        half.save(tmp_path / f"{i}.npz")
    joined = Records.load([tmp_path / "0.npz", tmp_path / "1.npz"])
    np.testing.assert_array_equal(joined.due, whole.due)


def test_figures_over_time():
    series = over_time(recorded(), 6.0, 1.0)
    np.testing.assert_allclose(series["rate"], 200, atol=2)
    np.testing.assert_allclose(series["p95"], 5.0, atol=0.01)
    assert series["errors"].sum() == 0
    assert np.isnan(over_time(Recorder().records(), 6.0, 1.0)["p95"]).all()


@pytest.mark.parametrize("records", [recorded(wrong=3), Recorder().records()], ids=["some wrong", "none"])
def test_the_report_is_written(tmp_path, records):
    plan = Plan(PROFILE, "http://127.0.0.1:1", "m", Rows((Feature("a", False),), ((1.0,),), False))
    said = write(plan, records, outcome(PROFILE, records), tmp_path)
    told = json.loads((tmp_path / "result.json").read_text())
    assert said.startswith("paper: FAILED")
    assert told["passed"] is False
    assert told["kinds"][0]["requests"] == len(records)
    assert (tmp_path / "result.txt").read_text() == said + "\n"
    assert (tmp_path / "over-time.png").read_bytes().startswith(b"\x89PNG")


def test_tables_put_numbers_to_the_right():
    assert text_table(["what", "n"], [["a", "1,000"], ["bcd", "7"]]).splitlines()[2:] == ["a     1,000", "bcd       7"]
