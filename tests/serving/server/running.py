import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]


class Running:
    """A server process of its own."""

    def __init__(self, folder, *flags, wait=True):
        self.started = time.monotonic()
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "serving.server", f"--model_dir={folder}", "--host=127.0.0.1"]
        self.process = subprocess.Popen(
            [*command, "--http_port=0", *flags],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.log = b""
        if wait:
            self._find_port()

    def _find_port(self):
        while not (found := re.search(rb"listening on http://127.0.0.1:(\d+)", self.log)):
            line = self.process.stderr.readline()
            assert line, self.log.decode()
            self.log += line
        self.port = int(found[1])
        os.set_blocking(self.process.stderr.fileno(), False)
        while True:  # the socket is bound before it listens
            try:
                self.connect().close()
                return
            except ConnectionRefusedError:
                assert self.process.poll() is None
                time.sleep(0.01)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def connect(self, timeout=20):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def errors(self):
        """What it has logged since it is up."""
        self.log += self.process.stderr.read() or b""
        return self.log.decode()

    def resident(self):
        """Resident memory, in MiB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.process.stdout.close()
