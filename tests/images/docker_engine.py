"""A Docker to test images with, also where none runs and no image registry can be reached.

python docker_engine.py exits with 0 where one runs or can be started, else it says in one line what is missing.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PUBLIC_BASE = "python:3.11-slim-bookworm"
_PACKAGES = "ca-certificates,python3.11,python3.11-venv,python3-pip"


class Docker:
    """The docker command against one engine."""

    def __init__(self, host: str = "") -> None:
        self.environment = {**os.environ, "DOCKER_BUILDKIT": "0", **({"DOCKER_HOST": host} if host else {})}
        self.command = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else "docker"

    def try_to(self, *words: str, **options) -> subprocess.CompletedProcess[str]:
        """Run docker with these words, whatever comes of it."""
        return subprocess.run([self.command, *words], env=self.environment, capture_output=True, text=True, **options)

    def __call__(self, *words: str) -> str:
        """Run docker with these words; what it printed. Fails the test if docker fails."""
        done = self.try_to(*words)
        if done.returncode:
            pytest.fail(f"docker {' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout.strip()


@contextlib.contextmanager
def engine() -> Iterator[Docker]:
    """The Docker that runs here, else one that is started and ended again."""
    if shutil.which("docker") is None:
        pytest.fail("docker is not installed; on Debian: apt-get install --no-install-recommends docker.io debootstrap")
    if (docker := Docker()).try_to("version").returncode == 0:
        yield docker
        return
    daemon = shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if daemon is None or os.geteuid() != 0:
        pytest.fail("no Docker runs here, and starting one takes root and dockerd (Debian: docker.io)")
    with (
        tempfile.TemporaryDirectory(prefix="rarefault-docker-", ignore_cleanup_errors=True) as place,
        _daemon(daemon, Path(place)) as own,
    ):
        yield own


@contextlib.contextmanager
def _daemon(program: str, place: Path) -> Iterator[Docker]:
    """A Docker without networks of its own: containers use this machine's."""
    socket = f"unix://{place}/docker.sock"
    folders = [f"--data-root={place}/data", f"--exec-root={place}/exec", f"--pidfile={place}/pid", "-H", socket]
    search = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    with (place / "log").open("wb") as log:
        command = [program, *folders, "--iptables=false", "--ip6tables=false", "--bridge=none"]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=search, start_new_session=True)
    try:
        docker, deadline = Docker(socket), time.monotonic() + 60
        while docker.try_to("version").returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"dockerd cannot run here: {(place / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        yield docker
    finally:
        process.terminate()
        process.wait(60)
        subprocess.run(["umount", f"{place}/exec/netns/default"], check=False, capture_output=True)  # it stays mounted


def python_base(docker: Docker, archive: Path) -> str:
    """The public Python image; where no registry can be reached, a Debian with Python made with debootstrap.

    The latter takes a minute and is kept in `archive`.
    """
    with contextlib.suppress(subprocess.TimeoutExpired):
        if docker.try_to("pull", "--quiet", PUBLIC_BASE, timeout=120).returncode == 0:
            return PUBLIC_BASE
    if not archive.exists():
        _bootstrap(archive)
    name = "localhost/python:3.11"
    docker("import", str(archive), name)
    return name


def _bootstrap(archive: Path) -> None:
    program = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or os.geteuid() != 0:
        pytest.fail(f"{PUBLIC_BASE} cannot be pulled, and making a base image takes root and debootstrap")
    archive.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rarefault-base-") as place:
        root, scratch = Path(place) / "root", archive.with_suffix(".new")
        subprocess.run(
            [program, "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(root)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run(["tar", "-C", str(root), "-czf", str(scratch), "."], check=True)
        scratch.rename(archive)


if __name__ == "__main__":
    try:
        with engine():
            pass
    except pytest.fail.Exception as missing:
        sys.exit(str(missing))
