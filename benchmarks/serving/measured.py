"""One server under load: started, asked, watched, ended."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pipeline.process_memory import family, memory
from benchmarks.serving.bodies import Request, check, plan
from benchmarks.serving.limit import Limit, limited

CORES, MEGABYTES = 0.5, 512
PATIENCE = 90.0  # seconds in which a server must be ready
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Burst:
    """What the client and the control group told of one stretch of load.

    cpu_us: the server's CPU time a request; answers: how many requests had each of their right answers.
    """

    rps: float
    cpu_us: float
    ms: dict[str, float]
    failures: dict[str, int]
    answers: list[int]
    requests: int
    client_cpu: float

    @property
    def rps_at_limit(self) -> float:
        """Requests/s that CORES allow, from the CPU time of a request: steadier than the rate on a busy machine."""
        return CORES * 1e6 / self.cpu_us


@dataclass
class Server:
    """A running server; ready: seconds from its start to the first 200; ready_cpu: CPU seconds it took."""

    port: int
    process: subprocess.Popen
    limit: Limit
    ready: float
    ready_cpu: float = 0.0

    def megabytes(self) -> float:
        """Resident memory of the server and whatever it started, MB."""
        return sum(memory(pid)[0] for pid in family(self.process.pid))

    def cpu_seconds(self) -> float:
        return self.limit.cpu_seconds(family(self.process.pid))

    def ask(self, request: Request) -> tuple[bytes, bytes]:
        """Head and body of the answer, over a connection of its own."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request.wire.replace(b"\r\n", b"\r\nconnection: close\r\n", 1))
            pieces = []
            while piece := connection.recv(1 << 16):
                pieces.append(piece)
        head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
        return head, body

    def checked_answers(self, requests: Sequence[Request]) -> list[list[bytes]]:
        """The right answer of each request, byte for byte; raises RuntimeError for a wrong one."""
        bodies = []
        for request in requests:
            head, body = self.ask(request)
            check(request, head, body)
            bodies.append([body])
        return bodies

    def burst(
        self,
        requests: Sequence[Request],
        seconds: float,
        connections: int,
        rate: float | None = None,
        answers: Sequence[Sequence[bytes]] | None = None,
    ) -> Burst:
        """Load it: as fast as it answers, or with `rate` requests/s; any wrong or missing answer is counted."""
        known = answers or self.checked_answers(requests)
        told = {
            "port": self.port,
            "seconds": seconds,
            "connections": connections,
            "rate": rate,
            "requests": plan(requests, known),
        }
        before = self.cpu_seconds()
        command = [sys.executable, "-m", "benchmarks.serving.programs.client"]
        done = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            raise RuntimeError(f"the client failed: {done.stderr[-1000:]}")
        used, found = self.cpu_seconds() - before, json.loads(done.stdout)
        n = max(1, found["requests"])
        return Burst(
            rps=n / found["seconds"],
            cpu_us=used / n * 1e6,
            ms=found["ms"],
            failures=found["failures"],
            answers=found["answers"],
            requests=found["requests"],
            client_cpu=found["client_cpu"],
        )


@contextmanager
def serving(
    command: Sequence[str], port: int, log: Path, cores: float = CORES, megabytes: int = MEGABYTES
) -> Iterator[Server]:
    """Start a server, wait until it says it is ready, and end it; raises RuntimeError with its last words."""
    with limited(cores, megabytes) as limit, log.open("w") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            limit.command(list(command)),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            seconds = time.perf_counter() - began
            yield Server(port, process, limit, seconds, limit.cpu_seconds(family(process.pid)))
        finally:
            _end(process)


def _wait(process: subprocess.Popen, port: int, log: Path) -> None:
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {log.read_text()[-1500:]}")
        if ready(port):
            return
        time.sleep(0.01)
    raise RuntimeError(f"the server was not ready within {PATIENCE:.0f} s: {log.read_text()[-1500:]}")


def ready(port: int) -> bool:
    """Whether GET /v2/health/ready is answered with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/v2/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in family(process.pid):
        if pid != process.pid:
            os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
