"""Folders to and from a real S3 server."""

import hashlib
import os
import socket
import subprocess
import threading
from io import BytesIO
from pathlib import Path

import pytest
from object_store import BUCKET, Weed, Wire, environment, free_ports

from rarefault.errors import InputError
from rarefault.storage import DamagedError, Server, StorageError, fetch, upload_folder


@pytest.fixture
def server(weed):
    return Server(environment(weed.url))


@pytest.fixture
def uri(request):
    """A folder of the test's own in the bucket."""
    return f"s3://{BUCKET}/" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]


def make_folder(path, n=4, size=1000):
    (path / "deep").mkdir(parents=True)
    for i in range(n):
        place = path / "deep" if i % 2 else path
        (place / f"file {i}.bin").write_bytes(os.urandom(size))
    return path


def content(folder):
    files = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def key_of(uri, name):
    return f"{uri.removeprefix(f's3://{BUCKET}/')}/{name}"


def put(weed, uri, name, data=b"x"):
    weed.client.put_object(BUCKET, key_of(uri, name), BytesIO(data), len(data))


def one_line(told):
    assert "\n" not in str(told.value)
    return str(told.value)


def test_what_comes_back_is_what_went_there(weed, server, uri, tmp_path):
    folder = make_folder(tmp_path / "from")
    done = upload_folder(folder, uri, server)
    assert (done.uri, done.sent, done.kept) == (uri, 4, 0)
    back = fetch(uri, tmp_path / "to", server)
    found = content(back)
    sums = found.pop("SHA256SUMS")
    assert found == content(folder)
    (back / "SHA256SUMS").write_bytes(sums)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=back, check=True, capture_output=True)


def test_the_folders_own_sums_go_last(weed, server, uri, tmp_path):
    folder = make_folder(tmp_path / "from")
    digest = hashlib.sha256((folder / "file 0.bin").read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest}  file 0.bin\n")
    upload_folder(folder, uri, server)
    found = weed.client.list_objects(BUCKET, key_of(uri, ""), recursive=True)
    times = {item.object_name.rpartition("/")[2]: item.last_modified for item in found}
    assert max(times.values()) == times["SHA256SUMS"]
    answer = weed.client.get_object(BUCKET, key_of(uri, "SHA256SUMS"))
    assert answer.read() == (folder / "SHA256SUMS").read_bytes()


def test_a_second_upload_sends_nothing(weed, server, uri, tmp_path):
    folder = make_folder(tmp_path / "from")
    upload_folder(folder, uri, server)
    before = {o.object_name: o.last_modified for o in weed.client.list_objects(BUCKET, recursive=True)}
    assert upload_folder(folder, uri, server).sent == 0
    assert {o.object_name: o.last_modified for o in weed.client.list_objects(BUCKET, recursive=True)} == before


def test_what_is_there_is_never_overwritten(weed, server, uri, tmp_path):
    first, second = make_folder(tmp_path / "first"), make_folder(tmp_path / "second")
    upload_folder(first, uri, server)
    with pytest.raises(InputError, match=r"is at s3://.* already and stays; accepted: an address where nothing is"):
        upload_folder(second, uri, server)
    assert content(fetch(uri, tmp_path / "to", server)).items() >= content(first).items()


def test_one_file_can_be_fetched(weed, server, uri, tmp_path):
    put(weed, uri, "parts.csv", b"a,b\n1,2\n")
    path = fetch(f"{uri}/parts.csv", tmp_path / "to", server)
    assert path == tmp_path / "to" / "parts.csv"
    assert path.read_bytes() == b"a,b\n1,2\n"


def test_a_folder_without_sums_can_be_fetched(weed, server, uri, tmp_path):
    put(weed, uri, "2026/a.csv")
    assert content(fetch(uri, tmp_path / "to", server)) == {"2026/a.csv": b"x"}


@pytest.mark.parametrize("harm", ["missing", "changed", "more"])
def test_a_damaged_folder_is_not_taken(weed, server, uri, tmp_path, harm):
    upload_folder(make_folder(tmp_path / "from"), uri, server)
    if harm == "missing":
        weed.client.remove_object(BUCKET, key_of(uri, "file 0.bin"))
    else:
        put(weed, uri, "file 0.bin" if harm == "changed" else "more.bin")
    with pytest.raises(DamagedError, match=f"{uri}: .*not the one that its SHA256SUMS describes"):
        fetch(uri, tmp_path / "to", server)
    assert not list(tmp_path.glob("to*")) + list(tmp_path.glob(".fetch*"))


def test_names_that_lead_elsewhere_are_refused(server, uri, tmp_path, monkeypatch):
    class Evil:
        object_name = key_of(uri, "../../outside")

    monkeypatch.setattr(server.client, "list_objects", lambda *_, **__: iter([Evil]))
    with pytest.raises(InputError, match="is no plain path; it was not fetched"):
        fetch(uri, tmp_path / "to", server)
    assert not (tmp_path / "to").exists()


