"""Connections that trickle, idle, lie or talk nonsense."""

import json
import time

import pytest
from linear_folders import write_folder
from running import Running
from wire import Wire, connect, get, post

ROWS = {"instances": [[1, 2, 3]]}
PREDICT = post("/v1/models/press:predict", ROWS)


@pytest.fixture
def server(serve, numbers_folder):
    return serve(numbers_folder, "--read_seconds=1.5")


def error(answer, status, cause):
    assert answer[0] == status and cause in json.loads(answer[2])["error"], answer
    assert answer[1]["content-type"] == "application/json" and answer[1]["connection"] == "close"


STALLED = {
    "in the request line": (b"POST /v1/mod", "head"),
    "in a header": (b"POST /v1/models/press:predict HTTP/1.1\r\nhost: x\r\ncontent-ty", "head"),
    "before the body": (PREDICT.split(b"\r\n\r\n")[0] + b"\r\n\r\n", "body"),
    "in the body": (PREDICT[:-5], "body"),
    "in a chunk": (
        b"POST /v1/models/press:predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc",
        "body",
    ),
}


def test_whoever_stalls_is_answered_408_and_closed(server):
    wires = {name: connect(server) for name in STALLED}
    used = connect(server)
    assert used.ask(PREDICT)[0] == 200
    used.sock.sendall(PREDICT[:40])
    for name, wire in wires.items():
        wire.sock.sendall(STALLED[name][0])
    for name, wire in wires.items():
        error(wire.answer(), 408, STALLED[name][1])
        assert wire.closed()
    error(used.answer(), 408, "head")
    assert connect(server).ask(PREDICT)[0] == 200
    metrics = connect(server).ask(get("/metrics"))[2].decode()
    assert 'rarefault_requests_total{model="",protocol="other",status="408"} 6' in metrics


def test_whoever_trickles_is_cut_off(server):
    wire = connect(server)
    started = time.monotonic()
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        while time.monotonic() - started < 15:
            wire.sock.sendall(b"x" if time.monotonic() - started > 0.1 else b"GET / HTTP/1.1\r\na: ")
            time.sleep(0.05)
    assert 1.4 < time.monotonic() - started < 8


def test_a_slow_but_steady_request_is_answered(server):
    wire = connect(server)
    for at in range(0, len(PREDICT), 20):
        wire.sock.sendall(PREDICT[at : at + 20])
        time.sleep(0.05)
    assert wire.answer()[0] == 200


def test_a_thousand_idle_connections(serve, numbers_folder):
    server = serve(numbers_folder, "--read_seconds=1")
    before = server.resident()
    wires = [connect(server) for _ in range(1100)]
    for wire in wires[:300]:
        assert wire.ask(PREDICT)[0] == 200
    time.sleep(2.5)
    started = time.monotonic()
    assert connect(server).ask(PREDICT)[0] == 200
    assert time.monotonic() - started < 2
    for wire in wires:
        wire.sock.sendall(PREDICT)
    assert {wire.answer()[0] for wire in wires} == {200}
    assert server.resident() < before + 40
    for wire in wires:
        wire.sock.close()


def test_a_busy_connection_stays_open(serve, numbers_folder):
    server = serve(numbers_folder, "--idle_seconds=1", "--read_seconds=1")
    wire = connect(server)
    end = time.monotonic() + 4.5
    while time.monotonic() < end:
        assert wire.ask(PREDICT)[0] == 200
        time.sleep(0.003)


def test_a_large_body_only_has_to_go_on_coming(server):
    wire = connect(server)
    body = json.dumps(ROWS).encode() + b" " * 3_500_000
    request = post("/v1/models/press:predict", body)
    for at in range(0, len(request), 300_000):
        wire.sock.sendall(request[at : at + 300_000])
        time.sleep(0.3)
    assert wire.answer()[0] == 200


def test_idle_connections_end(serve, numbers_folder):
    server = serve(numbers_folder, "--idle_seconds=1")
    unused, used = connect(server), connect(server)
    assert used.ask(PREDICT)[0] == 200
    assert unused.closed() and used.closed()


NONSENSE = {
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
    "wrong version": b"GET / HTTP/9.9\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
    "negative length": b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
    "length no number": b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n",
    "length and chunked": b"POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad chunk": b"POST /v1/models/press:predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "bad header": b"GET / HTTP/1.1\r\nho st: x\r\n\r\n",
    "bad path": b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    "tunnel": b"CONNECT a:1 HTTP/1.1\r\nhost: x\r\n\r\n",
}


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    server = Running(write_folder(tmp_path_factory.mktemp("models") / "press", width=3))
    yield server
    server.stop()


@pytest.mark.parametrize("sent", NONSENSE.values(), ids=NONSENSE)
def test_nonsense(lasting, sent):
    wire = connect(lasting)
    error(wire.ask(sent), 400, "not a valid HTTP/1.1 request")
    assert wire.closed() and connect(lasting).ask(PREDICT)[0] == 200


def test_an_endless_head_is_cut_off(lasting):
    for start, more in ((b"GET / HTTP/1.1\r\n", b"a: " + b"x" * 1000 + b"\r\n"), (b"GET /", b"x" * 1000)):
        wire = connect(lasting)
        wire.sock.sendall(start)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(100_000):
                wire.sock.sendall(more)
    assert lasting.resident() < 70


