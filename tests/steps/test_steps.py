import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rarefault import steps
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table, row_hashes
from rarefault.errors import InputError


def read(path):
    return json.loads(Path(path).read_text())


def test_ingest_keeps_training_and_test_rows_apart(line):
    train, test, data = Table.read(line("train")), Table.read(line("test")), read(line("facts") + "/data.json")
    assert len(train) + len(test) == data["rows"] == 400
    assert (data["test_rows"], data["test_faults"]) == (len(test), test.faults)
    assert not np.isin(row_hashes(test.X), row_hashes(train.X)).any()
    assert "imulated" in data["notes"]
    assert {c.unit for c in train.schema.columns} > {"kN", "Nm"} or len({c.unit for c in train.schema.columns}) > 3


def test_held_out_fingerprints_are_the_test_rows(line):
    held_out = np.load(line("facts") + "/held_out.npy")
    assert set(held_out.tolist()) == set(row_hashes(Table.read(line("test")).X).tolist())


def test_the_same_seed_splits_alike_and_another_does_not(line, tmp_path):
    def test_rows(seed):
        steps.ingest(
            "gearbox-line",
            str(tmp_path / "a"),
            str(tmp_path / f"test{seed}"),
            str(tmp_path / "f"),
            record=str(tmp_path / "r"),
            data_params={"n_rows": 400},
            seed=seed,
        )
        return set(row_hashes(Table.read(tmp_path / f"test{seed}").X).tolist())

    same = set(row_hashes(Table.read(line("test")).X).tolist())
    assert test_rows(0) == same
    assert test_rows(1) != same


def test_every_step_leaves_a_record(line, evaluated):
    for name in ("ingest", "preprocess", "gan", "synthesize", "filter", "baseline", "smote", "evaluate"):
        record = read(line(f"{name}.record"))
        assert record["seconds"] >= 0
        assert record["peak_memory_mb"] > 10
        assert all(np.isfinite(v) for v in record.values() if isinstance(v, float))


def test_preprocess_drops_what_carries_nothing(line, tmp_path):
    table = Table.read(line("train"))
    X = table.X.copy()
    first, second, third = X.columns[:3]
    X[first], X[second] = 1.0, X[third]
    X.loc[: int(0.6 * len(X)), X.columns[4]] = np.nan
    Table(X, table.y, table.schema).write(tmp_path / "train")
    steps.preprocess(str(tmp_path / "train"), str(tmp_path / "out"), str(tmp_path / "plan"), record=str(tmp_path / "r"))
    kept = Table.read(tmp_path / "out").schema.names
    assert set(table.schema.names) - set(kept) == {first, third, X.columns[4]}
    assert len(read(tmp_path / "plan")["dropped"]) == 3


def test_an_unknown_strategy_is_refused_in_one_line(line, tmp_path):
    with pytest.raises(InputError, match=r"unknown strategies.*known strategies.*smote"):
        steps.preprocess(
            line("train"), str(tmp_path / "o"), str(tmp_path / "p"), record=str(tmp_path / "r"), strategies=["magic"]
        )


def test_the_filter_says_what_it_is_worth(line):
    quality = read(line("kept") + "/quality.json")
    rows = pd.read_parquet(line("kept") + "/rows.parquet")
    assert 0 < len(rows) == quality["kept"] <= quality["wanted"]
    assert quality["lift"] == pytest.approx(quality["purity"] / quality["base_rate"])


def test_the_baseline_step_also_tells_of_the_untouched_threshold(trained):
    names = [o["name"] for o in read(trained[0] + "/outcomes.json")]
    assert names == ["untouched", "tuned-threshold"]


def test_evaluation_measures_the_test_rows(line, evaluated):
    found, test = read(evaluated + "/evaluation.json"), Table.read(line("test"))
    assert [o["name"] for o in found["strategies"]] == ["untouched", "tuned-threshold", "smote", "wgan-kmeans"]
    for outcome in found["strategies"]:
        counts = outcome["confusion"]
        assert sum(counts.values()) == len(test)
        recall = counts["tp"] / (counts["tp"] + counts["fn"])
        assert outcome["test"]["recall"]["value"] == pytest.approx(recall)
    model = FaultClassifier.load(evaluated + "/selected")
    chosen = next(o for o in found["strategies"] if o["name"] == found["selected"])
    assert int((model.predict(test.X) & test.y).sum()) == chosen["confusion"]["tp"]


def test_similarity_is_given_with_its_reference(evaluated):
    found = read(evaluated + "/evaluation.json")["similarity"]
    assert {entry["generator"] for entry in found} == {"smote", "wgan-kmeans"}
    for entry in found:
        assert set(entry["metrics"]["ks_complement"]) == {"value", "reference"}


def test_explanation_names_features_and_units(evaluated):
    found = read(evaluated + "/evaluation.json")["explanation"]
    rows = found[found["kind"]]
    assert len(rows) == 66
    assert rows[0]["unit"]
    weights = [abs(row["weight"]) for row in rows]
    assert weights == sorted(weights, reverse=True)
