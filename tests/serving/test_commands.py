"""rarefault serve and rarefault manifest, as a person uses them."""

import contextlib
import json
import os
import queue
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner
from registered_models import NAME, open_workshop

from rarefault.errors import InputError
from serving.commands.finding import last_model
from serving.commands.manifest import manifest
from serving.commands.serve import folder_of, serve
from serving.model_folder import ModelFolder

TOLD = 60.0


class Foreground:
    """`rarefault serve` in a process, and what it says."""

    def __init__(self, *words):
        code = "import sys; from serving.commands.serve import serve; sys.exit(serve(standalone_mode=False))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said, self._lines = [], queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.url = re.search(r"http://\S+", self.wait_for(" at http://"))[0]

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)

    def wait_for(self, text):
        """The first line from now on that has a text in it."""
        deadline = time.monotonic() + TOLD
        while time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                self.said.append(self._lines.get(timeout=0.1))
                if text in self.said[-1]:
                    return self.said[-1]
            if self.process.poll() is not None and self._lines.empty():
                break
        raise AssertionError(f"{text!r} was not said, but:\n{''.join(self.said)}")

    def ask(self, path, body=None):
        """The answer to a GET, or to a POST of plain values."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"} if data else {})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def end(self, number=signal.SIGTERM):
        """Ask it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def foreground():
    """Start what a test serves; ended after it."""
    started = []

    def start(*words):
        started.append(Foreground(*words, "--port", "0", "--watch", "0.2"))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A registry of its own for this module."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(workshop):
    """Two deployed versions, the first of them champion."""
    first, second = workshop.register("one", champion=True), workshop.register("two")
    workshop.deploy(first)
    workshop.deploy(second)
    workshop.deployed_folder = workshop.folder / "exported-one"
    return workshop


def test_the_champion_of_the_last_run_is_served_until_another_is_promoted(served, foreground):
    one = foreground()
    assert f"{NAME} version 1 (champion)" in one.said[-1]
    row = list(ModelFolder.read(served.deployed_folder).example_rows[0])
    asked = one.ask(f"/v1/models/{NAME}:predict", {"instances": [row]})
    assert asked["model_version"] == "1"
    assert asked["predictions"][0]["label"] in ("good", "broken")

    failed, stop = [], threading.Event()

    def keep_asking():
        while not stop.is_set():
            try:
                one.ask(f"/v1/models/{NAME}:predict", {"instances": [row]})
            except OSError as problem:
                failed.append(problem)

    client = threading.Thread(target=keep_asking)
    client.start()
    try:
        served.store.promote(NAME, "2")
        one.wait_for("version 2 is champion now")
        deadline = time.monotonic() + TOLD
        while one.ask(f"/v1/models/{NAME}:predict", {"instances": [row]})["model_version"] != "2":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        served.store.rollback(NAME)
        one.wait_for("version 1 is champion now")
    finally:
        stop.set()
        client.join()
    assert not failed
    assert one.end() == 0


def test_the_request_that_is_shown_works(served, foreground):
    one = foreground(f"{NAME}@2")
    shown = shlex.split(one.wait_for("curl -s").strip())
    assert shown[:2] == ["curl", "-s"]
    assert shown[3:6:2] == ["-H", "-d"]
    body = json.loads(shown[6])
    assert one.ask(shown[2].removeprefix(one.url), body)["model_version"] == "2"
    one.wait_for("Ctrl-C stops it")


def test_a_champion_that_is_not_exported_yet_is_waited_for(served, foreground):
    one = foreground(NAME)
    late = served.register("late", champion=True)
    time.sleep(1.0)
    assert one.process.poll() is None
    served.deploy(late)
    one.wait_for("version 3 is champion now")
    served.store.rollback(NAME)


def test_a_folder_can_be_served(served, foreground):
    one = foreground(str(served.deployed_folder))
    assert one.ask("/v1/models") == {"models": [NAME]}
    assert one.end(signal.SIGINT) == 0


def test_no_server_is_left_behind_when_the_command_is_killed(served, foreground):
    one = foreground(str(served.deployed_folder))
    os.kill(one.process.pid, signal.SIGKILL)
    one.process.wait(10)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            one.ask("/v2/health/live")
        except OSError:
            return
        time.sleep(0.1)
    raise AssertionError(f"{one.url} still answers")


