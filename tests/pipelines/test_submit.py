"""submit, schedule, unschedule and runs against a server that speaks Kubeflow Pipelines' REST API."""

import json
import socket

import pytest
from click.testing import CliRunner
from kubeflow_server import running

from pipelines.cluster import package
from pipelines.cluster.commands import runs, schedule, submit, unschedule
from pipelines.cluster.connection import Endpoint
from rarefault.errors import InputError

TOKENS = ("RAREFAULT_KUBEFLOW", "KF_PIPELINES_ENDPOINT", "KUBERNETES_SERVICE_HOST")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in TOKENS:
        for ending in ("", "_TOKEN", "_TOKEN_FILE", "_COOKIE", "_NAMESPACE", "_CA"):
            monkeypatch.delenv(name + ending, raising=False)


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    """Compiling takes a second; these tests compile the same pipelines again and again."""
    kept, folder, compile_it = {}, tmp_path_factory.mktemp("packages"), package.write_package

    def write(name, path, version=package.NEWEST):
        if (name, version) not in kept:
            kept[name, version] = compile_it(name, folder / f"{name}-{version}.yaml", version).read_text()
        path.write_text(kept[name, version])
        return path

    patch = pytest.MonkeyPatch()
    patch.setattr(package, "write_package", write)
    patch.setattr("pipelines.cluster.service.write_package", write)
    yield
    patch.undo()


@pytest.fixture
def kubeflow():
    with running() as (address, state):
        state.address = address
        yield state


def ask(state, command, *words, timeout=20):
    return CliRunner().invoke(command, [*words, "--endpoint", state.address, "--timeout", str(timeout)])


def refused(state, command, *words, timeout=20):
    done = ask(state, command, *words, timeout=timeout)
    assert isinstance(done.exception, InputError), done.output
    assert "\n" not in str(done.exception)
    return str(done.exception)


def only(values):
    (one,) = values.values()
    return one


def test_a_run_is_submitted_with_its_parameters(kubeflow):
    done = ask(
        kubeflow, submit, "fault-detection", "--data", "/data/parts.csv", "--label", "result", "--set", "folds=3"
    )
    assert done.exit_code == 0, done.output
    run = only(kubeflow.runs)
    assert run["runtime_config"]["parameters"] == {"data": "/data/parts.csv", "label": "result", "folds": 3}
    assert run["run_id"] in done.output
    assert only(kubeflow.experiments)["display_name"] == "rarefault"
    reference = run["pipeline_version_reference"]
    assert kubeflow.pipelines[reference["pipeline_id"]]["display_name"] == "fault-detection"
    assert reference["pipeline_version_id"] in kubeflow.versions


def test_an_unchanged_pipeline_is_uploaded_once(kubeflow):
    for _ in range(2):
        assert ask(kubeflow, submit, "train-generator").exit_code == 0
    assert len(kubeflow.runs) == 2
    assert len(kubeflow.pipelines) == len(kubeflow.experiments) == 1
    assert len([e for e in kubeflow.seen if e[:2] == ("POST", "/apis/v2beta1/pipelines/upload_version")]) == 1


def test_an_older_server_gets_no_limits_that_it_refuses(kubeflow):
    kubeflow.version = "2.16.0"
    assert ask(kubeflow, submit, "train-generator").exit_code == 0
    documents = next(e[2] for e in kubeflow.seen if e[0] == "spec")
    assert "pipelineConfig" not in documents[1]["platforms"]["kubernetes"]
    assert documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def test_what_another_has_uploaded_meanwhile_is_taken(kubeflow):
    kubeflow.fail_on = {"POST /pipelines/upload": 409, "POST /pipelines/upload_version": 409}
    said = refused(kubeflow, submit, "train-generator")
    assert "does not show" in said  # this server said so without having it; the next line would run it otherwise
    kubeflow.fail_on = {}
    assert ask(kubeflow, submit, "train-generator").exit_code == 0


