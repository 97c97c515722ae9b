"""Bodies that are collected before the app is woken, and how many large ones at once."""

import json
import threading
import time

from linear_folders import expected
from wire import connect, get, post

from serving.server.exchanges import Places

PREDICT = "/v1/models/press:predict"
ROWS = [[0.1, 0.2, 0.3]] * 9000
LARGE = post(PREDICT, {"instances": ROWS})


def test_a_place_is_handed_on_to_the_first_who_can_use_it():
    places, called = Places(1), []
    assert places.take("a", lambda: True) and places.take("a", lambda: True)
    for name, usable in (("b", False), ("c", True), ("d", True)):
        assert not places.take(name, lambda name=name, usable=usable: called.append(name) or usable)
    places.leave("d")
    places.leave("a")
    assert called == ["b", "c"] and places.take("c", lambda: True) and not places.take("e", lambda: True)
    places.leave("c")
    assert places.take("e", lambda: True)


def test_more_large_bodies_than_places_are_all_answered(serve, numbers_folder):
    server = serve(numbers_folder)
    wires = [connect(server) for _ in range(40)]
    for wire in wires:  # each begins, and none ends before all have begun
        wire.sock.sendall(LARGE[:100_000])
    time.sleep(0.3)
    senders = [threading.Thread(target=wire.sock.sendall, args=(LARGE[100_000:],)) for wire in wires]
    for sender in senders:
        sender.start()
    for wire in wires:
        status, _, content = wire.answer()
        assert status == 200 and len(json.loads(content)["predictions"]) == len(ROWS)
    for sender in senders:
        sender.join(10)
    assert connect(server).ask(get("/v2/health/live"))[0] == 200


def test_those_who_leave_give_their_places_back(serve, numbers_folder):
    server = serve(numbers_folder)
    for _ in range(3):
        wires = [connect(server) for _ in range(20)]
        for wire in wires:
            wire.sock.sendall(LARGE[:100_000])
        time.sleep(0.2)
        for wire in wires:
            wire.sock.close()
    assert connect(server).ask(LARGE)[0] == 200


def test_bodies_in_pieces_of_every_size(serve, numbers_folder):
    body = json.dumps({"instances": ROWS[:3000]}).encode()
    wire = connect(serve(numbers_folder))
    head = f"POST {PREDICT} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    for size in (1, 3000, 5000, 70_000, len(body)):
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        wire.sock.sendall(head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n")
        status, _, content = wire.answer()
        found = json.loads(content)["predictions"]
        assert status == 200 and len(found) == 3000 and abs(found[-1]["probability"] - expected(ROWS[:1])[0]) < 1e-12


def test_large_requests_one_behind_the_other(serve, numbers_folder):
    wire = connect(serve(numbers_folder))
    sender = threading.Thread(target=wire.sock.sendall, args=(LARGE * 3 + get("/v2"),))
    sender.start()
    assert [wire.answer()[0] for _ in range(4)] == [200] * 4
    sender.join(10)


def test_an_answer_without_content_for_head(serve, numbers_folder):
    wire = connect(serve(numbers_folder))
    wire.sock.sendall(b"HEAD /v2 HTTP/1.1\r\nhost: x\r\n\r\n" + get("/v2"))
    while wire.rest.count(b"\r\n\r\n") < 2:
        wire._more()
    first, second = wire.rest.split(b"\r\n\r\n")[:2]
    assert first.startswith(b"HTTP/1.1 200") and second.startswith(b"HTTP/1.1 200")
