"""The server as a process of its own, in the foreground."""

import contextlib
import ctypes
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rarefault.errors import InputError
from rarefault.registry.address import home

_READY_SECONDS, _END_SECONDS = 60.0, 60.0


def free_port(host: str, port: int) -> int:
    """`port` if it can be listened on (0: any free one); raises InputError, one line, if not."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            return int(probe.getsockname()[1])
    except OSError as problem:
        if problem.errno in (errno.EADDRINUSE, errno.EACCES):
            why = "is in use" if problem.errno == errno.EADDRINUSE else "may not be used by this user"
            raise InputError(
                f"port {port} of {host} {why}; accepted: another with --port, 0 for a free one"
            ) from problem
        raise InputError(f"{host!r} is no address of this machine ({problem.strerror or problem})") from problem


@contextlib.contextmanager
def server(folder: Path, name: str, host: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start the server on a model folder (name: under which it is served; empty for its own) and end it afterwards."""
    command = [sys.executable, "-m", "serving.server", "--model_dir", str(folder), "--host", host]
    command += ["--http_port", str(port), "--drain_seconds", "0", *(("--model_name", name) if name else ())]
    # a session of its own: Ctrl-C reaches this process alone, which then tells the server once
    process = subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=_end_with_parent,
        env={"RAREFAULT_LOG_LEVEL": "warning", "RAREFAULT_STATE": f"sqlite://{home() / 'machines.db'}", **os.environ},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent is gone, even if that was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@contextlib.contextmanager
def until_asked() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets, from the first moment of the block to its last."""
    stop = threading.Event()
    before = {name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        stop.set()
        for name, handler in before.items():
            signal.signal(name, handler)


def is_ready(process: subprocess.Popen[bytes], host: str, port: int, stop: threading.Event) -> bool:
    """Wait until the server answers that it is ready; False if it ended, took too long or `stop` was set."""
    deadline = time.monotonic() + _READY_SECONDS
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while process.poll() is None and time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(http.client.HTTPConnection(reached, port, timeout=5)) as connection,
        ):
            connection.request("GET", "/v2/health/ready")
            if connection.getresponse().status == 200:
                return True
        if stop.wait(0.05):
            return False
    return False


def wait(process: subprocess.Popen[bytes], stop: threading.Event, look: Callable[[], None] | None, every: float) -> int:
    """Wait for the server's end or for `stop`; meanwhile call `look` every so many seconds.

    Returns 0 when asked to stop, else the server's own exit code.
    """
    if look is not None:  # beside the main thread, because an unreachable registry answers late
        threading.Thread(target=_repeat, args=(look, every, stop), daemon=True).start()
    while process.poll() is None and not stop.wait(0.2):
        pass
    return 0 if stop.is_set() else abs(process.returncode)


def _repeat(look: Callable[[], None], every: float, stop: threading.Event) -> None:
    while not stop.wait(every):
        look()
