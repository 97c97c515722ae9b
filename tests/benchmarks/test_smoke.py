"""Every benchmark runs at a tiny size; nothing here is about its times."""

import io
import os
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as everything
from benchmarks.detection import six_sets
from benchmarks.generators import sampling, wgan_step
from benchmarks.growth import cost
from benchmarks.pipeline import process_memory, run_time
from benchmarks.search import workers

ROOT = Path(everything.__file__).parent


def table_lines(printed: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in printed.splitlines() if line.startswith("|")]


def test_every_benchmark_is_listed_and_only_those():
    found = {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        for path in ROOT.glob("*/*.py")
        if "__main__" in path.read_text()
    }
    assert {benchmark.module for benchmark in everything.BENCHMARKS.values()} == found


def test_benchmarks_run_in_order_and_the_failed_ones_are_named(monkeypatch, tmp_path, capfd):
    known = {"works": "print('first')", "fails": "raise SystemExit(3)", "needs": "print('never')"}
    for name, code in known.items():
        (tmp_path / f"{name}.py").write_text(code)
    made = {name: everything.Benchmark(name, "tries", real_data=name == "needs") for name in known}
    monkeypatch.setattr(everything, "BENCHMARKS", made)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("RAREFAULT_DATA", raising=False)
    with pytest.raises(SystemExit, match="failed: fails"):
        everything.main(["--out", str(tmp_path / "out")])
    printed = capfd.readouterr().out
    assert "first" in printed
    assert "never" not in printed
    assert "left out" in printed


def test_an_unknown_benchmark_is_refused(capsys):
    with pytest.raises(SystemExit):
        everything.main(["speed"])
    assert "known benchmarks: wgan-step" in capsys.readouterr().err


@pytest.mark.parametrize("module", [workers, cost, run_time])
def test_help(module, capsys):
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    assert "--runs" in capsys.readouterr().out


def test_wgan_step(monkeypatch, capsys):
    monkeypatch.setattr(wgan_step, "ROUNDS", 1)
    monkeypatch.setattr(wgan_step, "STEPS", 2)
    wgan_step.print_steps(with_compile=False)
    assert "plain autograd" in capsys.readouterr().out


def test_sampling(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sampling, "MANY", 100)
    X, y = sampling.pd.DataFrame(wgan_step.rows(40)), sampling.np.arange(40) % 2
    sampling.WGAN.from_params({"epochs": 1}).fit(X.rename(columns=str), y).save(tmp_path)
    sampling.measure(str(tmp_path))
    assert len(capsys.readouterr().out.split()) == 4


def test_six_sets():
    base = [0.5, 0.52, 0.48, 0.5, 0.51] * 2
    facts = {"classifier": "logistic-regression", "pr_auc": 0.4, "f2_half": 0.3, "stopped": False, "gate": None}
    rows = [
        {"set": name, "outer": outer, "strategy": strategy, "f2": f2, "inner": [b + gain for b in base], **facts}
        for name in six_sets.SETS
        for outer in (0, 1)
        for strategy, f2, gain in (("tuned-threshold", 0.5, 0.0), ("smote", 0.25, -0.1), ("wgan-kmeans", 0.75, outer))
    ]
    rows = [{**row, "inner_base": base} for row in rows]
    means = {cells[0]: cells[-1] for cells in reversed(table_lines(six_sets.table(rows)))}
    assert means["untouched, 0.5"] == "0.300"
    assert means["**selected by Rarefault**"] == "0.625"


def test_growth(tmp_path, capsys):
    plot = tmp_path / "growth.png"
    sizes = ["--rows", "120", "240", "--columns", "6", "70"]
    cost.main(["--runs", "1", "--epochs", "1", "--plot", str(plot), *sizes])
    header, _, *steps = table_lines(capsys.readouterr().out)
    assert header == ["step, s", "120 x 6", "240 x 6", "120 x 70", "exponent of rows", "of columns"]
    assert [cells[0] for cells in steps] == ["ingest", "train", "synthesize", "filter", *cost.CLASSIFIERS]
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_growth_is_the_slope_between_the_largest_sizes():
    assert cost.slope([(1, 5.0), (10, 2.0), (1000, 20000.0)]) == pytest.approx(2.0)


@pytest.mark.slow
def test_search_workers(capsys):
    workers.main(["--runs", "1", "--trials", "2", "--steps", "3", "--rows", "120", "--searches", "whole"])
    *_, cells = table_lines(capsys.readouterr().out)
    assert cells[:3] == ["whole", "2", "0"]
    assert cells[-1] == "yes, 0"


def test_searches_that_differ_are_noticed():
    trial = {"number": 0, "value": 1.0, "state": "complete", "params": {"layers": 1}, "seconds": 1.0}
    one = {"best": 0, "value": 1.0, "trials": [trial]}
    assert workers.same([one, {**one, "trials": [{**trial, "seconds": 2.0}]}])
    assert not workers.same([one, {**one, "trials": [{**trial, "params": {"layers": 2}}]}])


def test_memory_counts_a_process_and_what_it_started(tmp_path):
    child = "import time; held = bytearray(60_000_000); time.sleep(1.2)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); sys.exit(5)"
    with (tmp_path / "log").open("w") as log:
        code, found = process_memory.measure([sys.executable, "-c", parent], os.environ, log)
    assert code == 5
    assert 1.2 < found.seconds < 60
    assert 60 < found.rss < 200
    assert found.pss is None or 60 < found.pss <= found.rss


def test_a_process_that_is_gone_has_no_memory():
    assert process_memory.memory(2**22 + 1) == (0.0, 0.0)


def test_run_time_prints_medians(monkeypatch, capsys):
    steps = [{"name": "ingest", "seconds": 0.5, "peak_memory_mb": 90.0}]
    seconds = iter((100.0, 130.0, 110.0))
    monkeypatch.setattr(run_time, "run_once", lambda _: (process_memory.Cost(next(seconds), 2500.0, 1500.0), steps))
    run_time.main(["--runs", "3"])
    lines = table_lines(capsys.readouterr().out)
    assert ["seconds", "110.0", "at most 120", "met"] in lines
    assert ["peak memory, MB", "1,500", "below 2,000", "met"] in lines
    assert ["ingest", "0.50", "90"] in lines


def test_a_run_that_fails_says_why(monkeypatch):
    def failing(command, environment, log: io.TextIOBase):
        log.write("no such data")
        return 2, process_memory.Cost(0.1, 1.0, None)

    monkeypatch.setattr(run_time, "measure", failing)
    with pytest.raises(RuntimeError, match="exit code 2: no such data"):
        run_time.run_once([])