def test_endless_trailers_are_cut_off(lasting):
    wire = connect(lasting)
    wire.sock.sendall(b"POST /v1/models/press:predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        for _ in range(100_000):
            wire.sock.sendall(b"a: " + b"x" * 1000 + b"\r\n")
    assert lasting.resident() < 70


def chunked(*parts):
    head = b"POST /v1/models/press:predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_chunked_bodies(lasting):
    body = json.dumps(ROWS).encode()
    wire = connect(lasting)
    for parts in ([body], [body[:5], body[5:]], [body[at : at + 1] for at in range(len(body))]):
        assert wire.ask(chunked(*parts))[0] == 200


@pytest.mark.parametrize("size", [5_000_000, 25_000_000, 45_000_000])
def test_large_bodies_are_read_to_the_end_before_the_413(lasting, size):
    wire = connect(lasting)
    for request in (post("/v1/models/press:predict", b"1" * size), chunked(*[b"1" * 1_000_000] * (size // 1_000_000))):
        status, headers, content = wire.ask(request)
        assert status == 413 and "4194304 bytes" in json.loads(content)["error"] and "connection" not in headers
    assert wire.ask(PREDICT)[0] == 200
    assert lasting.resident() < 75


def test_a_refusal_before_the_body_leaves_the_connection_usable(lasting):
    wire = connect(lasting)
    assert wire.ask(post("/v1/models/nobody:predict", b"1" * 3_000_000))[0] == 404
    assert wire.ask(PREDICT)[0] == 200
    assert wire.ask(post("/v1/models/press:predict", b"1" * 3_000_000, media="text/plain"))[0] == 415
    assert wire.ask(PREDICT)[0] == 200


def test_expect_100_continue(lasting):
    head, _, body = post("/v1/models/press:predict", ROWS, extra="expect: 100-continue\r\n").partition(b"\r\n\r\n")
    wire = connect(lasting)
    wire.sock.sendall(head + b"\r\n\r\n")
    assert wire.sock.recv(100).startswith(b"HTTP/1.1 100 ")
    assert wire.ask(body)[0] == 200
    for path in ("/v1/models/press:predict", "/nothing"):
        wire = connect(lasting)
        wire.sock.sendall(
            b"POST %b HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9999999\r\n\r\n" % path.encode()
        )
        assert wire.answer()[0] in (413, 404) and wire.closed()


def test_pipelined_requests_are_answered_in_order(lasting):
    wire = connect(lasting)
    wire.sock.sendall(PREDICT + get("/nothing") + PREDICT + get("/v2"))
    assert [wire.answer()[0] for _ in range(4)] == [200, 404, 200, 200]


def test_an_upgrade_is_declined(lasting):
    for extra in (
        "connection: upgrade\r\nupgrade: websocket\r\n",
        "connection: upgrade, http2-settings\r\nupgrade: h2c\r\n",
    ):
        wire = connect(lasting)
        request = post("/v1/models/press:predict", ROWS, extra=extra)
        assert wire.ask(request)[0] == 200
        wire.sock.sendall(request + get("/nothing") + request)
        assert [wire.answer()[0] for _ in range(3)] == [200, 404, 200]
        for at in range(0, len(request), 11):
            wire.sock.sendall(request[at : at + 11])
            time.sleep(0.002)
        assert wire.answer()[0] == 200
        assert wire.ask(get("/v2").replace(b"\r\n\r\n", b"\r\n" + extra.encode() + b"\r\n"))[0] == 200
        assert wire.ask(PREDICT)[0] == 200


def test_http_1_0_and_close(lasting):
    for version, extra in ((b"1.0", b""), (b"1.1", b"connection: close\r\n")):
        wire = connect(lasting)
        assert wire.ask(b"GET /v2 HTTP/%b\r\nhost: x\r\n%b\r\n" % (version, extra))[0] == 200
        assert wire.closed()


@pytest.mark.parametrize(
    "path", ["/v1/models/%70ress:predict", "/v1/models/press%3Apredict", "/v1/models/press:predict?x=1#y"]
)
def test_encoded_paths(lasting, path):
    assert connect(lasting).ask(post(path, ROWS))[0] == 200


@pytest.mark.parametrize(
    "path", ["/v1/models/%00", "/v1/models/%2e%2e/x", "/v1/models/%ff%fe", "/..%2f..%2fetc/passwd", "/" + "a" * 50_000]
)
def test_unknown_paths(lasting, path):
    status, _, content = connect(lasting).ask(get(path))
    assert status == 404 and len(content) < 500 and b"\n" not in content


def test_a_client_that_never_reads_hurts_nobody(lasting):
    wire = connect(lasting)
    wire.sock.settimeout(2)
    request = get("/openapi.json") * 1000
    try:
        for _ in range(30):
            wire.sock.sendall(request)
    except TimeoutError:
        pass
    assert connect(lasting).ask(PREDICT)[0] == 200
    assert lasting.resident() < 80
    wire.sock.close()


def test_connections_closed_at_once(lasting):
    for sent in (b"", b"G", PREDICT[:100], PREDICT, PREDICT * 50):
        for _ in range(20):
            sock = lasting.connect()
            sock.sendall(sent)
            sock.close()
    assert Wire(lasting.connect()).ask(PREDICT)[0] == 200
    assert "Traceback" not in lasting.errors()
