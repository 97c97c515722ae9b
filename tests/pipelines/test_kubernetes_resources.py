"""compile --kubernetes: resources that an API server takes, with unknown fields refused."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from cluster_schemas import check

import pipelines
from pipelines.cluster.compiling import compile_pipelines
from rarefault.errors import InputError

ID = "0b4cfe0c-0000-4000-8000-000000000001"


def resources(folder, *words):
    done = CliRunner().invoke(compile_pipelines, [*words, "--kubernetes", "--out", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [part for path in done.stdout.split() for part in yaml.load_all(Path(path).read_text(), yaml.CSafeLoader)]


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    return resources(tmp_path_factory.mktemp("every"), "--namespace", "kubeflow")


def test_every_pipeline_gives_a_pipeline_and_its_version(every, schema_folder):
    assert [part["kind"] for part in every] == ["Pipeline", "PipelineVersion"] * len(pipelines.PIPELINES)
    for part in every:
        check(part, schema_folder)
        assert part["apiVersion"] == "pipelines.kubeflow.org/v2beta1"
        assert part["metadata"]["namespace"] == "kubeflow"
        assert len(part["metadata"]["name"]) <= 63


def test_a_version_belongs_to_its_pipeline_and_holds_what_runs(every):
    for pipeline, version in zip(every[::2], every[1::2], strict=True):
        assert version["spec"]["pipelineName"] == pipeline["metadata"]["name"]
        assert version["spec"]["pipelineSpec"]["root"]["dag"]["tasks"]
        assert version["spec"]["platformSpec"]["platforms"]["kubernetes"]["deploymentSpec"]


def test_a_version_s_name_follows_what_it_holds(every, tmp_path):
    names = [part["metadata"]["name"] for part in every if part["kind"] == "PipelineVersion"]
    again = resources(tmp_path / "again", "train-generator")[1]
    older = resources(tmp_path / "older", "train-generator", "--server", "2.16")[1]
    assert again["metadata"]["name"] in names
    assert older["metadata"]["name"] not in names
    assert "pipelineConfig" not in older["spec"]["platformSpec"]["platforms"]["kubernetes"]


def test_a_schedule_catches_nothing_up_and_runs_one_at_a_time(schema_folder, tmp_path):
    words = ["--cron", "0 3 * * mon", "--pipeline-id", ID, "--experiment-id", ID, "--set", "data=/data/a.csv"]
    *_, found = resources(tmp_path, "train-generator", "--namespace", "line-1", *words, "--set", "trials=9")
    check(found, schema_folder)
    spec = found["spec"]
    assert (spec["maxConcurrency"], spec["noCatchup"], spec["enabled"]) == (1, True, True)
    assert spec["trigger"] == {"cronSchedule": {"cron": "0 0 3 * * mon"}}
    given = {entry["name"]: json.loads(entry["value"]) for entry in spec["workflow"]["parameters"]}
    assert given == {"data": "/data/a.csv", "trials": 9}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cron", "0 3 * * *"], "--cron needs --kubernetes"),
        (["retrain", "--kubernetes", "--cron", "0 3 * * *"], "--cron needs .* --pipeline-id"),
        (["nothing"], "known pipelines"),
        (["--server", "1.8"], "accepted: a version of Kubeflow Pipelines from 2.16 on"),
        (["--kubernetes", "--namespace", "../x"], "small letters"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, words, said):
    with pytest.raises(InputError, match=said):
        CliRunner().invoke(compile_pipelines, [*words, "--out", str(tmp_path)], catch_exceptions=False)
    assert not list(tmp_path.iterdir())
