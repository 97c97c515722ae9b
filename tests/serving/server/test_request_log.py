"""The request log, in its two forms and to its three places."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from asgi_calls import ask, make_app, tensor
from wire import connect, get, post

from serving.server import request_log
from serving.server.request_log import RequestLog
from serving.server.sinks import SinkError, open_sink

PREDICT, INFER = "/v1/models/press:predict", "/v2/models/press/infer"


class Kept:
    """A sink that keeps what it gets, or cannot."""

    def __init__(self, broken=False):
        self.texts, self.broken, self.closed = [], broken, False

    def write(self, texts):
        if self.broken:
            raise SinkError(len(texts), "no room")
        self.texts += texts

    def close(self):
        self.closed = True


def logged(folder, kind, sink, *requests):
    app = make_app(folder)
    log = RequestLog(kind, sink, app.metrics)
    app.log_to(log)
    log.start()
    for path, body in requests:
        ask(app, path, body)
    log.stop()
    return app


def test_json_lines(mixed_folder):
    sink = Kept()
    rows = [[0.1, 0.2, "tin"], [0.3, 0.4, "brass"]]
    named = [{"x0": 0.1, "x1": 0.2, "c0": "tin"}]
    inputs = [tensor([[0.1], [0.3]], "x0"), tensor([[0.2], [0.4]], "x1"), tensor([["tin"], ["brass"]], "c0", "BYTES")]
    requests = [
        (PREDICT, {"instances": rows[:1]}),
        (PREDICT, {"instances": rows}),
        (PREDICT, {"instances": named}),
        (PREDICT, {"instances": [[1]]}),
        (INFER, {"id": "a", "inputs": inputs}),
    ]
    logged(mixed_folder, "json", sink, *requests)
    lines = [json.loads(text) for text in sink.texts]
    assert [line["instances"] for line in lines] == [rows[:1], rows, named, rows]
    assert [line["protocol"] for line in lines] == ["v1", "v1", "v1", "v2"] and lines[3]["id"] == "a"
    assert lines[1]["predictions"] == lines[3]["predictions"] and lines[0]["predictions"] == lines[1]["predictions"][:1]
    assert set(lines[0]) == {"time", "model", "version", "protocol", "id", "instances", "predictions"}
    assert sink.closed and not any(b"\n" in text for text in sink.texts)


def test_cloudevents(numbers_folder):
    sink = Kept()
    logged(numbers_folder, "cloudevents", sink, *[(INFER, {"id": "a", "inputs": [tensor([[1, 2, 3]])]})] * 2)
    events = [json.loads(text) for text in sink.texts]
    assert events[0]["specversion"] == "1.0" and events[0]["source"] == "/models/press/versions/1"
    assert (
        events[0]["type"] == "org.rarefault.serving.prediction" and events[0]["datacontenttype"] == "application/json"
    )
    assert events[0]["id"] != events[1]["id"] and events[0]["data"]["id"] == "a"
    assert events[0]["data"]["instances"] == [[1, 2, 3]] and events[0]["time"].endswith("Z")


def dropped(app):
    return int(ask(app, "/metrics").content.split(b"\nrarefault_request_log_dropped_total ")[1].split(b"\n")[0])


def test_what_the_sink_loses_is_counted(numbers_folder):
    assert dropped(logged(numbers_folder, "json", Kept(broken=True), *[(PREDICT, {"instances": [[1, 2, 3]]})] * 5)) == 5


def test_what_does_not_fit_into_the_queue_is_dropped_and_counted(numbers_folder, monkeypatch):
    monkeypatch.setattr(request_log, "MOST_ROWS", 10)
    monkeypatch.setattr(request_log, "_PAUSE", 5)
    sink = Kept()
    app = logged(numbers_folder, "json", sink, *[(PREDICT, {"instances": [[1, 2, 3]] * n}) for n in (4, 4, 4, 2, 1)])
    assert len(sink.texts) == 3 and dropped(app) == 2


def test_a_file(tmp_path):
    path = tmp_path / "log.jsonl"
    for text in (b"1", b"2"):
        sink = open_sink(str(path), "json")
        sink.write([text, text])
        sink.close()
    assert path.read_text() == "1\n1\n2\n2\n"


@pytest.mark.parametrize("place", ["/no/such/folder/log", "ftp://x", "/"])
def test_places_that_cannot_be_written(place):
    with pytest.raises(ValueError, match="request_log_sink"):
        open_sink(place, "json")


@pytest.fixture
def receiver():
    got = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            got.append((self.path, self.headers["content-type"], self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(503 if b"refuse" in got[-1][2] else 202)
            self.send_header("content-length", "0")
            if len(got) % 2:
                self.send_header("connection", "close")
                self.close_connection = True
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/events?x=1", got
    server.shutdown()
    server.server_close()


def test_an_http_address(receiver):
    address, got = receiver
    sink = open_sink(address, "cloudevents")
    sink.write([b"1", b"2", b"3"])
    assert [text for _, _, text in got] == [b"1", b"2", b"3"]
    assert got[0][:2] == ("/events?x=1", "application/cloudevents+json")
    with pytest.raises(SinkError) as caught:
        sink.write([b"4", b"refuse", b"5"])
    assert caught.value.lost == 2
    sink.close()


def test_an_http_address_where_nobody_listens():
    with pytest.raises(SinkError) as caught:
        open_sink("http://127.0.0.1:9", "json").write([b"1", b"2"])
    assert caught.value.lost == 2


def test_a_sink_that_hangs_does_not_slow_the_answers(serve, numbers_folder):
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as silent:  # accepts, never answers
        address = f"http://127.0.0.1:{silent.server_port}"
        server = serve(numbers_folder, "--request_log=json", f"--request_log_sink={address}")
        wire = connect(server)
        started = time.monotonic()
        for _ in range(300):
            assert wire.ask(post(PREDICT, {"instances": [[1, 2, 3]] * 100}))[0] == 200
        assert time.monotonic() - started < 4
        assert b"request_log_dropped_total 2" in wire.ask(get("/metrics"))[2]


def test_every_request_is_logged_before_the_end(serve, numbers_folder, tmp_path):
    path = tmp_path / "log.jsonl"
    server = serve(numbers_folder, "--request_log=cloudevents", f"--request_log_sink={path}", "--drain_seconds=0")
    wire = connect(server)
    for _ in range(100):
        wire.ask(post(PREDICT, {"instances": [[1, 2, 3]]}))
    server.process.terminate()
    assert server.process.wait(10) == 0
    assert len(path.read_text().splitlines()) == 100
