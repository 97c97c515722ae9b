"""The stores: what is kept, how much, together or not at all, and by several at once."""

import multiprocessing
import sqlite3
import threading
import time

import pytest

from serving.vibration.addresses import check_address, has_password
from serving.vibration.stores import Kept, StoreError, open_store

KINDS = ("memory", "sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def address(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres").address
    return "memory" if request.param == "memory" else f"sqlite://{tmp_path / 'states.db'}"


@pytest.fixture
def model(request):
    return request.node.name  # the server is shared by all tests


def plus_one(states):
    return {name: Kept(b"%d" % (int(state or 0) + 1), b"told") for name, state in states.items()}


def values(store, model, *machines):
    found = {}

    def look(states):
        found.update(states)
        return {}

    store.change(model, machines, look)
    return found


def test_what_is_kept_is_found_again(address, model):
    store = open_store(address, 10)
    assert store.told(model) == {}
    assert store.change(model, ["b", "a"], plus_one) == 0
    assert store.change(model, ["a"], plus_one) == 0
    assert values(store, model, "a", "b", "c") == {"a": b"2", "b": b"1", "c": None}
    told = store.told(model)
    assert set(told) == {"a", "b"} and all(abs(seen - time.time()) < 10 for seen, _ in told.values())
    assert {text for _, text in told.values()} == {b"told"}
    assert store.told("another") == {} and values(store, "another", "a") == {"a": None}
    store.close()
    if store.shared:
        assert values(open_store(address, 10), model, "a") == {"a": b"2"}


def test_a_failure_keeps_nothing(address, model):
    store = open_store(address, 10)
    store.change(model, ["a"], plus_one)

    def fail(states):
        raise KeyError("no")

    with pytest.raises(KeyError):
        store.change(model, ["a", "new"], fail)
    assert values(store, model, "a") == {"a": b"1"}
    assert set(store.told(model)) == {"a"}


def test_the_machine_seen_longest_ago_gives_way(address, model):
    store = open_store(address, 3)
    for name in "abc":
        store.change(model, [name], plus_one)
        time.sleep(0.002)
    store.change(model, ["a"], plus_one)
    time.sleep(0.002)
    assert store.change(model, ["d"], plus_one) == 1
    assert list(store.told(model)) == ["d", "a", "c"]
    time.sleep(0.002)
    assert store.change(model, ["e", "f", "g"], plus_one) == 3
    assert set(store.told(model)) == {"e", "f", "g"}


def test_machines_not_seen_for_long_are_forgotten(tmp_path, postgres, model, monkeypatch):
    for address in (f"sqlite://{tmp_path / 'x.db'}", postgres.address):
        store = open_store(address, 10)
        monkeypatch.setattr(time, "time", lambda: 1e9)
        store.change(model, ["old"], plus_one)
        monkeypatch.undo()
        store.change("another version", ["a"], plus_one)
        assert store.told(model) == {}


def add(address, model, machines, times):
    store = open_store(address, 100)
    for _ in range(times):
        store.change(model, machines, plus_one)
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_lose_nothing_and_do_not_block_each_other(kind, tmp_path, request):
    """Each takes the machines in another order."""
    address = f"sqlite://{tmp_path / 's.db'}" if kind == "sqlite" else request.getfixturevalue("postgres").address
    context = multiprocessing.get_context("fork")
    orders = (["a", "b", "c"], ["c", "b", "a"], ["b"])
    workers = [context.Process(target=add, args=(address, "counted", order, 40)) for order in orders]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert values(open_store(address, 100), "counted", "a", "b", "c") == {"a": b"80", "b": b"120", "c": b"80"}


def test_a_database_that_was_started_anew_is_found_again(model):
    import postgres_server

    with postgres_server.running() as server:
        store = open_store(server.address, 10)
        store.change(model, ["a"], plus_one)
        server.stop()
        with pytest.raises(StoreError, match=f"postgresql at 127.0.0.1:{server.port}/postgres") as told:
            store.change(model, ["a"], plus_one)
        assert server.password not in str(told.value)
        started = time.monotonic()
        with pytest.raises(StoreError):
            store.told(model)
        assert time.monotonic() - started < 0.5
        server.start()
        time.sleep(1.1)
        assert values(store, model, "a") == {"a": b"1"}
        server.stop()
        server.start()  # the store does not know that its connection is gone
        store.change(model, ["a"], plus_one)
        assert values(store, model, "a") == {"a": b"2"}


def test_a_wrong_password_is_told_without_it(postgres):
    store = open_store(f"postgresql://rarefault:secret-word@127.0.0.1:{postgres.port}/postgres", 10)
    with pytest.raises(StoreError, match="password authentication failed") as told:
        store.told("m")
    assert "secret-word" not in str(told.value)


def test_the_password_may_be_in_the_environment(postgres, monkeypatch, model):
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    store = open_store(f"postgresql://rarefault@127.0.0.1:{postgres.port}/postgres", 10)
    assert store.told(model) == {}


def test_a_locked_row_is_not_waited_for_without_end(postgres, model):
    holder, other = (open_store(postgres.address, 10) for _ in range(2))
    holder.change(model, ["a"], plus_one)
    entered, leave = threading.Event(), threading.Event()

    def hold(states):
        entered.set()
        leave.wait(20)
        return plus_one(states)

    thread = threading.Thread(target=holder.change, args=(model, ["a"], hold))
    thread.start()
    entered.wait(10)
    started = time.monotonic()
    with pytest.raises(StoreError, match="timeout"):
        other.change(model, ["a"], plus_one)
    assert time.monotonic() - started < 8
    leave.set()
    thread.join(10)
    assert values(holder, model, "a") == {"a": b"2"}


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "x.db").write_bytes(b"not a database at all, but long enough to be one" * 30)
    store = open_store(f"sqlite://{tmp_path / 'x.db'}", 10)
    with pytest.raises(StoreError, match="not a database"):
        store.told("m")
    with pytest.raises(StoreError, match="unable to open"):
        open_store(f"sqlite://{tmp_path}", 10).change("m", ["a"], plus_one)
    with pytest.raises(StoreError, match="File exists"):
        open_store(f"sqlite://{tmp_path / 'x.db' / 'y.db'}", 10).change("m", ["a"], plus_one)
    assert open_store(f"sqlite://{tmp_path / 'new' / 'x.db'}", 10).told("m") == {}


def test_a_reader_is_not_kept_waiting_by_a_writer(tmp_path):
    address = f"sqlite://{tmp_path / 's.db'}"
    open_store(address, 10).change("m", ["a"], plus_one)
    writer = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert set(open_store(address, 10).told("m")) == {"a"}
    writer.rollback()


@pytest.mark.parametrize(
    "wrong",
    ["", "disk", "sqlite://states.db", "sqlite:///", "mysql://a@b/c", "postgresql://", "postgresql://host:x/db"],
)
def test_addresses(wrong):
    with pytest.raises(ValueError, match="state must be memory, sqlite:///PATH, or postgresql://"):
        check_address(wrong)


def test_passwords_are_seen():
    assert has_password("postgresql://a:b@host/db") and not has_password("postgresql://a@host/db")
    assert not has_password("memory") and not has_password("sqlite:///a:b@c")
    with pytest.raises(ValueError, match="sslmode must be"):
        open_store("postgresql://a@b/c?sslmode=maybe", 1)
