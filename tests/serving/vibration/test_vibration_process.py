"""Servers as processes: several on one store, killed, without their store, and what they take and load."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from snapshot_bodies import PREDICT, one
from wire import connect, post

ROOT = Path(__file__).parents[3]


@pytest.fixture
def serve(monkeypatch):
    """serve(folder, state) -> a running server on that store, ended with the test."""
    from running import Running

    running = []

    def start(folder, state, *flags):
        monkeypatch.setenv("RAREFAULT_STATE", state)  # where a password may be
        running.append(Running(folder, *flags))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres").address
    return f"sqlite://{tmp_path / 'states.db'}"


def asked(wire, **options):
    status, _, content = wire.ask(post(PREDICT, {"instances": [one(**options)]}))
    return status, json.loads(content)


def without_model(content):
    return content["predictions"]


def life(machine):
    return [{"machine": machine, "seed": at, "worn": 2.0 if at > 12 else 0.0, "sequence": at} for at in range(24)]


def test_two_servers_on_one_store_answer_as_one(serve, state, worn, request):
    """A life dealt out to both, one killed in between, is answered as by one server alone."""
    name = request.node.name.replace("[", ".").rstrip("]")
    alone = connect(serve(worn().folder, "memory"))
    both = [connect(serve(worn().folder, state)) for _ in range(2)]
    for at, options in enumerate(life(name)):
        status, content = asked(both[at % 2], **options)
        assert status == 200 and content == asked(alone, **options)[1]
        assert asked(both[(at + 1) % 2], **options) == (200, content)  # asked again, elsewhere
    assert content["predictions"][0]["state"] == "severe"


def test_killed_and_started_anew_it_goes_on(serve, state, worn, request):
    name = request.node.name.replace("[", ".").rstrip("]")
    alone = connect(serve(worn().folder, "memory"))
    for at, options in enumerate(life(name)):
        if at % 8 == 0:
            server = serve(worn().folder, state)
            wire = connect(server)
        assert asked(wire, **options) == asked(alone, **options)
        if at % 8 == 7:
            server.process.kill()  # -9
            server.process.wait()
    assert asked(connect(serve(worn().folder, state)), **life(name)[-1]) == asked(alone, **life(name)[-1])


def test_requests_at_once_lose_nothing(serve, state, worn, request):
    name = request.node.name.replace("[", ".").rstrip("]")
    servers = [serve(worn().folder, state) for _ in range(2)]
    answers, each = [], 15

    def send(server, number):
        wire = connect(server)
        for at in range(each):
            answers.append(asked(wire, machine=name, seed=1000 * number + at))

    threads = [threading.Thread(target=send, args=(servers[n % 2], n)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {status for status, _ in answers} == {200}
    assert sorted(content["predictions"][0]["snapshot"] for _, content in answers) == list(range(6 * each))


def ready(wire):
    return wire.ask(b"GET /v2/health/ready HTTP/1.1\r\nhost: x\r\n\r\n")[0]


def until(what, seconds=20):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_database_that_goes_and_comes_back(serve, worn):
    import postgres_server

    with postgres_server.running() as database:
        server = serve(worn().folder, database.address)
        wire = connect(server)
        assert asked(wire, sequence=1)[0] == ready(wire) == 200
        database.stop()
        status, content = asked(wire, sequence=2, seed=2)
        assert status == 503 and "the states of machines cannot be reached" in content["error"]
        assert database.password not in content["error"]
        until(lambda: ready(wire) == 503)
        database.start()
        until(lambda: ready(wire) == 200)
        assert asked(wire, sequence=2, seed=2)[1]["predictions"][0]["snapshot"] == 1
        log = server.errors()
        assert "cannot be reached" in log and "reached again" in log and database.password not in log
        assert "Traceback" not in log


def test_it_starts_before_its_database(serve, worn):
    wire = connect(serve(worn().folder, "postgresql://nobody@127.0.0.1:1/nothing"))
    until(lambda: ready(wire) == 503)
    assert asked(wire)[0] == 503


def test_memory_is_said_to_be_all(serve, worn):
    server = serve(worn().folder, "memory")
    connect(server)
    assert b"kept in memory: they end with this process" in server.log


def test_it_takes_little_memory(serve, worn, tmp_path):
    server = serve(worn().folder, f"sqlite://{tmp_path / 's.db'}")
    wire = connect(server)
    for at in range(30):
        assert asked(wire, seed=at)[0] == 200
    assert server.resident() < 90


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--state", "disk"], "state must be memory, sqlite:///PATH, or postgresql://"),
        (["--state", "postgresql://a:secret@host/db"], "must not hold a password"),
        (["--max_machines", "0"], "max_machines must be between"),
    ],
)
def test_wrong_settings_end_in_one_line(flags, why):
    command = [sys.executable, "-m", "serving.server", *flags]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and why in done.stderr and "secret" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_server_of_vibration_loads_neither_torch_nor_the_library(worn):
    code = (
        "import sys; from pathlib import Path; from serving.server.repository import Repository;"
        "from serving.server.app import App; from serving.server.limits import Limits;"
        "from serving.server.reloading import apply; app = App(1, Limits());"
        f"apply(Repository(Path({str(worn().folder)!r}), '', 'refuse').look(final=True), app);"
        "assert app.state.models;"
        "print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    heavy = {"torch", "rarefault", "scipy", "pandas", "sklearn", "onnxruntime", "PIL", "pg8000", "sqlite3"}
    assert not {name.partition(".")[0] for name in done.stdout.split()} & heavy