def test_scheduling_twice_leaves_one_schedule(kubeflow):
    first = ask(kubeflow, schedule, "retrain", "--cron", "0 3 * * *", "--data", "secom")
    assert first.output.startswith("scheduled")
    made = only(kubeflow.recurringruns)
    assert made["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"
    assert (made["no_catchup"], int(made["max_concurrency"]), made["status"]) == (True, 1, "ENABLED")
    again = ask(kubeflow, schedule, "retrain", "--cron", "0 3 * * *", "--data", "secom")
    assert again.output.startswith("unchanged")
    assert only(kubeflow.recurringruns) == made


@pytest.mark.parametrize(
    "words", [["--cron", "30 4 * * mon-fri", "--data", "secom"], ["--cron", "0 3 * * *", "--data", "ai4i2020"]]
)
def test_scheduling_again_updates(kubeflow, words):
    ask(kubeflow, schedule, "retrain", "--cron", "0 3 * * *", "--data", "secom")
    old = only(kubeflow.recurringruns)["recurring_run_id"]
    assert ask(kubeflow, schedule, "retrain", *words).output.startswith("updated")
    now = only(kubeflow.recurringruns)
    assert now["recurring_run_id"] != old
    assert now["runtime_config"]["parameters"] == {"data": words[3]}
    assert now["status"] == "ENABLED"


def test_a_schedule_that_was_stopped_or_doubled_is_put_right(kubeflow):
    ask(kubeflow, schedule, "retrain", "--cron", "0 3 * * *")
    made = only(kubeflow.recurringruns)
    for name in ("a", "b", "c"):  # more than a page
        kubeflow.recurringruns[name] = {**made, "recurring_run_id": name}
    assert ask(kubeflow, schedule, "retrain", "--cron", "0 3 * * *").output.startswith("updated")
    only(kubeflow.recurringruns)["status"] = "DISABLED"
    assert ask(kubeflow, schedule, "retrain", "--cron", "0 3 * * *").output.startswith("updated")
    assert only(kubeflow.recurringruns)["status"] == "ENABLED"


@pytest.mark.parametrize("failing", ["DELETE /recurringruns/.*", "POST /recurringruns/.*:enable"])
def test_an_update_that_is_cut_off_never_leaves_two_at_work_and_can_be_repeated(kubeflow, failing):
    ask(kubeflow, schedule, "retrain", "--cron", "0 3 * * *")
    kubeflow.fail_on = {failing: 500}
    refused(kubeflow, schedule, "retrain", "--cron", "0 4 * * *")
    assert len([one for one in kubeflow.recurringruns.values() if one["status"] == "ENABLED"]) <= 1
    kubeflow.fail_on = {}
    assert ask(kubeflow, schedule, "retrain", "--cron", "0 4 * * *").exit_code == 0
    assert only(kubeflow.recurringruns)["trigger"]["cron_schedule"]["cron"] == "0 0 4 * * *"
    assert only(kubeflow.recurringruns)["status"] == "ENABLED"


def test_unscheduling_ends_it_and_says_so_only_once(kubeflow):
    ask(kubeflow, schedule, "retrain", "--cron", "0 3 * * *")
    ask(kubeflow, schedule, "train-generator", "--cron", "0 3 * * *")
    assert "no longer" in ask(kubeflow, unschedule, "retrain").output
    assert only(kubeflow.recurringruns)["display_name"] == "train-generator"
    assert "was not scheduled" in ask(kubeflow, unschedule, "retrain").output


def test_runs_are_listed_with_how_they_ended(kubeflow):
    assert ask(kubeflow, runs).output == "no runs in experiment rarefault\n"
    ask(kubeflow, submit, "train-generator")
    only(kubeflow.runs).update(state="FAILED", error={"code": 13, "message": "step ingest\nfailed"})
    line = ask(kubeflow, runs).output
    assert line.count("\n") == 1
    for part in ("2026-11-23 03:00", "12.0 min", "failed", "train-generator", "step ingest failed"):
        assert part in line


@pytest.mark.parametrize("command", [submit, schedule, unschedule])
def test_no_server(command):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    words = ["--cron", "0 3 * * *"] if command is schedule else []
    done = CliRunner().invoke(command, ["train-generator", *words, "--endpoint", address])
    assert str(done.exception).startswith(f"no Kubeflow answers at {address}; name it with --endpoint")


def test_a_server_that_is_slow(kubeflow):
    kubeflow.trouble = "hang"
    assert "gave no answer within 1 s" in refused(kubeflow, submit, "train-generator", timeout=1)


@pytest.mark.parametrize("trouble", ["half", "empty"])
def test_a_connection_that_breaks_off(kubeflow, trouble):
    kubeflow.trouble = trouble
    assert "broke the connection off" in refused(kubeflow, submit, "train-generator")
    assert not kubeflow.runs


def test_something_else_than_kubeflow(kubeflow):
    kubeflow.trouble = "gone"
    assert "there is no Kubeflow Pipelines server with the API v2beta1" in refused(kubeflow, runs).replace("a K", "K")


@pytest.mark.parametrize(("trouble", "said"), [("login", "wants to know who asks"), ("page", "perhaps a login")])
def test_a_login_in_the_way(kubeflow, trouble, said):
    kubeflow.trouble = trouble
    complaint = refused(kubeflow, runs)
    assert said in complaint
    assert "RAREFAULT_KUBEFLOW_COOKIE" in complaint


def test_a_version_that_is_too_old(kubeflow):
    kubeflow.version = "2.4.1"
    assert "is version 2.4.1; accepted: 2.16 or later" in refused(kubeflow, runs)


def test_a_token_is_needed_and_taken(kubeflow, monkeypatch, tmp_path):
    kubeflow.token = "abc.def"
    assert "RAREFAULT_KUBEFLOW_TOKEN" in refused(kubeflow, runs)
    monkeypatch.setenv("RAREFAULT_KUBEFLOW_TOKEN", "wrong")
    complaint = refused(kubeflow, runs)
    assert "wants to know who asks (status 401)" in complaint
    assert "wrong" not in complaint
    monkeypatch.setenv("RAREFAULT_KUBEFLOW_TOKEN", "abc.def")
    assert ask(kubeflow, runs).exit_code == 0
    monkeypatch.delenv("RAREFAULT_KUBEFLOW_TOKEN")
    (tmp_path / "token").write_text("abc.def\n")
    monkeypatch.setenv("RAREFAULT_KUBEFLOW_TOKEN_FILE", str(tmp_path / "token"))
    assert ask(kubeflow, runs).exit_code == 0


def test_a_session_cookie_is_taken(kubeflow, monkeypatch):
    kubeflow.cookie = "oauth2_proxy_kubeflow=xyz"
    monkeypatch.setenv("RAREFAULT_KUBEFLOW_COOKIE", "oauth2_proxy_kubeflow=xyz")
    assert ask(kubeflow, runs).exit_code == 0


def test_namespaces(kubeflow, monkeypatch):
    assert "knows no namespaces" in refused(kubeflow, runs, "--namespace", "line-1")
    kubeflow.multi_user = True
    assert "name your namespace" in refused(kubeflow, runs)
    complaint = refused(kubeflow, submit, "train-generator", "--namespace", "line-2")
    assert "in namespace 'line-2': User 'me' is not authorized" in complaint
    monkeypatch.setenv("RAREFAULT_KUBEFLOW_NAMESPACE", "line-1")
    assert ask(kubeflow, submit, "train-generator").exit_code == 0
    assert ask(kubeflow, schedule, "retrain", "--cron", "@daily").exception
    assert only(kubeflow.experiments)["namespace"] == "line-1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fault-detektion"], "known pipelines"),
        (["retrain", "--data", __file__], "which a cluster does not see; accepted: /data/FILE, s3://"),
        (["retrain", "--data", "secmo"], "is no data set's name"),
        (["retrain", "--set", "run=1"], "has no parameter 'run'"),
        (["fault-detection", "--set", "search_pods=99"], "search_pods is 99; accepted"),
    ],
)
def test_what_no_cluster_could_run_is_not_sent(kubeflow, words, said):
    assert said in refused(kubeflow, submit, *words)
    assert not kubeflow.seen


