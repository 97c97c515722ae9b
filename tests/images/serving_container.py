"""The serving image as a cluster runs it: half a core, 512 MB, nothing writable."""

import contextlib
import json
import socket
import time
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

from docker_engine import Docker

LIMITS = ["--cpus", "0.5", "-m", "512m", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]


def readable(folder: Path) -> Path:
    """The folder, with everything in it readable for the image's user."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


class Container:
    """The server in a container, on a port of this machine."""

    def __init__(self, docker: Docker, image: str, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        mount = ["-v", f"{folder}:/mnt/models:ro", "--network=host"]
        flags = ["--model_name=line", f"--http_port={self.port}", "--host=127.0.0.1"]  # as KServe names them
        self.docker = docker
        self.name = docker("run", "--detach", *LIMITS, *mount, "-e", f"RAREFAULT_HTTP_PORT={self.port}", image, *flags)

    def ask(self, path, body=None, kind="application/json"):
        """(status, JSON) of a GET, or a POST of bytes or plain values."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as problem:
            return problem.code, json.loads(problem.read())

    def wait(self):
        """Wait until it is ready; seconds since the process started."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.ask("/v2/health/ready")[0] == 200:
                    return time.time() - self.started()
            time.sleep(0.01)
        raise AssertionError(self.docker("logs", self.name))

    def started(self):
        """When the process in it started, in seconds since 1970."""
        return datetime.fromisoformat(self.docker("inspect", "-f", "{{.State.StartedAt}}", self.name)).timestamp()

    def sh(self, script):
        """What a shell in the container prints, run as the server's user."""
        return self.docker.try_to("exec", self.name, "sh", "-c", script)
