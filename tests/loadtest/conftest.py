import http.client
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

STUB = Path(__file__).with_name("stub_server.py")


@contextmanager
def stub(*flags):
    """A stub server's URL; the flags are those of stub_server.py."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(STUB), str(port), *flags], stdin=subprocess.DEVNULL)
    try:
        end = time.perf_counter() + 30
        while not _answers(port):
            assert process.poll() is None, "the stub server ended"
            assert time.perf_counter() < end, "the stub server does not answer"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/v2/models/stub")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture(scope="session")
def quick_stub():
    with stub() as url:
        yield url


@pytest.fixture(scope="session")
def slow_stub():
    with stub("--delay", "0.4") as url:
        yield url


@pytest.fixture(scope="session")
def wrong_stub():
    with stub("--wrong-every", "5") as url:
        yield url
