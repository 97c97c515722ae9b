"""HTTP over a bare socket: whole answers in, and load from threads that count what they get."""

import json
import socket
import threading


def post(path, body, media="application/json", extra=""):
    """The bytes of a POST."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {media}\r\n{extra}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def get(path):
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()


class CutError(Exception):
    """The connection ended before a whole answer."""


class Wire:
    """A connection that reads one answer after another."""

    def __init__(self, sock):
        self.sock, self.rest = sock, b""

    def ask(self, request):
        self.sock.sendall(request)
        return self.answer()

    def answer(self):
        """(status, headers, content)"""
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers.get("content-length", 0))
        while len(self.rest) < length:
            self._more()
        content, self.rest = self.rest[:length], self.rest[length:]
        return int(first.split()[1]), headers, content

    def _more(self):
        try:
            more = self.sock.recv(1 << 16)
        except ConnectionResetError:
            more = b""
        if not more:
            raise CutError(self.rest)
        self.rest += more

    def closed(self):
        """Whether the other side has closed; waits for it."""
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True


class Load(threading.Thread):
    """Sends the request again and again, each time over a new connection if not keep, until stopped or cut off."""

    def __init__(self, server, request, keep=True):
        super().__init__(daemon=True)
        self.server, self.request, self.keep = server, request, keep
        self.answers, self.problem, self.stopping = [], None, threading.Event()

    def run(self):
        wire = None
        while not self.stopping.is_set():
            try:
                if wire is None or not self.keep:
                    wire = Wire(self.server.connect())
                status, headers, content = wire.ask(self.request)
            except ConnectionRefusedError:
                return
            except (CutError, OSError) as problem:
                self.problem = problem
                return
            self.answers.append((status, content))
            if headers.get("connection") == "close" or not self.keep:
                wire.sock.close()
                wire = None

    def stop(self):
        self.stopping.set()
        self.join(20)


def load(server, request, n=8, keep=True):
    """n threads of load, started."""
    threads = [Load(server, request, keep) for _ in range(n)]
    for thread in threads:
        thread.start()
    return threads


def connect(server, timeout=20):
    return Wire(socket.create_connection(("127.0.0.1", server.port), timeout))
