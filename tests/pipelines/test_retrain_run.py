"""Whole runs of `retrain` from the command line, after a fault-detection run that made the champion."""

import json
import shutil

import pytest

from rarefault.datasets.simulators.gearbox_line import LABEL, GearboxLineSettings, simulate
from rarefault.report import check_result

SMALL = ["--set", "trials=0", "--set", 'generator_params={"epochs": 20, "neurons": 32, "layers": 1}']


class Retrained:
    """A command line on a copy of the registry that the fault-detection run left, and a folder of batches."""

    def __init__(self, finished, quick, root):
        line = finished[3]
        shutil.copytree(line.environment["RAREFAULT_HOME"], root / "home")
        self.line, self.root = type(line)(root / "home"), root
        self.words = [*quick, *SMALL, "--set", f"batches={root / 'batches'}"]
        (root / "batches").mkdir()

    def add(self, name, seed, shift=0.0, spoil=None):
        frame = simulate(GearboxLineSettings(n_rows=300, seed=seed))
        columns = list(frame.columns[:5])
        frame[columns] += shift * frame[columns].std()
        frame = spoil(frame) if spoil else frame
        frame.to_csv(self.root / "batches" / name, index=False)

    def run(self, *words):
        return self.line.run("run", "retrain", "--out", str(self.root / "run"), *self.words, *words)

    def result(self):
        values = json.loads((self.root / "run" / "result.json").read_text())
        check_result(values)
        return values

    def champion(self):
        return self.line.run("models", "list").stdout.splitlines()[0].split()[-1]


@pytest.fixture
def retrained(finished, quick, tmp_path):
    return Retrained(finished, quick, tmp_path)


def test_without_a_champion_the_run_says_what_to_do_first(line, tmp_path):
    done = line.run("run", "retrain", "--out", str(tmp_path / "run"), "--set", f"batches={tmp_path}")
    assert done.returncode == 2
    complaint = [text for text in done.stderr.splitlines() if text.startswith("rarefault:")]
    assert len(complaint) == 1
    assert "has no champion" in complaint[0]
    assert "run `rarefault run fault-detection` on the same data first" in complaint[0]


def test_without_drift_the_champion_stays_and_nothing_is_trained(retrained):
    retrained.add("1.csv", 11)
    done = retrained.run()
    assert done.returncode == 0, done.stderr
    result = retrained.result()
    assert result["decision"]["action"] == "keep"
    assert result["decision"]["sentence"] in done.stdout
    assert result["model"] is None
    assert [step["name"] for step in result["steps"]] == ["gather", "monitor", "decide"]
    assert not (retrained.root / "run" / "deploy").exists()
    page = (retrained.root / "run" / "report.html").read_text()
    assert "The champion stays." in page
    assert "ws1_press1_work" in page


def test_a_poisoned_batch_ends_the_run_in_one_line_and_leaves_the_champion(retrained):
    before = retrained.champion()
    retrained.add("1.csv", 11)
    retrained.add("2.csv", 12, spoil=lambda frame: frame.assign(ws1_press1_work=-9999.0))
    done = retrained.run()
    assert done.returncode == 2
    assert "2.csv: 300 values of column 'ws1_press1_work', such as -9999" in done.stderr
    assert retrained.champion() == before


@pytest.mark.slow
def test_drift_makes_a_challenger_that_has_to_beat_the_champion(retrained):
    retrained.add("1.csv", 11, shift=2.0)
    done = retrained.run()
    assert done.returncode == 0, done.stderr
    result = retrained.result()
    assert "drift" in result["decision"]["triggers"]
    comparison, model = result["comparison"], result["model"]
    assert comparison["champion"] == 1
    assert comparison["rows"] == 150
    assert comparison["difference"]["low"] <= comparison["difference"]["value"] <= comparison["difference"]["high"]
    assert model["alias"] == ("champion" if comparison["difference"]["value"] >= 0 else "challenger")
    assert retrained.champion() == ("2" if model["alias"] == "champion" else "1")
    assert result["generator"]["trained_here"]
    assert (retrained.root / "run" / "deploy" / "model" / "model.json").exists()
    assert "Challenger against champion" in (retrained.root / "run" / "report.html").read_text()


@pytest.mark.slow
def test_a_worse_challenger_is_not_promoted(retrained):
    retrained.add("1.csv", 11)
    poor = ["--set", "classifier=decision-tree", "--set", 'classifier_params={"max_depth": 1}']
    done = retrained.run("--set", "force=true", *poor)
    assert done.returncode == 0, done.stderr
    result = retrained.result()
    assert result["decision"]["triggers"] == ["forced"]
    assert result["comparison"]["difference"]["value"] < 0
    assert result["model"]["alias"] == "challenger"
    assert retrained.champion() == "1"


@pytest.mark.slow
def test_the_next_run_starts_from_the_new_champion(retrained):
    retrained.add("1.csv", 11, shift=2.0)
    assert retrained.run("--set", "tolerance=1.0").returncode == 0
    assert retrained.champion() == "2"
    done = retrained.run()
    assert done.returncode == 0, done.stderr
    result = retrained.result()
    assert result["champion"]["version"] == "2"
    assert result["batches"]["new_rows"] == 150  # the window: the new champion was trained on the other half


@pytest.mark.slow
def test_the_labels_of_a_batch_may_be_missing(retrained):
    retrained.add("1.csv", 11, spoil=lambda frame: frame.drop(columns=LABEL))
    done = retrained.run("--set", "force=true")
    assert done.returncode == 0, done.stderr
    assert retrained.result()["decision"]["action"] == "wait"