def refusal(command, *words):
    """The one line with which a command refuses."""
    result = CliRunner().invoke(command, words)
    assert isinstance(result.exception, InputError), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_a_port_in_use_is_told_before_anything_is_loaded(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal(serve, str(tmp_path), "--port", str(port))
    assert said == f"port {port} of 127.0.0.1 is in use; accepted: another with --port, 0 for a free one"
    assert "no address of this machine" in refusal(serve, str(tmp_path), "--port", "0", "--host", "192.0.2.1")


def test_what_cannot_be_served_is_told(served, tmp_path):
    assert "registered models: gearbox" in refusal(serve, "nothing", "--port", "0")
    assert "its versions: " in refusal(serve, f"{NAME}@best", "--port", "0")
    assert "holds no exported model; accepted: a folder" in refusal(serve, str(tmp_path), "--port", "0")
    served.register("bare", name="bare-classifier")
    said = refusal(serve, "bare-classifier", "--port", "0")
    assert "has no champion; its newest version is 1 (It waits.); accepted: `rarefault serve bare-classifier@1`" in said
    assert refusal(serve, "--port", "0") == said  # it is the last run's model
    assert "registered without its serving folder" in refusal(serve, "bare-classifier@1", "--port", "0")


def test_an_empty_registry_says_what_fills_it():
    empty = SimpleNamespace(names=list, shown_address="sqlite:///empty.db")
    with pytest.raises(InputError, match=r"no classifier is registered at sqlite:///empty.db; `rarefault run"):
        last_model(empty)


def test_a_broken_copy_in_the_cache_is_fetched_again(served):
    from serving.commands.folders import fetched

    version = served.store.version(NAME, "1")
    folder = fetched(served.store, version)
    before = folder.stat().st_ino
    assert fetched(served.store, version).stat().st_ino == before
    (folder / "model.json").write_text("{")
    ModelFolder.read(fetched(served.store, version))


@pytest.mark.parametrize("place", [".", "deploy/model", "several/one"])
def test_folders_are_found(served, tmp_path, place):
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "model.json").write_text("{}")
    asked = tmp_path / "several" if place.startswith("several") else tmp_path
    assert folder_of(str(asked)) in (tmp_path, tmp_path / "deploy" / "model", tmp_path / "several")


def test_help_teaches():
    said = CliRunner().invoke(serve, ["--help"]).output
    assert "rarefault serve secom-classifier@challenger" in said
    assert "rarefault manifest | kubectl apply" in CliRunner().invoke(manifest, ["--help"]).output


def objects(*words):
    result = CliRunner().invoke(manifest, [NAME, *words], catch_exceptions=False)
    assert result.exit_code == 0
    return {part["kind"]: part for part in yaml.safe_load_all(result.output)}


def test_the_manifest_of_the_champion(served):
    made = objects("--storage-uri", "s3://models/{name}/{version}")
    assert made["InferenceService"]["spec"]["predictor"]["model"]["storageUri"] == f"s3://models/{NAME}/1"
    assert set(made) == {"ServingRuntime", "NetworkPolicy", "InferenceService", "PodMonitor"}


def test_the_manifest_with_a_canary(served):
    made = objects("--canary", "2", "--percent", "25", "--storage-uri", "s3://models/{version}")
    [canary] = made["InferenceService"]["spec"]["canary"]
    assert (canary["trafficPercent"], canary["predictor"]["model"]["storageUri"]) == (25, "s3://models/2")
    knative = objects("--canary", "2", "--set", "mode=Knative")["InferenceService"]["spec"]["predictor"]
    assert knative["canaryTrafficPercent"] == 10


def test_the_manifest_can_be_set_and_written(served, tmp_path):
    path = tmp_path / "to" / "objects.yaml"
    words = [
        "--set",
        "cpu=1",
        "--set",
        "namespace=line-1",
        "--set",
        "max_replicas=3",
        "--set",
        'allowed_namespaces=["a"]',
    ]
    result = CliRunner().invoke(manifest, [NAME, *words, "--out", str(path)], catch_exceptions=False)
    assert result.output.strip() == str(path)
    service = next(p for p in yaml.safe_load_all(path.read_text()) if p["kind"] == "InferenceService")
    assert service["metadata"]["namespace"] == "line-1"
    assert service["spec"]["predictor"]["maxReplicas"] == 3
    assert service["spec"]["predictor"]["model"]["resources"]["limits"]["cpu"] == "1"


def test_a_manifest_that_no_cluster_takes_is_refused(served):
    assert "one of the keys image, mode, " in refusal(manifest, NAME, "--set", "replicas=3")
    assert "accepted: JSON" in refusal(manifest, NAME, "--set", "max_replicas=many")
    assert "mode must be one of" in refusal(manifest, NAME, "--set", "mode=Fast")
    assert "storage_uri must begin with" in refusal(manifest, NAME, "--storage-uri", "/mnt/models")
    assert "must be another version" in refusal(manifest, NAME, "--canary", "1")