def test_the_server_s_own_words_are_told(kubeflow):
    kubeflow.fail_on = {"POST /runs": 400}
    assert "refused to start a run (status 400): asked to fail" in refused(kubeflow, submit, "train-generator")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "no Kubeflow address is known"),
        ({"RAREFAULT_KUBEFLOW": "kubeflow.example"}, "is none; accepted: http://"),
        ({"RAREFAULT_KUBEFLOW": "https://me:secret@host"}, "is none; accepted: http://"),
        ({"RAREFAULT_KUBEFLOW": "http://h", "RAREFAULT_KUBEFLOW_NAMESPACE": "a/b"}, "the namespace 'a/b' is none"),
        ({"RAREFAULT_KUBEFLOW": "http://h", "RAREFAULT_KUBEFLOW_TOKEN": "a\nb"}, "token or cookie has characters"),
        ({"RAREFAULT_KUBEFLOW": "http://h", "RAREFAULT_KUBEFLOW_TOKEN_FILE": "/nowhere"}, "/nowhere cannot be read"),
    ],
)
def test_an_endpoint_that_cannot_be(values, said):
    with pytest.raises(InputError, match=said):
        Endpoint.from_environment(environment=values)


def test_secrets_are_not_shown():
    shown = repr(Endpoint("http://h", token="abc", cookie="def"))
    assert "abc" not in shown
    assert "def" not in shown
    assert json.dumps(shown)


def test_a_local_schedule_asks_no_cluster(monkeypatch, tmp_path):
    from pipelines import local_schedule

    asked = []
    monkeypatch.setattr(local_schedule, "run", lambda *words: asked.append(words) or 0)
    words = ["retrain", "--local", "0 3 * * *", "--data", "gearbox-line", "--set", "trials=2", "--out", str(tmp_path)]
    done = CliRunner().invoke(schedule, words, catch_exceptions=False)
    assert done.exit_code == 0
    values = {"data": "gearbox-line", "trials": 2, "seed": 0, "fingerprint": ""}
    assert asked == [("retrain", values, "0 3 * * *", tmp_path)]


@pytest.mark.parametrize("words", [[], ["--cron", "0 3 * * *", "--local", "0 3 * * *"]])
def test_a_schedule_is_either_local_or_on_a_cluster(words):
    done = CliRunner().invoke(schedule, ["retrain", *words])
    assert "--cron (on a cluster) or with --local" in str(done.exception)
