"""A server of images as a process: memory, patience, and what a server of tables alone does without."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from image_bodies import INFER, PREDICT, binary, instances, pixels, png
from linear_folders import write_folder
from small_inspector import file_of
from wire import connect, load, post

ROOT = Path(__file__).parents[3]
IMAGE = np.random.default_rng(0).integers(0, 256, (1, 32, 32), dtype=np.uint8)
ONE = post(PREDICT, instances(file_of(IMAGE)))
ROW = post("/v1/models/press:predict", {"instances": [[1, 2, 3]]})


@pytest.fixture
def mixed(inspected, tmp_path):
    (tmp_path / "steel").symlink_to(inspected().folder)
    write_folder(tmp_path / "press", width=3)
    return tmp_path


def test_a_server_of_tables_does_not_load_what_images_need(numbers_folder):
    code = (
        "import sys; from pathlib import Path; from serving.server.repository import Repository;"
        "from serving.server.app import App; from serving.server.limits import Limits;"
        "from serving.server.reloading import apply; app = App(1, Limits());"
        f"apply(Repository(Path({str(numbers_folder)!r}), '', 'refuse').look(final=True), app);"
        "assert app.state.models;"
        "print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"PIL", "onnxruntime", "serving.images", "serving.server.images"}


def test_memory(serve, inspected):
    server = serve(inspected().folder)
    wire = connect(server)
    for _ in range(20):
        assert wire.ask(ONE)[0] == 200
    assert server.resident() <= 110


def test_no_body_takes_much_memory_and_none_ends_the_server(serve, inspected):
    server = serve(inspected().folder)
    wire = connect(server)
    assert wire.ask(ONE)[0] == 200
    before = server.resident()
    largest = png(4000, 4000, colour=6)
    bodies = {
        "as large as may be": (instances(largest), 200),
        "once more": (instances(largest, largest), 413),
        "a bomb": (instances(png(16_000, 16_000, rows=bytes(1000))), 413),
        "many files": (instances(*[file_of(IMAGE)] * 256), 200),
        "too many files": (instances(*[png(8, 8)] * 20_000), 400),
        "many pixels": ({"instances": [np.zeros((1000, 1000), int).tolist()]}, 200),
        "4 MB of base64": ({"instances": [{"b64": "A" * 4_000_000}]}, 400),
        "5 MB": ({"instances": [{"b64": "A" * 5_000_000}]}, 413),
    }
    for name, (body, status) in bodies.items():
        found, _, content = wire.ask(post(PREDICT, body))
        assert found == status, (name, content[:300])
    tensor = np.zeros((250, 1, 32, 32), np.uint8)
    body, headers = binary(pixels(tensor), tensor.tobytes())
    extra = f"{headers[0][0].decode()}: {headers[0][1].decode()}\r\n"
    status, _, content = wire.ask(post(INFER, body, extra=extra))
    assert status == 200, content[:300]
    assert wire.ask(ONE)[0] == 200
    assert server.resident() - before < 150
    assert "Traceback" not in server.errors()


def test_a_row_is_answered_while_images_are_looked_at(serve, mixed):
    server = serve(mixed)
    slow = post(PREDICT, instances(*[file_of(IMAGE)] * 256))
    row, images = connect(server), connect(server, 60)
    assert row.ask(ROW)[0] == images.ask(slow)[0] == 200
    started = time.monotonic()
    images.sock.sendall(slow)
    images.sock.sendall(slow)
    waits = []
    for _ in range(20):
        begun = time.monotonic()
        assert row.ask(ROW)[0] == 200
        waits.append(time.monotonic() - begun)
    assert images.answer()[0] == images.answer()[0] == 200
    assert sorted(waits)[10] < (time.monotonic() - started) / 4  # rows do not wait for a batch of images to end


def test_too_many_waiting_requests_are_told_so(serve, inspected):
    server = serve(inspected().folder)
    slow, wires = post(PREDICT, instances(*[file_of(np.zeros((1, 32, 32), np.uint8))] * 20)), []
    for _ in range(300):
        wires.append(connect(server, 120))
        wires[-1].sock.sendall(slow)
    statuses = {}
    for wire in wires:
        status, headers, content = wire.answer()
        statuses[status] = statuses.get(status, 0) + 1
        if status == 429:
            assert headers["retry-after"] == "1" and b"waiting" in content
    assert set(statuses) == {200, 429} and statuses[200] >= 256
    assert connect(server).ask(ONE)[0] == 200


def test_the_requests_under_way_are_answered_when_it_ends(serve, inspected):
    server = serve(inspected().folder, "--drain_seconds=0.3")
    threads = load(server, ONE, 4)
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0
    for thread in threads:
        thread.stop()
        assert thread.problem is None and {status for status, _ in thread.answers} == {200}


def test_both_kinds_under_load_while_a_version_is_replaced(serve, mixed):
    server = serve(mixed, "--reload_seconds=0.1")
    threads = load(server, ONE, 2) + load(server, ROW, 2)
    time.sleep(0.3)
    write_folder(mixed / "press", width=3, version="2")
    time.sleep(1.0)
    for thread in threads:
        thread.stop()
        assert thread.problem is None and {status for status, _ in thread.answers} == {200}
    assert any(json.loads(content)["model_version"] == "2" for _, content in threads[2].answers)
