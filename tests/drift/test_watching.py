"""From batches to a decision: gather, monitor and decide, against a registered champion."""

import json
import shutil

import numpy as np
import pytest
from drifting_line import shifted

from rarefault import steps
from rarefault.datasets.batches import Batch
from rarefault.datasets.simulators.gearbox_line import LABEL, GearboxLineSettings, simulate
from rarefault.datasets.table import Table, row_hashes
from rarefault.drift.reference import FOLDER
from rarefault.errors import InputError
from rarefault.registry.store import Registry

NAME = "gearbox-line-classifier"
N = 300


class Watch:
    """The three steps on one folder of batches."""

    def __init__(self, root):
        self.root, self.batches = root, root / "batches"
        self.batches.mkdir()

    def at(self, name):
        return str(self.root / name)

    def read(self, name):
        return json.loads((self.root / name).read_text())

    def add(self, name, seed, labels=True, shift=0.0, n=N):
        frame = simulate(GearboxLineSettings(n_rows=n, seed=seed))
        y = frame.pop(LABEL)
        frame = shifted(frame, list(frame.columns[:5]), frame.std(), shift)
        frame = frame.assign(**{LABEL: y}) if labels else frame
        frame.to_csv(self.batches / name, index=False)
        return frame

    def gather(self, **options):
        options = {"data_params": {"n_rows": 600}, **options}
        places = [self.at(name) for name in ("train", "test", "facts", "recent", "champion")]
        shutil.rmtree(self.root / "champion", ignore_errors=True)
        steps.gather("gearbox-line", [str(self.batches)], *places, record=self.at("r"), registry="", **options)
        return self.read("facts/batches.json")

    def decide(self, **options):
        steps.monitor(self.at("recent"), self.at("champion"), self.at("findings"), record=self.at("r"))
        places = [self.at(name) for name in ("findings", "facts", "champion", "decision.json")]
        steps.decide(*places, record=self.at("r"), **options)
        return self.read("decision.json")

    def parts(self):
        return Table.read(self.at("train")), Table.read(self.at("test")), Batch.read(self.at("recent"))


@pytest.fixture
def watch(champion, tmp_path):
    return Watch(tmp_path)


def test_a_registered_version_carries_a_reference_of_its_training_rows(champion, tmp_path):
    store = Registry()
    folder = store.fetch(store.version(NAME, "champion"), tmp_path / "m")
    reference, trained = Table.read(folder / FOLDER), Table.read(champion.at("features"))
    assert reference.schema.names == trained.schema.names
    assert np.isin(row_hashes(reference.X), row_hashes(trained.X)).all()
    assert sum(path.stat().st_size for path in (folder / FOLDER).iterdir()) < 5e6
    assert {path.suffix for path in (folder / FOLDER).iterdir()} == {".json", ".parquet"}


def test_the_newest_half_of_the_new_labelled_rows_is_kept_untouched(watch):
    watch.add("1.csv", 11)
    newest = watch.add("2.csv", 12)
    counts = watch.gather()
    train, test, recent = watch.parts()
    assert (counts["new_rows"], counts["window_rows"], len(recent)) == (2 * N, N, 2 * N)
    np.testing.assert_allclose(test.X["ws1_press1_work"], newest["ws1_press1_work"])
    assert len(train) == 600 + N
    assert not np.isin(row_hashes(test.X), row_hashes(train.X)).any()
    assert set(np.load(watch.at("facts") + "/held_out.npy")) == set(row_hashes(test.X))


