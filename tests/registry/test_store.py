import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time

import pytest

from rarefault.errors import InputError
from rarefault.registry.address import model_name, resolve
from rarefault.registry.store import Registry


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.setenv("RAREFAULT_HOME", str(tmp_path))
    monkeypatch.delenv("RAREFAULT_REGISTRY", raising=False)
    return tmp_path


def test_two_processes_may_create_the_registry_together(empty):
    code = "from rarefault.registry.store import Registry; print(Registry().names())"
    environment = {**os.environ, "RAREFAULT_HOME": str(empty)}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode()
        assert out.decode().strip().endswith("[]")


def test_what_is_not_there_is_told(empty):
    store = Registry()
    assert store.versions("nothing") == []
    assert store.alias("nothing", "champion") is None
    with pytest.raises(InputError, match="registered models: none"):
        store.version("nothing", "champion")
    with pytest.raises(InputError, match="no previous champion"):
        store.rollback("nothing")


def test_addresses(empty, monkeypatch):
    assert resolve("") == f"sqlite:///{empty / 'mlflow.db'}"
    monkeypatch.setenv("RAREFAULT_REGISTRY", "http://registry:5000")
    assert resolve("") == "http://registry:5000"
    assert resolve("postgresql://u:p@db/x") == "postgresql://u:p@db/x"
    with pytest.raises(InputError, match="accepted"):
        resolve("./mlruns")


def test_a_password_is_never_shown(empty):
    store = Registry.__new__(Registry)
    store.address = "postgresql://user:secret@db:5432/mlflow"
    assert "secret" not in store.shown_address
    assert store.shown_address.endswith("db:5432/mlflow")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("secom", "secom-x"),
        ("steel-plates:Z_Scratch", "steel-plates-z_scratch-x"),
        ("Meine Teile/2024", "meine-teile-2024-x"),
        ("_parts", "parts-x"),
        ("部品", "data-x"),
    ],
)
def test_model_names_are_what_mlflow_accepts(data, name):
    assert model_name(data, "x") == name


def test_a_server_that_is_not_there_is_told_soon(empty):
    with socket.socket() as closed:  # bound, so that nobody else takes the port, but not listening
        closed.bind(("127.0.0.1", 0))
        began = time.monotonic()
        with pytest.raises(InputError, match=r"no MLflow registry at http://127.0.0.1:"):
            Registry(f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert time.monotonic() - began < 60


def test_an_address_and_a_folder_that_cannot_be_written_are_told(empty, monkeypatch):
    (empty / "file").write_text("not a folder")
    with pytest.raises(InputError, match=r"no MLflow registry at sqlite:.*accepted: the address"):
        Registry(f"sqlite:///{empty / 'file' / 'mlflow.db'}")
    monkeypatch.setenv("RAREFAULT_HOME", str(empty / "file"))
    with pytest.raises(InputError, match=r"cannot be written.*RAREFAULT_HOME"):
        Registry()


@pytest.mark.parametrize("tables", [1, 20])
def test_killed_while_the_tables_are_made_it_begins_anew(empty, tables):
    code = "from rarefault.registry.store import Registry; Registry()"
    making = subprocess.Popen([sys.executable, "-c", code])
    scratch = empty / "mlflow.db.new"
    while _tables(scratch) < tables:
        assert making.poll() is None, "it ended before it was killed"
        time.sleep(0.01)
    making.kill()
    making.wait()
    assert not (empty / "mlflow.db").exists()
    assert Registry().client.search_experiments()
    assert not scratch.exists()


def _tables(file) -> int:
    """How many tables a database has that another process is making."""
    if not file.exists():
        return 0
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=0)) as database:
            return database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
    except sqlite3.OperationalError:  # it is being written
        return 0
