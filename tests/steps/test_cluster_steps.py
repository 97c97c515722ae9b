"""What steps do differently on a cluster: shards, shared searches, the end of a run, addresses."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pandas as pd
import pytest

from rarefault import in_cluster, steps
from rarefault.datasets.sources import object_store
from rarefault.datasets.table import Table
from rarefault.errors import InputError
from rarefault.steps import synthesis


@pytest.fixture
def record(tmp_path):
    return str(tmp_path / "record.json")


def drawn(features, model, place, record, shards):
    """All rows, in the order in which the filter reads them."""
    files = []
    for shard in range(shards):
        folder = place / f"{shard}-of-{shards}"
        steps.synthesize(str(features), str(model), str(folder), record=record, shard=shard, shards=shards)
        files += list(folder.iterdir())
    return pd.concat([pd.read_parquet(file) for file in sorted(files, key=lambda f: f.name)], ignore_index=True)


def test_the_rows_do_not_depend_on_how_many_shards_draw_them(line, tmp_path, record, monkeypatch):
    monkeypatch.setattr(synthesis, "BLOCK", 300)
    features, model = line("features"), line("gan")
    whole = drawn(features, model, tmp_path, record, 1)
    assert len(whole) == sum(synthesis.blocks(len(Table.read(features))))
    assert len(whole) > 900
    for shards in (2, 5):
        pd.testing.assert_frame_equal(drawn(features, model, tmp_path, record, shards), whole)
    assert not whole[:300].equals(whole[300:600].reset_index(drop=True))


def test_a_small_table_is_one_block_and_drawn_as_ever(line, tmp_path, record):
    from rarefault.generators import load_generator

    whole = drawn(line("features"), line("gan"), tmp_path, record, 1)
    pd.testing.assert_frame_equal(whole, load_generator(line("gan")).sample(len(whole)))


def test_a_search_is_planned_only_where_it_is_shared(record, tmp_path, monkeypatch):
    monkeypatch.delenv("RAREFAULT_DATABASE", raising=False)
    assert steps.plan_search(record=record, pods=0)["pods"] == 0
    assert steps.plan_search(record=record, pods=3, trials=0)["pods"] == 0
    with pytest.raises(InputError, match="no database for them to share; accepted: the Secret rarefault-database"):
        steps.plan_search(record=record, pods=3)
    monkeypatch.setenv("RAREFAULT_DATABASE", f"sqlite:///{tmp_path}/optuna.db")
    assert steps.plan_search(record=record, pods=3, run_id="one")["pods"] == 3
    with pytest.raises(InputError, match="objective must be"):
        steps.plan_search(record=record, pods=3, objective="beauty")


SPACE = {"layers": [1, 1], "neurons": [32, 40], "latent": [10, 12], "epochs": [5, 8], "batch": [64, 64]}


def test_a_shared_search_ends_in_the_generator_that_one_step_would_train(line, tmp_path, record, monkeypatch):
    monkeypatch.delenv("RAREFAULT_DATABASE", raising=False)
    search = {"trials": 3, "space": SPACE, "params": {"max_steps": 5}, "record": record, "run_id": "r"}
    features, facts = line("features"), line("facts")
    steps.train_gan(features, facts, str(tmp_path / "one"), workers=1, **search)
    monkeypatch.setenv("RAREFAULT_DATABASE", f"sqlite:///{tmp_path}/optuna.db")
    steps.plan_search(pods=2, **search)
    ran = [steps.search_generator(features, worker=w, pods=2, **search)["trials"] for w in ("0", "1")]
    steps.train_gan(features, facts, str(tmp_path / "two"), workers=1, pods=2, **search)
    assert ran == [3, 0]
    one, two = (json.loads((tmp_path / name / "study.json").read_text()) for name in ("one", "two"))
    assert [t["params"] for t in one["trials"]] == [t["params"] for t in two["trials"]]
    assert (tmp_path / "one/weights.safetensors").read_bytes() == (tmp_path / "two/weights.safetensors").read_bytes()


@pytest.fixture
def hook():
    """A place that failures are posted to: (address, what came)."""
    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200 if self.path == "/ok" else 500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", came
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("state", "failed"), [("FAILED", 1), ("SUCCEEDED", 0), ("RUNNING", 0), ("CANCELED", 1)])
def test_a_failure_is_told_and_nothing_else_is(hook, record, monkeypatch, capsys, state, failed):
    address, came = hook
    monkeypatch.setenv("RAREFAULT_NOTIFY_URL", f"{address}/ok")
    found = steps.report_failure(record=record, pipeline="retrain", run_id="r1", state=state, message="no\nmore disk")
    assert (found["failed"], found["told"]) == (failed, failed)
    assert len(came) == failed
    if failed:
        text = "retrain run r1 failed: no more disk"
        assert came == [{"text": text, "pipeline": "retrain", "run_id": "r1", "state": state}]
        assert capsys.readouterr().err == f"rarefault: {text}\n"


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "http://127.0.0.1:9/x", "fail"])
def test_what_cannot_be_told_does_not_fail_the_step(hook, record, monkeypatch, capsys, address):
    monkeypatch.setenv("RAREFAULT_NOTIFY_URL", f"{hook[0]}/no" if address == "fail" else address)
    found = steps.report_failure(record=record, pipeline="retrain", run_id="r1", state="FAILED")
    assert (found["failed"], found["told"]) == (1, 0)
    assert "127.0.0.1" not in capsys.readouterr().err


def test_the_cluster_s_addresses_hold_in_a_pod_alone(monkeypatch):
    monkeypatch.setattr(
        os, "environ", {"IN_CLUSTER_RAREFAULT_REGISTRY": "http://mlflow", "IN_CLUSTER_X": "a", "X": "b"}
    )
    in_cluster.adopt()
    assert "RAREFAULT_REGISTRY" not in os.environ
    os.environ["KUBERNETES_SERVICE_HOST"] = "10.0.0.1"
    os.environ["RAREFAULT_RUN_PID"] = "1"  # a local run in a notebook's pod
    in_cluster.adopt()
    assert "RAREFAULT_REGISTRY" not in os.environ
    del os.environ["RAREFAULT_RUN_PID"]
    in_cluster.adopt()
    assert os.environ["RAREFAULT_REGISTRY"] == "http://mlflow"
    assert os.environ["X"] == "b"  # what is set is kept


def test_an_object_is_read_like_a_file_and_gone_afterwards(monkeypatch, tmp_path):
    def fetch(uri, target):
        target.mkdir(parents=True)
        path = target / uri.rpartition("/")[2]
        path.write_text(uri)
        return target if uri.endswith("folder") else path

    monkeypatch.setattr("rarefault.storage.fetch", fetch)
    with object_store.at_hand("s3://line-1/parts.csv") as path:
        fetched = Path(path)
        assert (fetched.name, fetched.read_text()) == ("parts.csv", "s3://line-1/parts.csv")
    assert not fetched.exists()
    with object_store.at_hand("secom") as name:
        assert name == "secom"
    with pytest.raises(InputError, match="s3://line-1/folder is a folder"), object_store.at_hand("s3://line-1/folder"):
        pass
