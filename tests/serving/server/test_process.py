"""The server as a process: memory, reload and end under load, and what it imports."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from linear_folders import swap, write_folder
from wire import connect, get, load, post

ROOT = Path(__file__).parents[3]
ROWS = {"instances": [[0.25] * 66]}
PREDICT = post("/v1/models/press:predict", ROWS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("models") / "press")


def test_it_imports_nothing_heavy():
    code = (
        "import sys, serving.server.__main__, serving.server.process, serving.server.reloading,"
        " serving.server.request_log, serving.server.sinks; print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    heavy = {
        "sklearn",
        "pandas",
        "torch",
        "pyarrow",
        "rarefault",
        "mlflow",
        "kfp",
        "scipy",
        "onnxruntime",
        "pydantic",
        "rich",
    }
    assert not {name.partition(".")[0] for name in done.stdout.split()} & heavy


def test_memory(serve, folder):
    server = serve(folder)
    assert connect(server).ask(PREDICT)[0] == 200
    assert server.resident() <= 60


def test_memory_with_onnx(serve, exported):
    server = serve(exported("boosting", shape="numbers").folder)
    row = [float(value) for value in exported("boosting", shape="numbers").table.X.iloc[0]]
    assert connect(server).ask(post("/v1/models/press:predict", {"instances": [row]}))[0] == 200
    assert server.resident() <= 90


def test_large_requests_leave_little_behind(serve, folder):
    server = serve(folder)
    wire = connect(server)
    rows = {"instances": [[0.123456789] * 66] * 4000}
    for _ in range(3):
        assert wire.ask(post("/v1/models/press:predict", rows))[0] == 200
    before = server.resident()
    for body in (b"[" + b"[]," * 1_300_000 + b"1]", b"[" + b'{"a":1},' * 500_000 + b"1]", b"x" * 30_000_000):
        assert wire.ask(post("/v1/models/press:predict", body))[0] in (400, 413)
    for _ in range(10):
        assert wire.ask(post("/v1/models/press:predict", rows))[0] == 200
    assert server.resident() < before + 100


def test_reload_under_load_drops_nothing(serve, tmp_path):
    place = write_folder(tmp_path / "served", version="1")
    new = [write_folder(tmp_path / f"v{v}", version=str(v), intercept=0.1 * v) for v in range(2, 6)]
    broken = write_folder(tmp_path / "broken", version="666")
    (broken / "weights.safetensors").write_bytes(b"nothing")
    server = serve(place, "--reload_seconds=0.05")
    threads = load(server, PREDICT, n=4) + load(server, PREDICT, n=2, keep=False)
    for version in new:
        for folder in (broken, version):
            swap(place, folder)
            time.sleep(0.25)
    (place / "model.json").unlink()
    time.sleep(0.2)
    shutil.rmtree(place)
    time.sleep(0.2)
    for thread in threads:
        thread.stop()
    answers = [answer for thread in threads for answer in thread.answers]
    assert [thread.problem for thread in threads] == [None] * 6
    assert {status for status, _ in answers} == {200} and len(answers) > 200
    seen = {content.rpartition(b'"model_version":')[2] for _, content in answers}
    assert seen == {b'"%d"}' % v for v in range(1, 6)}
    metrics = connect(server).ask(get("/metrics"))[2].decode()
    assert int(metrics.split('rarefault_reloads_total{model="press",result="ok"} ')[1].split()[0]) >= 5
    assert 'rarefault_reloads_total{model="press",result="failed"}' in metrics


@pytest.mark.parametrize("keep", [True, False])
def test_sigterm_under_load_answers_every_request(serve, folder, keep):
    server = serve(folder, "--drain_seconds=0.5")
    threads = load(server, PREDICT, keep=keep)
    time.sleep(0.5)
    idle = connect(server)
    assert idle.ask(PREDICT)[0] == 200
    half = connect(server)
    half.sock.sendall(PREDICT[:200])
    time.sleep(0.1)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert idle.ask(get("/v2/health/ready"))[0] == 503
    half.sock.sendall(PREDICT[200:])
    status, headers, _ = half.answer()
    assert status == 200 and headers["connection"] == "close"
    assert server.process.wait(20) == 0
    for thread in threads:
        thread.join(20)
    assert [thread.problem for thread in threads] == [None] * len(threads)
    assert {status for thread in threads for status, _ in thread.answers} == {200}
    assert "Traceback" not in server.errors()


def test_sigterm_and_sigint_end_an_idle_server(serve, folder):
    for number in (signal.SIGTERM, signal.SIGINT):
        server = serve(folder, "--drain_seconds=0")
        server.process.send_signal(number)
        assert server.process.wait(10) == 0
        assert "Traceback" not in server.errors()


def test_kill_and_restart_under_load(serve, folder):
    first = serve(folder)
    threads = load(first, PREDICT, n=4)
    time.sleep(0.2)
    first.process.kill()
    for thread in threads:
        thread.join(10)
    assert {status for thread in threads for status, _ in thread.answers} == {200}
    second = serve(folder, f"--http_port={first.port}")
    assert second.port == first.port and connect(second).ask(PREDICT)[0] == 200


def refused(serve, *arguments):
    server = serve(*arguments, wait=False)
    assert server.process.wait(20) == 2
    lines = server.process.stderr.read().decode().splitlines()
    assert "Traceback" not in "".join(lines)
    return lines[-1]


def test_a_start_without_a_model_ends_with_one_line(serve, tmp_path, folder):
    assert "no model.json in" in refused(serve, tmp_path)
    assert "no model.json in" in refused(serve, tmp_path / "absent")
    broken = write_folder(tmp_path / "broken")
    (broken / "weights.safetensors").write_bytes(b"nothing")
    assert "weights.safetensors" in refused(serve, broken)


def test_a_port_in_use_ends_with_one_line(serve, folder):
    server = serve(folder)
    assert f"port {server.port}: Address already in use" in refused(serve, folder, f"--http_port={server.port}")


def test_flags_of_kserve(serve, folder):
    server = serve(folder, "--model_name=named", "--grpc_port=9000", "--enable_grpc", "false", "--workers=1")
    assert connect(server).ask(post("/v1/models/named:predict", ROWS))[0] == 200
    assert server.log.count(b"ignored flags") == 1 and b"enable_grpc, grpc_port, workers" in server.log
