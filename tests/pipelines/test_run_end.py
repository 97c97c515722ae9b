"""The last step of a local run says how it ended; a fanned-out run ends as a plain one does."""

import json

import pytest


def test_a_run_that_went_well_says_so_in_its_log(finished):
    folder, result, _, _ = finished
    assert f"rarefault: fault-detection run {result['run_id']} ended\n" in (folder / "run.log").read_text()


def test_a_run_that_failed_says_so_and_the_cause_is_still_what_is_told(line, tmp_path):
    (tmp_path / "parts.csv").write_text("a,b,result\n1,2,pass\n")
    words = ["--data", str(tmp_path / "parts.csv"), "--label", "result", "--out", str(tmp_path / "run")]
    done = line.run("run", "fault-detection", *words)
    assert done.returncode == 2, done.stderr
    assert "result" in next(text for text in done.stderr.splitlines() if text.startswith("rarefault:"))
    log = (tmp_path / "run" / "run.log").read_text()
    assert " failed: Task exit-handler-1 failed." in log


@pytest.mark.slow
def test_a_run_that_is_fanned_out_ends_with_the_same_numbers(finished, line, quick, tmp_path):
    shared = ["--set", "search_pods=2", "--set", "synthesis_shards=3"]
    done = line.run("run", "fault-detection", "--out", str(tmp_path / "run"), *quick, *shared)
    assert done.returncode == 0, done.stderr
    assert "search_generator done" in done.stderr
    plain, fanned = finished[1], json.loads((tmp_path / "run" / "result.json").read_text())
    for part in ("similarity", "filter", "selected"):
        assert fanned[part] == plain[part]
    without_times = [[{k: v for k, v in s.items() if k != "seconds"} for s in r["strategies"]] for r in (plain, fanned)]
    assert without_times[0] == without_times[1]
    assert fanned["generator"]["settings"] == plain["generator"]["settings"]
