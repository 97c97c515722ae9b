"""The serving benchmarks' parts at a tiny size; nothing here is about times."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.serving import limit, side_by_side, soak
from benchmarks.serving.bodies import FORMS, answered, check
from benchmarks.serving.contestants import BARE, CONTESTANTS, FASTAPI, OURS
from benchmarks.serving.measured import Burst, free_port, serving
from benchmarks.serving.models import NAME, Made

ROOT = Path(__file__).parents[2]
V1_BODY = b'{"instances": [[1.0, 2.0, 3.0, 4.0]]}'


def wire(path, body):
    return f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def run_client(url, requests, **plan):
    port = int(url.rpartition(":")[2])
    listed = [
        {"request": b64encode(r).decode(), "answers": [b64encode(a).decode() for a in right]} for r, right in requests
    ]
    told = {"port": port, "seconds": 0.4, "connections": 3, "rate": None, "requests": listed, **plan}
    command = [sys.executable, "-m", "benchmarks.serving.programs.client"]
    done = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, cwd=ROOT, check=True)
    return json.loads(done.stdout)


RIGHT = json.dumps({"predictions": [{"label": "pass", "probability": 0.1}]}).encode()


def test_the_client_counts_right_answers(quick_stub):
    found = run_client(quick_stub, [(wire("/v1/models/stub:predict", V1_BODY), [b"other", RIGHT])])
    assert found["failures"] == {}
    assert found["answers"] == [0, found["requests"]]
    assert found["requests"] > 20
    assert found["ms"]["50"] <= found["ms"]["95"]


def test_the_client_keeps_its_pace(quick_stub):
    found = run_client(quick_stub, [(wire("/v1/models/stub:predict", V1_BODY), [RIGHT])], rate=50, seconds=1)
    assert found["requests"] == 50


def test_the_client_keeps_its_pace_when_answers_are_slow(slow_stub):
    found = run_client(slow_stub, [(wire("/v1/models/stub:predict", V1_BODY), [RIGHT])], rate=50, seconds=1)
    assert found["requests"] == 50  # three connections that wait 0.4 s would make 8
    assert found["ms"]["50"] >= 400


def test_the_client_notices_wrong_answers(quick_stub, wrong_stub):
    call = wire("/v1/models/stub:predict", V1_BODY)
    assert run_client(quick_stub, [(call, [b"other"])], rate=20)["failures"] == {"wrong answer": 8}
    assert run_client(wrong_stub, [(call, [RIGHT])], rate=50)["failures"] == {"status not 200": 4}


def answer_of(name, probabilities):
    p = np.array(probabilities)
    if name == "V1":
        return b"HTTP/1.1 200 OK", json.dumps({"predictions": [{"label": "x", "probability": v} for v in p]}).encode()
    outputs = [
        {"name": "label", "datatype": "BYTES", "shape": [len(p)], "data": ["x"] * len(p)},
        {"name": "probability", "datatype": "FP64", "shape": [len(p)], "data": p.tolist()},
    ]
    if name == "V2 JSON":
        return b"HTTP/1.1 200 OK", json.dumps({"outputs": outputs}).encode()
    blobs = [b"\x01\0\0\0x" * len(p), p.tobytes()]
    for output, blob in zip(outputs, blobs, strict=True):
        output["parameters"] = {"binary_data_size": len(blob)}
        del output["data"]
    head = json.dumps({"outputs": outputs}).encode()
    return b"HTTP/1.1 200 OK\r\nInference-Header-Content-Length: %d" % len(head), head + b"".join(blobs)


@pytest.mark.parametrize("name", FORMS)
def test_answers_are_compared_with_the_classifier(name, tmp_path):
    made = Made(tmp_path, np.arange(12.0).reshape(3, 4), np.array([0.1, 0.2, 0.3]))
    request = FORMS[name](made, 1, 2)
    assert f"/models/{NAME}".encode() in request.wire
    check(request, *answer_of(name, [0.2, 0.3]))
    np.testing.assert_allclose(answered(*answer_of(name, [0.2, 0.3])), [0.2, 0.3])
    with pytest.raises(RuntimeError, match="wrong probabilities"):
        check(request, *answer_of(name, [0.2, 0.31]))
    with pytest.raises(RuntimeError, match="not a 200"):
        check(request, b"HTTP/1.1 500 Internal Server Error", b"")


def test_a_limit_holds_where_control_groups_may_be_made():
    spin = "import time; end = time.time() + 0.6\nwhile time.time() < end: pass"
    with limit.limited(0.2, 300) as held:
        process = subprocess.Popen(held.command([sys.executable, "-c", spin]))
        process.wait()
        used = held.cpu_seconds([process.pid])
        groups = held.groups
    assert not any(group.exists() for group in groups)
    if held.cores is None:
        pytest.skip("no control group may be made here")
    assert held.cores == 0.2
    assert used < 0.4


def test_without_control_groups_the_processes_are_looked_at(monkeypatch, tmp_path):
    monkeypatch.setattr(limit, "ROOT", tmp_path / "none")
    with limit.limited(0.5, 512) as held:
        assert held.command(["a"]) == ["a"]
        assert "derived" in held.says(0.5, 512)
        process = subprocess.Popen([sys.executable, "-c", "sum(range(10**7)); input()"], stdin=subprocess.PIPE)
        while held.cpu_seconds([process.pid]) < 0.05:
            assert process.poll() is None
        process.communicate(b"\n")
        assert held.cpu_seconds([process.pid, 2**22 + 1]) == 0


LINEAR = {
    "mean": [1.0, 0.0],
    "scale": [2.0, 1.0],
    "coefficient": [0.5, -1.0],
    "intercept": 0.1,
    "threshold": 0.3,
    "labels": ["pass", "fail"],
}


@pytest.mark.parametrize("rival", [BARE, FASTAPI, pytest.param("kserve", marks=pytest.mark.slow)])
def test_rivals_answer_as_the_model_does(rival, tmp_path):
    (tmp_path / "linear.json").write_text(json.dumps(LINEAR))
    command = next(made for name, made in CONTESTANTS.items() if name.startswith(rival))
    rows, port = np.array([[1.5, 2.0], [0.0, -1.0]]), free_port()
    log_odds = (rows - LINEAR["mean"]) / LINEAR["scale"] @ np.array(LINEAR["coefficient"]) + LINEAR["intercept"]
    made = Made(tmp_path, rows, 1 / (1 + np.exp(-log_odds)))
    with serving(command(tmp_path, port), port, tmp_path / "log", cores=1.0) as server:
        server.checked_answers([FORMS["V1"](made, 0, 2)])
        assert server.megabytes() > 10
        assert server.cpu_seconds() > 0


def test_a_server_that_does_not_start_says_why(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('no model here')"]
    with pytest.raises(RuntimeError, match="no model here"), serving(command, free_port(), tmp_path / "log"):
        pass


def burst(cpu_us, p95=1.0, failures=None):
    return Burst(100.0, cpu_us, {"50": 0.5, "95": p95, "99": 2.0}, failures or {}, [60, 40], 100, 0.2)


def test_the_tables_compare_round_by_round(capsys):
    def figures(cpu_us, ready=0.4, megabytes=50):
        return side_by_side.Figures(burst(cpu_us), burst(cpu_us, p95=9.0), ready, 0.2, megabytes)

    costs = {OURS: (50, 100), "kserve ModelServer + scikit-learn": (1000, 2000), BARE: (45, 90)}
    rounds = {name: [figures(cost) for cost in pair] for name, pair in costs.items()}
    rounds["boosting"] = [figures(60, ready=0.9, megabytes=80)] * 2
    kinds = [(what, name) for what in (side_by_side.ONE, side_by_side.SHORT, side_by_side.LONG) for name in FORMS]
    forms = [{kind: burst(100 if kind[1] != "V2 binary" else 10) for kind in kinds}] * 2
    side_by_side.print_all(rounds, forms, 2)
    printed = capsys.readouterr().out
    assert re.search(r"over kserve's \| 20\.0 \| at least 20 \| met", printed)
    assert re.search(r"over bare uvicorn's \| 0\.90 \| at least 0\.75 \| met", printed)
    assert re.search(r"ready, ONNX \(gradient boosting\), s \| 0\.90 \| at most 0\.8 \| MISSED", printed)
    assert "ours, gradient boosting (ONNX)" in printed


def test_growth_is_from_the_first_tenth_to_the_last():
    watch = soak.Watch(SimpleNamespace(), Path(), [], 5.0, megabytes=[(float(s), 50 + s / 100) for s in range(600)])
    assert watch.growth(600) == pytest.approx(5.7 - 0.35, abs=0.02)


def test_the_soaks_table_judges():
    watch = soak.Watch(SimpleNamespace(), Path(), [], 5.0, swaps=10, megabytes=[(float(s), 50.0) for s in range(100)])
    good = soak.table(soak.Result(burst(50), watch, 10, 0), 100, 1)
    assert "MISSED" not in good
    bad = soak.table(soak.Result(burst(50, failures={"lost: closed": 2}), watch, 5, 1), 100, 2)
    assert bad.count("MISSED") == 3
    assert bad.endswith("lost: closed: 2")


def test_a_folder_takes_the_live_ones_place(tmp_path):
    for version in "12":
        (tmp_path / version).mkdir()
        (tmp_path / version / "model.json").write_text(version)
    live = tmp_path / "live"
    for version in "121":
        soak.put(tmp_path / version, live)
        assert (live / "model.json").read_text() == version
    assert {path.name for path in tmp_path.iterdir()} == {"1", "2", "live"}


@pytest.mark.slow
def test_the_soak_runs(capsys):
    soak.main(["--minutes", "0.1", "--rate", "50", "--every", "2"])
    printed = capsys.readouterr().out
    assert re.search(r"wrong or missing answers \| 0 of 300 \| 0 \| met", printed)
    assert re.search(r"folders swapped / reloads / refused \| \d / [123] / 0", printed)


@pytest.mark.slow
def test_side_by_side_runs(capsys):
    side_by_side.main(["--rounds", "1", "--seconds", "0.2", "--only", FASTAPI])
    printed = capsys.readouterr().out
    assert "FastAPI + pydantic" in printed
    assert "V2 binary, 1,000 rows, 4 decimals" in printed
    assert "kserve" not in printed