def test_rows_without_labels_are_watched_but_not_trained_on(watch):
    watch.add("1.csv", 11)
    watch.add("2.csv", 12, labels=False)
    counts = watch.gather()
    assert (counts["new_rows"], counts["new_labelled"], counts["window_rows"]) == (2 * N, N, N // 2)
    assert len(watch.parts()[0]) == 600 + N // 2


def test_labels_that_come_later_take_the_place_of_none(watch):
    watch.add("1.csv", 11, labels=False)
    watch.add("1-labelled.csv", 11)
    watch.batches.joinpath("1-labelled.csv").rename(watch.batches / "2.csv")
    counts = watch.gather()
    assert (counts["new_rows"], counts["new_labelled"]) == (N, N)
    assert any("come again later" in text for text in watch.read("facts/data.json")["repairs"])


def test_rows_of_the_table_are_not_new(watch):
    simulate(GearboxLineSettings(n_rows=600)).iloc[:200].to_csv(watch.batches / "1.csv", index=False)
    assert watch.gather()["new_rows"] == 0
    decided = watch.decide()
    assert (decided["action"], decided["triggers"]) == ("keep", [])
    assert "there is no new row" in decided["sentence"]


def test_without_drift_the_champion_stays_and_with_it_the_reason_is_drift(watch):
    watch.add("1.csv", 11)
    watch.gather()
    assert watch.decide()["action"] == "keep"
    watch.add("2.csv", 12, shift=1.0)
    watch.gather()
    decided = watch.decide()
    assert decided["action"] == "retrain"
    assert "drift" in decided["triggers"]


def test_drift_without_labels_waits_for_them(watch):
    watch.add("1.csv", 11, labels=False, shift=1.0)
    watch.gather()
    decided = watch.decide()
    assert (decided["action"], decided["triggers"]) == ("wait", ["drift"])
    assert "0 faulty and 0 good" in decided["sentence"]


def test_wrong_predictions_are_a_drop_of_performance(watch):
    frame = watch.add("1.csv", 11)
    rng = np.random.default_rng(0)
    frame.assign(**{LABEL: rng.permutation(frame[LABEL])}).to_csv(watch.batches / "1.csv", index=False)
    watch.gather()
    decided = watch.decide()
    assert decided["triggers"] == ["performance"]
    found = watch.read("findings/performance.json")
    assert found["difference"]["high"] < 0
    assert found["registered"]["low"] < found["registered"]["value"] < found["registered"]["high"]


def test_an_old_champion_and_an_engineer_are_reasons_too(watch):
    watch.add("1.csv", 11)
    watch.gather()
    version = watch.read("champion/version.json")
    version["created"] -= 8 * 86_400
    (watch.root / "champion" / "version.json").write_text(json.dumps(version))
    assert watch.decide(max_age_days=7.0)["triggers"] == ["schedule"]
    assert watch.decide(force=True)["triggers"] == ["forced"]


def test_a_version_without_a_reference_is_told_and_the_other_reasons_count(watch):
    watch.add("1.csv", 11, shift=1.0)
    watch.gather()
    shutil.rmtree(watch.root / "champion" / FOLDER)
    lineage = watch.read("champion/lineage.json")
    del lineage["test"]
    (watch.root / "champion" / "lineage.json").write_text(json.dumps(lineage))
    decided = watch.decide(force=True)
    assert "forced" in decided["triggers"]
    assert "drift" not in decided["triggers"]
    assert "registered before versions kept a reference" in watch.read("findings/drift.json")["reason"]
    registered = watch.read("findings/performance.json")["registered"]
    assert registered["low"] == registered["value"]


def poisoned(frame):
    return frame.assign(ws1_press1_work=frame["ws1_press1_work"] * 1000.0)


def test_a_poisoned_batch_is_refused_and_the_champion_untouched(watch):
    before = Registry().version(NAME, "champion").version
    watch.add("1.csv", 11)
    poisoned(watch.add("2.csv", 12)).to_csv(watch.batches / "2.csv", index=False)
    with pytest.raises(InputError, match=r"2\.csv: 300 values of column 'ws1_press1_work'"):
        watch.gather()
    assert not (watch.root / "train").exists()
    assert Registry().version(NAME, "champion").version == before


def test_groups_do_not_reach_from_training_into_the_window(watch):
    frame = watch.add("1.csv", 11).assign(lot=lambda f: np.arange(len(f)) // 40)
    frame.to_csv(watch.batches / "1.csv", index=False)
    table = simulate(GearboxLineSettings(n_rows=600)).assign(lot=lambda f: -1 - np.arange(len(f)) // 40)
    table.to_csv(watch.root / "gearbox-line.csv", index=False)
    places = [watch.at(name) for name in ("train", "test", "facts", "recent", "champion")]
    steps.gather(
        watch.at("gearbox-line.csv"),
        [str(watch.batches)],
        *places,
        record=watch.at("r"),
        registry="",
        label=LABEL,
        positive="broken",
        group_column="lot",
    )
    train, test, _ = watch.parts()
    assert not set(train.groups) & set(test.groups)
    assert any("reach into the untouched window" in text for text in watch.read("facts/data.json")["repairs"])


def test_without_a_champion_the_line_says_what_to_do_first(watch, tmp_path, monkeypatch):
    monkeypatch.setenv("RAREFAULT_HOME", str(tmp_path / "empty"))
    with pytest.raises(InputError, match=r"has no champion at .*accepted: run `rarefault run fault-detection`"):
        watch.gather()


def test_a_champion_that_waits_for_approval_is_named(watch, champion, tmp_path, monkeypatch):
    monkeypatch.setenv("RAREFAULT_HOME", str(tmp_path / "waiting"))
    champion.register("waiting", approve=False)
    with pytest.raises(InputError, match="`rarefault models promote gearbox-line-classifier` makes version 1 champion"):
        watch.gather()


def test_a_table_without_the_champions_columns_is_refused(watch):
    with pytest.raises(
        InputError, match="lacks columns that the champion, version 1 of gearbox-line-classifier, needs"
    ):
        watch.gather(drop_columns=["ws1_press1_work"])
