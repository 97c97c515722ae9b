"""The load: raw sockets, in a process of its own; a plan as JSON on standard input, figures as JSON on standard output.

The plan: port, seconds, connections, rate (requests/s; null for as many as are answered), requests: each with its bytes
and the bodies that are right answers to it, in base64 (without any, every 200 is right). The figures count the right
answers by their place in that list. Locust stops at some thousand requests a second; this client costs about 20
microseconds a request, so that the server is what is measured. It checks every answer: status 200, and a body that is
one of the accepted ones, byte for byte.
"""

import json
import select
import socket
import sys
import time
from array import array
from base64 import b64decode
from itertools import cycle

END = b"\r\n\r\n"
LENGTH = b"content-length:"


class Connection:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received, self.began = b"", 0.0
        self.accepted: dict[bytes, int] = {}

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, request: bytes, accepted: dict[bytes, int], began: float) -> None:
        self.accepted, self.began = accepted, began
        self.socket.sendall(request)

    def body(self) -> bytes | None:
        """Read what is there; the body once it is whole, b"" for anything but a 200, None while more is to come."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionResetError("closed by the server")
        self.received = self.received + piece if self.received else piece
        head, found, body = self.received.partition(END)
        if not found:
            return None
        at = head.lower().find(LENGTH)
        length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return None
        self.received = b""
        return body if head.startswith(b"HTTP/1.1 200") else b""


class Load:
    """Requests in turn, their accepted answers, and what came back."""

    def __init__(self, plan: dict) -> None:
        self.plan = plan
        self.turn = cycle(
            [
                (b64decode(one["request"]), {b64decode(body): i for i, body in enumerate(one["answers"])})
                for one in plan["requests"]
            ]
        )
        self.connections = [Connection(plan["port"]) for _ in range(plan["connections"])]
        self.latencies = array("f")
        self.counts: dict[str, int] = {}
        self.answers = [0] * max(1, *(len(one["answers"]) for one in plan["requests"]))

    def fail(self, why: str) -> None:
        self.counts[why] = self.counts.get(why, 0) + 1

    def send(self, connection: Connection, began: float) -> None:
        try:
            connection.send(*next(self.turn), began)
        except OSError as error:
            self.fail(f"not sent: {error}")
            connection.open()

    def finish(self, connection: Connection) -> bool:
        """Take what a connection got; whether its request is done with, one way or the other."""
        try:
            body = connection.body()
        except OSError as error:
            self.fail(f"lost: {error}")
            connection.open()
            return True
        if body is None:
            return False
        self.latencies.append(time.perf_counter() - connection.began)
        which = connection.accepted.get(body) if connection.accepted else 0 if body else None
        if which is None:
            self.fail("wrong answer" if body else "status not 200")
        else:
            self.answers[which] += 1
        return True

    def closed(self, seconds: float) -> None:
        """Every connection asks again as soon as it is answered."""
        poll = select.epoll()
        known = {connection.fileno(): connection for connection in self.connections}
        for number, connection in known.items():
            poll.register(number, select.EPOLLIN)
            self.send(connection, time.perf_counter())
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for number, _ in poll.poll(end - time.perf_counter()):
                connection = known[number]
                if not self.finish(connection):
                    continue
                if connection.fileno() != number:  # opened anew
                    known[connection.fileno()] = connection
                    poll.register(connection.fileno(), select.EPOLLIN)
                self.send(connection, time.perf_counter())

    @staticmethod
    def still_open(idle: list) -> "Connection | None":
        """The connection used last that the server has not closed while it was idle, as every HTTP client looks."""
        while idle:
            connection = idle.pop()
            if not select.select([connection], [], [], 0)[0]:
                return connection
            connection.socket.close()
        return None

    def paced(self, seconds: float, rate: float) -> None:
        """A request every 1/rate s, whatever became of the others; a latency counts from when it was due."""
        start = time.perf_counter()
        idle, busy, n = list(self.connections), set(), 0
        while True:
            now = time.perf_counter() - start
            while n / rate <= now and n / rate < seconds and (idle or len(busy) < 1000):
                connection = self.still_open(idle) or Connection(self.plan["port"])
                self.send(connection, start + n / rate)
                busy.add(connection)
                n += 1
            if n / rate >= seconds and (not busy or now > seconds + 10):
                break
            wait = max(0.0, n / rate - now) if n / rate < seconds else 0.1
            for connection in select.select(busy, [], [], wait)[0]:
                if self.finish(connection):
                    busy.discard(connection)
                    idle.append(connection)
        for _ in busy:
            self.fail("never answered")

    def run(self) -> dict:
        began, cpu = time.perf_counter(), time.process_time()
        if self.plan.get("rate"):
            self.paced(self.plan["seconds"], self.plan["rate"])
        else:
            self.closed(self.plan["seconds"])
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        ordered = sorted(self.latencies)
        quantiles = {
            q: ordered[min(len(ordered) - 1, int(q / 100 * len(ordered)))] * 1000 for q in (50, 95, 99) if ordered
        }
        return {
            "requests": len(ordered),
            "failures": self.counts,
            "answers": self.answers,
            "seconds": seconds,
            "client_cpu": cpu / seconds,
            "ms": quantiles,
        }


if __name__ == "__main__":
    print(json.dumps(Load(json.load(sys.stdin)).run()))
