import json

import pytest

from benchmarks.degradation import lives
from rarefault.datasets.signals.loading import load_signals

TINY = {"snapshots": 120, "samples": 512, "healthy": 50, "onset": 80, "onset_jitter": 0}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(lives, "OURS", "rms")
    monkeypatch.setattr(lives, "SEEDS", (0,))
    monkeypatch.setattr(
        lives,
        "load_signals",
        lambda name, params=None, seed=0: load_signals("ball-screw-life", params={**TINY, **(params or {})}, seed=seed),
    )


def test_every_life_and_every_indicator_gets_a_row(small, tmp_path, capsys):
    lives.main(["--indicators", "pca-residual", "kurtosis", "--out", str(tmp_path / "rows.jsonl")])
    printed = capsys.readouterr().out
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [row["name"] for row in rows[:3]] == ["rms", "pca-residual", "kurtosis"]
    assert len(rows) == 6 * 3  # three femto lives, cwru, a damaged and a healthy screw
    assert printed.count("Liu (whole life known)") == 6
    assert "rms: onset before RMS passes twice its healthy level on all" in printed


def test_the_best_of_a_life_is_better_than_all_others():
    def row(name, product, onset, false):
        life = {"onset": onset, "level_twice": 100, "false_onset": false, "snapshots": 120}
        measures = {"scaled": {"product": product}, "smoothed": {"product": 1 - product}}
        return {"name": name, **measures, "machines": {"screw": life}}

    rows = {
        "first": [row("a", 0.3, 90, False), row("b", 0.3, 100, True)],
        "second": [row("a", 0.2, None, None), row("b", 0.1, 5, False)],
    }
    assert lives.judged(rows, "a") == (1, 0, 1, 2)
    assert lives.judged(rows, "b") == (0, 1, 1, 1)
