"""What is read from an InferenceService's status, whatever KServe left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rarefault.errors import InputError
from serving.cluster import RolloutSettings
from serving.cluster.journal import Release
from serving.cluster.readiness import address, canary_address, failure, host, waiting_for
from serving.cluster.settings import split
from serving.kubernetes import DeploymentSettings

READY = {"type": "Ready", "status": "True"}


def service(**status):
    return {"metadata": {"name": "press"}, "status": status}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, "KServe has not taken notice of it yet"),
        ({"conditions": [READY]}, ""),
        (
            {"conditions": [{"type": "Ready", "status": "False"}, {"type": "PredictorReady", "status": "False"}]},
            "PredictorReady is False",
        ),
        (
            {
                "conditions": [
                    {"type": "Ready", "status": "Unknown"},
                    {"type": "A", "status": "False"},
                    {"type": "B", "status": "False", "reason": "NoRoom", "message": "0/1 nodes\nare available"},
                ]
            },
            "B is False: NoRoom 0/1 nodes are available",
        ),
        (
            {
                "conditions": [READY],
                "components": {"predictor": {"latestCreatedRevision": "b", "latestReadyRevision": "a"}},
            },
            "revision b is not ready",
        ),
    ],
)
def test_why_a_service_is_not_ready(status, said):
    assert waiting_for(service(**status)) == said


def test_a_canary_has_to_be_ready_too():
    ready = service(conditions=[READY], canaryStatuses=[{"name": "v4", "ready": True, "trafficPercent": 10}])
    assert waiting_for(ready, "v4") == ""
    assert "canary v5 is not ready" in waiting_for(ready, "v5")
    assert "needs KServe 0.20" in waiting_for(service(conditions=[READY]), "v4")


@pytest.mark.parametrize(
    ("url", "canary"),
    [
        ("http://press-predictor.ns.svc.cluster.local", "http://press-v4-predictor.ns.svc.cluster.local"),
        ("http://press-predictor.ns.svc.cluster.local:8080", "http://press-v4-predictor.ns.svc.cluster.local:8080"),
        ("http://press.ns.example.com", ""),
    ],
)
def test_where_the_canary_answers(url, canary):
    found = service(address={"url": url}, url="http://press-ns.example.com")
    assert (address(found), canary_address(found, "v4")) == (url, canary)
    assert host(found) == "press-ns.example.com"


def test_what_kserve_gave_up_is_one_line():
    info = {"reason": "ModelLoadFailed", "message": "no\nsuch bucket"}
    assert failure(service(modelStatus={"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": info})) == (
        "ModelLoadFailed: no such bucket"
    )
    assert failure(service(modelStatus={"transitionStatus": "InvalidSpec"})) == "InvalidSpec"
    assert failure(service(modelStatus={"transitionStatus": "InProgress", "lastFailureInfo": info})) == ""


def test_a_release_is_read_as_it_was_written():
    release = Release(
        "3", "s3://b/m/3", DeploymentSettings(image="i", cpu="1", environment={"RAREFAULT_MISSING": "fill"})
    )
    assert Release.read(release.to_json()) == release


@given(
    st.text() | st.sampled_from(["[]", "null", "{}", '{"settings": {"image": 3}}', '{"settings": {}, "version": 1}'])
)
def test_any_text_is_a_release_or_none(text):
    assert Release.read(text) is None


def test_both_kinds_of_settings_come_from_one_set_of_values():
    objects, rollout = split({"apply": True, "canary_steps": [5.0, 50.0], "max_replicas": 3.0}, "image")
    assert (objects.image, objects.max_replicas) == ("image", 3)
    assert rollout == RolloutSettings(apply=True, canary_steps=(5, 50))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ready_seconds": 0}, "ready_seconds must be > 0"),
        ({"ready_seconds": float("nan")}, "ready_seconds must be > 0"),
        ({"canary_seconds": -1}, "canary_seconds must be from 0"),
        ({"canary_steps": [0]}, "canary_steps must grow"),
        ({"canary_steps": [100]}, "canary_steps must grow"),
        ({"canary_steps": [10, 10]}, "canary_steps must grow"),
        ({"canary_steps": "10"}, "canary_steps must be"),
        ({"gateway": "http://me:secret@host"}, "gateway must be"),
        ({"apply": "yes"}, "apply must be of type bool"),
        ({"apply": True, "image": "has space"}, "image must be"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, said):
    with pytest.raises(InputError, match=said):
        split(settings, "image")