def test_nothing_of_the_users_is_replaced(weed, server, uri, tmp_path):
    put(weed, uri, "a")
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InputError, match="has files in it; accepted: a new folder"):
        fetch(uri, tmp_path, server)
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("kind", ["empty", "link", "file", "none"])
def test_what_is_no_folder_of_files_is_refused(server, uri, tmp_path, kind):
    place = tmp_path / "from"
    if kind in ("empty", "link"):
        place.mkdir()
    if kind == "link":
        (place / "out").symlink_to("/etc/hostname")
    if kind == "file":
        place.write_text("x")
    with pytest.raises(InputError):
        upload_folder(place, uri, server)
    with pytest.raises(InputError, match="names a bucket; accepted: a folder in it"):
        upload_folder(make_folder(tmp_path / "good"), f"s3://{BUCKET}", server)


@pytest.mark.parametrize("keys", [("test-key", "wrong"), ("nobody", "test-secret")])
def test_wrong_keys_are_one_line(weed, uri, tmp_path, keys):
    folder, wrong = make_folder(tmp_path / "from"), Server(environment(weed.url, *keys))
    for call in (lambda: upload_folder(folder, uri, wrong), lambda: fetch(uri, tmp_path / "to", wrong)):
        with pytest.raises(StorageError) as told:
            call()
        assert f"{weed.url} does not know these keys" in one_line(told)
        assert keys[1] not in str(told.value)


def test_a_missing_bucket_is_one_line_and_is_not_made(weed, server, tmp_path):
    folder = make_folder(tmp_path / "from")
    for call in (lambda: upload_folder(folder, "s3://absent/m", server), lambda: fetch("s3://absent/m", "x", server)):
        with pytest.raises(StorageError) as told:
            call()
        assert one_line(told).endswith("has no bucket 'absent'; accepted: one that is there")
    assert "absent" not in [bucket.name for bucket in weed.client.list_buckets()]


def test_nothing_at_an_address_is_one_line(server, uri, tmp_path):
    with pytest.raises(InputError) as told:
        fetch(uri, tmp_path / "to", server)
    assert "there is nothing at s3://" in one_line(told)


def test_an_unreachable_server_is_one_line(tmp_path, uri):
    away = Server(environment(f"http://127.0.0.1:{free_ports(1)[0]}"))
    for call in (
        lambda: upload_folder(make_folder(tmp_path / "from"), uri, away),
        lambda: fetch(uri, tmp_path / "t", away),
    ):
        with pytest.raises(StorageError) as told:
            call()
        assert "cannot be reached: " in one_line(told)
        assert "accepted: the address of a running S3 server in MLFLOW_S3_ENDPOINT_URL" in str(told.value)


def test_a_server_that_speaks_something_else_is_one_line(tmp_path, uri):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk():
            for _ in range(8):
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 418 Teapot\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n<p>hi")

        threading.Thread(target=talk, daemon=True).start()
        odd = Server(environment(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        with pytest.raises(StorageError) as told:
            upload_folder(make_folder(tmp_path / "from"), uri, odd)
        one_line(told)


@pytest.mark.parametrize("after", [150_000, 1_100_000])
def test_a_connection_that_breaks_in_the_middle_leaves_nothing_that_counts(weed, server, uri, tmp_path, after):
    folder = make_folder(tmp_path / "from", n=8, size=300_000)
    wire = Wire(weed.url, after, lambda: None)
    with pytest.raises(StorageError, match="it counts as absent without the last; the same call goes on from here"):
        upload_folder(folder, uri, Server(environment(wire.url)))
    wire.close()
    there = weed.names(key_of(uri, ""))
    assert key_of(uri, "SHA256SUMS") not in there
    assert len(there) == (0 if after < 300_000 else 3)
    done = upload_folder(folder, uri, server)
    assert (done.sent, done.kept) == (8 - len(there), len(there))
    assert content(fetch(uri, tmp_path / "to", server)).items() >= content(folder).items()


@pytest.mark.slow
@pytest.mark.parametrize("after", [150_000, 1_100_000])
def test_a_server_that_is_killed_in_the_middle_leaves_nothing_that_counts(tmp_path, after):
    """150 kB: within a file's body; 1.1 MB: several files later."""
    weed = Weed(tmp_path / "weed")
    try:
        folder, uri = make_folder(tmp_path / "from", n=8, size=300_000), f"s3://{BUCKET}/models/press/4"
        wire = Wire(weed.url, after, weed.kill)
        with pytest.raises(StorageError) as told:
            upload_folder(folder, uri, Server(environment(wire.url)))
        wire.close()
        assert "it counts as absent without the last; the same call goes on from here" in one_line(told)
        weed.start()
        assert f"{uri}/SHA256SUMS".removeprefix(f"s3://{BUCKET}/") not in weed.names()
        there = len(weed.names("models/"))
        server = Server(environment(weed.url))
        done = upload_folder(folder, uri, server)
        assert (done.sent, done.kept) == (8 - there, there)
        assert there == (0 if after < 300_000 else 3)
        assert content(fetch(uri, tmp_path / "to", server)).items() >= content(folder).items()
    finally:
        weed.kill()
