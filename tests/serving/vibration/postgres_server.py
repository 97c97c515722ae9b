"""A PostgreSQL server of a test's own, which can be stopped and started."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


def program(name):
    """The program of PostgreSQL; skips the test, or fails it in CI, where there is none."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, places), os.environ.get("PATH", "")]))
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"{name} is missing: apt-get install postgresql"
        )
    return found


class Postgres:
    """port, password and address of the server."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        # the server refuses to run as root
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        self.password = secrets.token_hex(8)
        (folder / "password").write_text(self.password)
        (folder / "password").chmod(0o644)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        begin = [program("initdb"), "-D", str(folder / "db"), "-U", "rarefault", "-A", "scram-sha-256", "-N"]
        subprocess.run(
            [*begin, f"--pwfile={folder / 'password'}"], check=True, capture_output=True, user=self.user, cwd="/"
        )
        self.start()

    @property
    def address(self):
        return f"postgresql://rarefault:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self):
        command = [program("postgres"), "-D", str(self.folder / "db"), "-p", str(self.port), "-h", "127.0.0.1"]
        self.process = subprocess.Popen(
            [*command, "-k", str(self.folder), "-F"],
            user=self.user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        asked = [program("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-q"]
        deadline = time.monotonic() + 30
        while subprocess.run(asked).returncode:
            assert time.monotonic() < deadline and self.process.poll() is None
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(2)  # fast: connections are cut
        self.process.wait(30)


@contextlib.contextmanager
def running():
    """A server in a folder that its own user can read."""
    folder = Path(tempfile.mkdtemp(prefix="rarefault-pg-"))
    folder.chmod(0o755)
    try:
        server = Postgres(folder)
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
