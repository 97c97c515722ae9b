"""Every profile against a stub server for a few seconds, each in a process of its own."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ["--users", "5", "--rate", "10", "--minutes", "0.05", "--p95", "2000", "--model", "stub"]
RUNS = {
    "paper": ("quick", ["paper", *SMALL]),
    "ramp": ("quick", ["ramp", *SMALL]),
    "spike": ("quick", ["spike", *SMALL]),
    "soak": ("quick", ["soak", *SMALL]),
    "mixed": ("quick", ["mixed", *SMALL, "--rate", "20"]),
    "slow": ("slow", ["paper", *SMALL, "--p95", "100"]),
    "wrong": ("wrong", ["paper", *SMALL, "--errors", "0.05"]),
}


def load(arguments):
    command = [sys.executable, "-m", "loadtest", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)


@pytest.fixture(scope="module")
def runs(quick_stub, slow_stub, wrong_stub, tmp_path_factory):
    urls, folder = {"quick": quick_stub, "slow": slow_stub, "wrong": wrong_stub}, tmp_path_factory.mktemp("runs")

    def start(name):
        server, arguments = RUNS[name]
        return load([*arguments, "--url", urls[server], "--out", str(folder / name)]), folder / name

    with ThreadPoolExecutor(len(RUNS)) as pool:
        return dict(zip(RUNS, pool.map(start, RUNS), strict=True))


def told(out):
    return json.loads((out / "result.json").read_text())


def assert_passed(done, out):
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed: " in done.stdout
    assert "Traceback" not in done.stderr
    left = {path.name for path in out.iterdir()}
    assert left >= {"result.txt", "result.json", "over-time.png", "report.html", "locust_stats.csv"}
    assert "locust_stats_history.csv" in left
    result = told(out)
    assert result["errors"] == 0
    assert result["answered"] == pytest.approx(result["asked"], rel=0.05)


@pytest.mark.parametrize("name", ["paper", "ramp", "spike", "soak", "mixed"])
def test_a_profile_passes_and_leaves_its_results(runs, name):
    assert_passed(*runs[name])


@pytest.mark.slow
def test_several_processes_make_one_result(quick_stub, tmp_path):
    done = load(["paper", *SMALL, "--processes", "2", "--url", quick_stub, "--out", str(tmp_path)])
    assert_passed(done, tmp_path)


def test_the_mix_holds_every_kind(runs):
    kinds = {kind["kind"]: kind for kind in told(runs["mixed"][1])["kinds"]}
    assert all(kinds[name]["requests"] > 3 for name in kinds if name != "bad input")
    assert all(status.startswith("4") for status in kinds["bad input"]["statuses"])


def test_a_slow_server_is_asked_no_less_and_fails_the_run(runs):
    done, out = runs["slow"]
    result = told(out)
    assert done.returncode == 1
    assert "FAILED (p95" in done.stdout
    assert result["requests"] >= 140  # 150 are asked for; users who waited would ask for 40
    assert 390 < result["p50"] < 1500


def test_wrong_answers_fail_the_run(runs):
    done, out = runs["wrong"]
    assert done.returncode == 1
    assert "errors 20" in done.stdout
    assert told(out)["kinds"][0]["statuses"].keys() == {"200", "500"}


def test_help_teaches():
    done = load(["--help"])
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("--i-may-load", "open loop", "ramp", "exit code"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--url", "http://192.0.2.1"], "--i-may-load 192.0.2.1"),
        (["--url", "http://127.0.0.1:9"], "does not answer"),
        (["--users", "0"], "users must be >= 1"),
        (["--processes", "0"], "--processes must be >= 1"),
    ],
)
def test_a_run_that_cannot_begin_says_why(arguments, says):
    done = load(["paper", "--model", "stub", *arguments])
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
