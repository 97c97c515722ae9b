"""Snapshots in, verdicts out: V1, V2 and binary, one and many, and everything that is refused."""

import asyncio
import json
import struct

import numpy as np
import pytest
from asgi_calls import ask
from small_machine import RATE, SAMPLES, snapshots
from snapshot_bodies import (
    HEADER,
    INFER,
    PREDICT,
    binary,
    make_app,
    metrics,
    one,
    predict,
    refused,
    tensor,
    told,
)

from serving.server.states import look
from serving.vibration.stores import StoreError


@pytest.fixture
def app(worn):
    return make_app(worn().folder)


def life(n=24, start=12):
    return [one(seed=at, worn=2.0 if at >= start else 0.0, sequence=at, time=60.0 * at) for at in range(n)]


def wanted(worn, instances):
    model = worn().model
    stream = model.stream()
    x = np.array([own["snapshot"] for own in instances], np.float32)[:, None]
    return [stream.push(value) for value in model.indicator.indicate(x)]


def same(found, verdicts):
    for own, verdict in zip(found, verdicts, strict=True):
        assert own["indicator"] == pytest.approx(verdict.indicator, rel=1e-5)
        assert own["degree"] == pytest.approx(verdict.degree, abs=1e-5)
        assert (own["state"], own["filled"]) == (verdict.state, verdict.filled)
        assert own["onset"] == (verdict.onset is not None)


def test_a_life_is_answered_as_the_model_says(app, worn):
    instances = life()
    found = [told(predict(app, instance))[0] for instance in instances]
    verdicts = wanted(worn, instances)
    same(found, verdicts)
    onset = verdicts[-1].onset
    assert onset is not None and found[-1]["state"] == "severe"
    place = {"snapshot": onset.first, "sequence": onset.first, "time": 60.0 * onset.first}
    assert found[-1]["since"] == place and found[-1]["alarm"]["snapshot"] == onset.alarm
    assert found[0] | {"indicator": 0, "degree": 0} == {
        "machine": "press-7", "snapshot": 0, "sequence": 0, "time": 0.0, "indicator": 0, "degree": 0,
        "state": "healthy", "onset": False, "since": None, "alarm": None, "filled": 1, "warnings": [],
    }  # fmt: skip


def test_a_batch_is_the_same_as_one_by_one(app, worn):
    instances = life()
    same(told(predict(app, *instances)), wanted(worn, instances))


def test_machines_are_apart(app, worn):
    mixed = [one(machine, seed=at) for at in range(8) for machine in ("a", "b")]
    found = told(predict(app, *mixed))
    assert [own["snapshot"] for own in found] == [at for at in range(8) for _ in "ab"]
    for at in range(0, 16, 2):
        assert found[at] | {"machine": "b"} == found[at + 1]


def test_v2_in_json(app, worn):
    instances = life(20)
    x = np.array([own["snapshot"] for own in instances], np.float32)
    machines = {"name": "machine", "shape": [20], "datatype": "BYTES", "data": ["press-7"] * 20}
    body = {"inputs": [tensor(x[:, None]), machines, tensor(range(20), "sequence", "INT64")], "id": "7"}
    reply = ask(app, INFER, body)
    outputs = {own["name"]: own for own in reply.json()["outputs"]}
    assert reply.json()["id"] == "7" and outputs["state"]["datatype"] == "BYTES"
    verdicts = wanted(worn, instances)
    assert outputs["indicator"]["data"] == pytest.approx([own.indicator for own in verdicts], rel=1e-5)
    assert outputs["degree"]["data"] == pytest.approx([own.degree for own in verdicts], abs=1e-5)
    assert outputs["state"]["data"] == [own.state for own in verdicts]
    assert outputs["onset"]["data"] == [own.onset is not None for own in verdicts]
    assert outputs["since"]["data"] == [-1 if own.onset is None else own.onset.first for own in verdicts]
    assert outputs["alarm"]["data"] == [-1 if own.onset is None else own.onset.alarm for own in verdicts]
    assert outputs["filled"]["data"] == [own.filled for own in verdicts]
    assert told(predict(app, instances[3] | {"time": None}))[0]["sequence"] == 3  # counted already: nothing is new


def test_nested_data_and_parameters(app):
    x = snapshots(2)
    body = {"inputs": [{**tensor(x), "data": x.tolist()}], "parameters": {"machine": "a", "rate": RATE}}
    assert ask(app, INFER, body).status == 200
    again = ask(app, INFER, {"inputs": [tensor(x[1, 0][None])], "parameters": {"machine": "a", "sequence": 5}})
    assert again.json()["outputs"][6] == {"name": "filled", "shape": [1], "datatype": "INT64", "data": [3]}


def test_v2_binary_both_ways(app, worn):
    instances = life(15)
    x = np.array([own["snapshot"] for own in instances], np.float32)[:, None]
    names = b"".join(struct.pack("<I", 7) + b"press-7" for _ in instances)
    times = np.arange(15, dtype="<f8")
    tensors = [("snapshot", "FP32", [15, 1, SAMPLES], x.tobytes()), ("machine", "BYTES", [15], names)]
    tensors.append(("time", "FP64", [15], times.tobytes()))
    body, headers = binary(*tensors, parameters={"binary_data_output": True})
    reply = ask(app, INFER, body, headers)
    end = int(reply.headers[HEADER])
    verdicts, rest, found = wanted(worn, instances), reply.content[end:], {}
    for output in json.loads(reply.content[:end])["outputs"]:
        size = output["parameters"]["binary_data_size"]
        found[output["name"]], rest = rest[:size], rest[size:]
    assert not rest
    assert np.frombuffer(found["indicator"], "<f8") == pytest.approx([own.indicator for own in verdicts], rel=1e-5)
    assert np.frombuffer(found["onset"], "?").tolist() == [own.onset is not None for own in verdicts]
    assert np.frombuffer(found["filled"], "<i8").tolist() == [own.filled for own in verdicts]
    state = verdicts[-1].state.encode()
    assert found["state"].endswith(struct.pack("<I", len(state)) + state)


def test_integers_are_samples_too(app):
    x = (snapshots() * 1000).astype(np.int16)
    assert ask(app, INFER, {"inputs": [tensor(x, datatype="INT16")], "parameters": {"machine": "a"}}).status == 200


def test_several_channels(worn):
    app, x = make_app(worn(2).folder), snapshots(3, channels=2)
    found = [told(predict(app, {"machine": "m", "snapshot": own.tolist()}))[0]["indicator"] for own in x]
    assert found == pytest.approx(worn(2).model.indicator.indicate(x), rel=1e-5)
    assert "has 1 channels; the model takes 2" in refused(predict(app, one()))
    flat = {"inputs": [tensor(x.reshape(3, -1))], "parameters": {"machine": "m"}}
    assert "numbers of shape [n, 2, 128] are needed" in refused(ask(app, INFER, flat))


def test_a_repeated_snapshot_gets_the_same_answer_and_counts_once(app):
    instances = life(20)
    first = [predict(app, instance).content for instance in instances]
    assert [predict(app, instance).content for instance in instances] == first
    assert predict(app, *instances).content.count(b'"snapshot":19') == 1
    assert told(predict(app, one(seed=99, sequence=20, time=2000)))[0]["snapshot"] == 20
    found = metrics(app)
    assert found['rarefault_snapshots_total{result="counted"}'] == 21
    assert found['rarefault_snapshots_total{result="repeated"}'] == 40


def test_out_of_order_is_a_409_and_counts_nothing(app):
    told(predict(app, *life(6)))
    text = refused(predict(app, one("other"), one(seed=50, sequence=3)), 409)
    assert "sequence 3 of machine 'press-7' is before 5" in text and "nothing of this request was counted" in text
    assert told(predict(app, one("other")))[0]["snapshot"] == 0
    assert "was another snapshot" in refused(predict(app, one(seed=50, sequence=5)), 409)
    backwards = predict(app, one("b", seed=1, sequence=2), one("b", seed=2, sequence=1))
    assert "before 2" in refused(backwards, 409)


def test_a_mended_machine(app):
    told(predict(app, *life()))
    [found] = told(predict(app, one(seed=77, sequence=0, reset=True)))
    assert (found["snapshot"], found["filled"], found["onset"]) == (0, 1, False)
    body = {"inputs": [tensor(snapshots(1)[0])], "parameters": {"machine": "press-7", "reset": True}}
    assert ask(app, INFER, body).json()["outputs"][6]["data"] == [1]


def with_samples(change):
    values = snapshots()[0, 0].tolist()
    change(values)
    return {"machine": "m", "snapshot": values}


def put(at, value):
    return lambda values: values.__setitem__(at, value)


WRONG = {
    "no body": ({}, 'send {"instances"'),
    "other fields": ({"instances": [], "x": 1}, "nothing else, got 'x'"),
    "no array": ({"instances": "a"}, "must be an array of snapshots"),
    "none": ({"instances": []}, "there is no snapshot"),
    "no object": ({"instances": [[1, 2]]}, "instances[0] must be an object"),
    "unknown field": ({"instances": [{**one(), "speed": 1}]}, "unknown fields 'speed'"),
    "no snapshot": ({"instances": [{"machine": "m"}]}, "has no snapshot; the model takes 128 samples at 5000 Hz"),
    "no machine": ({"instances": [{"snapshot": one()["snapshot"]}]}, "machine must be 1 to 100 letters"),
    "empty machine": ({"instances": [one("")]}, "got ''"),
    "machine with spaces": ({"instances": [one("press 7")]}, "machine must be"),
    "machine of control characters": ({"instances": [one("a\n")]}, "machine must be"),
    "long machine": ({"instances": [one("m" * 101)]}, "machine must be"),
    "machine as number": ({"instances": [one(7)]}, "got 7"),
    "null": ({"instances": [with_samples(put(3, None))]}, "snapshot[3] is null; a sample is a number"),
    "text": ({"instances": [with_samples(put(3, "1"))]}, "snapshot[3] is '1'"),
    "true": ({"instances": [with_samples(put(3, True))]}, "snapshot[3] is true"),
    "too large": ({"instances": [with_samples(put(3, 1e39))]}, "not finite or beyond single precision"),
    "too large to judge": ({"instances": [with_samples(put(3, 3e38))]}, "its samples are too large"),
    "short": ({"instances": [with_samples(lambda values: values.pop())]}, "has 127 samples; the model takes 128"),
    "twice as long": ({"instances": [with_samples(lambda values: values.extend(values))]}, "has 256 samples"),
    "empty": ({"instances": [with_samples(lambda values: values.clear())]}, "has 0 samples"),
    "two channels": ({"instances": [{"machine": "m", "snapshot": [[1.0] * 128] * 2}]}, "has 2 channels"),
    "no numbers": ({"instances": [{"machine": "m", "snapshot": "abc"}]}, "must be an array of numbers"),
    "silent": ({"instances": [{"machine": "m", "snapshot": [0.5] * 128}]}, "is silent: all samples of channel"),
    "stuck": ({"instances": [{"machine": "m", "snapshot": [*range(60), *[9] * 68]}]}, "is stuck: channel 'vibration'"),
    "another rate": ({"instances": [one(rate=2 * RATE)]}, "has the rate 10000 Hz; the model takes 5000 Hz"),
    "rate as text": ({"instances": [one(rate="5 kHz")]}, "rate must be a number of Hz"),
    "sequence as float": ({"instances": [one(sequence=1.5)]}, "sequence must be a whole number"),
    "huge sequence": ({"instances": [one(sequence=2**60)]}, "sequence must be a whole number"),
    "time as text": ({"instances": [one(time="noon")]}, "time must be a number of seconds"),
    "huge time": ({"instances": [one(time=1e305)]}, "time must be a number of seconds"),
    "reset as number": ({"instances": [one(reset=1)]}, "reset must be true or false"),
    "too many of one": ({"instances": [one()] * 33}, "33 snapshots of machine 'press-7'; at most 32"),
    "too many": ({"instances": [one(str(at)) for at in range(300)]}, "there are 300 snapshots; at most 256"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(app, name):
    body, why = WRONG[name]
    assert why in refused(ask(app, PREDICT, body))
    assert told(predict(app, one("m")))[0]["snapshot"] == 0


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "-", "[]", "{}"])
def test_what_is_no_number_in_json(app, text):
    body = json.dumps({"instances": [one()]}).replace("[", "[" + text + ",", 2).replace("[" + text + ",{", "[{", 1)
    refused(ask(app, PREDICT, body.encode()))


def test_a_key_that_stands_twice(app):
    body = json.dumps({"instances": [one()]}).encode().replace(b'{"machine"', b'{"machine": "x", "machine"')
    assert "stands twice" in refused(ask(app, PREDICT, body))


def v2(*tensors, **parameters):
    return {"inputs": list(tensors), "parameters": parameters}


X = snapshots(2)
WRONG_V2 = {
    "no tensors": (v2(machine="m"), "inputs must be 'snapshot'"),
    "another tensor": (v2(tensor(X), tensor(X, "x"), machine="m"), "inputs must be 'snapshot'"),
    "twice": (v2(tensor(X), tensor(X), machine="m"), "inputs must be 'snapshot'"),
    "no machine": (v2(tensor(X)), "snapshot 0: machine must be"),
    "machine both ways": (v2(tensor(X), tensor(X, "machine"), machine="m"), "a tensor and a parameter"),
    "machine as numbers": (v2(tensor(X), tensor([1, 2], "machine", "INT64")), "send it as BYTES"),
    "one machine for two": (
        v2(tensor(X), {"name": "machine", "shape": [1], "datatype": "BYTES", "data": ["m"]}),
        "[2] or [2, 1] is needed",
    ),
    "sequences as text": (
        v2(tensor(X), {"name": "sequence", "shape": [2], "datatype": "BYTES", "data": ["1", "2"]}, machine="m"),
        "send it as INT64",
    ),
    "sequences with a gap": (
        v2(tensor(X), {"name": "sequence", "shape": [2], "datatype": "FP64", "data": [1, None]}, machine="m"),
        "sequence must be a whole number",
    ),
    "reset of two": (v2(tensor(X), machine="m", reset=True), "the parameter 'reset' is for one snapshot"),
    "another length": (v2(tensor(X[..., :100]), machine="m"), "numbers of shape [n, 128] or [n, 1, 128]"),
    "text": (v2({"name": "snapshot", "shape": [1], "datatype": "BYTES", "data": ["a"]}, machine="m"), "are needed"),
    "a gap": (v2({**tensor(X), "data": [None] * X.size}, machine="m"), "not finite"),
    "no rows": (v2({**tensor(X), "shape": [0, 128], "data": []}, machine="m"), "there is no snapshot"),
    "too many numbers": (v2({**tensor(X), "data": [1.0] * 3}, machine="m"), "has 3 values"),
    "ragged": (v2({**tensor(X), "data": [[[1.0]], [[1.0, 2.0]]]}, machine="m"), "rows of"),
    "a rate": (v2(tensor(X), machine="m", rate=1), "has the rate 1 Hz"),
    "an output": ({**v2(tensor(X), machine="m"), "outputs": [{"name": "label"}]}, "is no output"),
}


@pytest.mark.parametrize("name", WRONG_V2)
def test_what_v2_refuses(app, name):
    body, why = WRONG_V2[name]
    assert why in refused(ask(app, INFER, body))


def test_binary_that_does_not_fit(app):
    raw = X.tobytes()
    short, headers = binary(("snapshot", "FP32", [2, 1, SAMPLES], raw[:-4]), parameters={"machine": "m"})
    assert "needs another number" in refused(ask(app, INFER, short, headers))
    nan = np.full((1, SAMPLES), np.nan, "<f4").tobytes()
    body, headers = binary(("snapshot", "FP32", [1, SAMPLES], nan), parameters={"machine": "m"})
    assert "not finite" in refused(ask(app, INFER, body, headers))


def test_a_clipped_snapshot_is_counted_and_told(app):
    values = np.clip(snapshots(worn=1.0)[0, 0], -1, 1)
    [found] = told(predict(app, {"machine": "m", "snapshot": values.tolist()}))
    assert found["warnings"] == ["clipped"] and metrics(app)['rarefault_snapshots_total{result="clipped"}'] == 1


def test_gauges_of_machines_are_bounded(worn):
    app = make_app(worn().folder, machines=130)
    for at in range(14):
        instances = [one(f"m-{n:03}", seed=at, worn=3.0 if n == 117 else 0.0) for n in range(120)]
        told(predict(app, *instances))
    found = metrics(app)
    onsets = {name: value for name, value in found.items() if name.startswith("rarefault_machine_onset")}
    assert len(onsets) == 101 and onsets['rarefault_machine_onset{machine="m-117"}'] == 1
    assert sum(onsets.values()) == 1 and onsets['rarefault_machine_onset{machine="(other)"}'] == 0
    assert found['rarefault_machine_state{machine="m-117"}'] == 2
    assert 0 <= found['rarefault_machine_degree{machine="(other)"}'] < 0.1
    told(predict(app, *[one(f"new-{n}") for n in range(20)]))
    assert metrics(app)['rarefault_machines_forgotten_total{result="forgotten"}'] == 10


class Broken:
    says, shared = "a broken store", True

    def change(self, model, machines, change):
        raise StoreError("a broken store: gone")

    def told(self, model):
        raise StoreError("a broken store: gone")

    def close(self):
        pass


def test_a_store_that_is_gone_is_a_503_and_not_ready(app):
    assert ask(app, "/v2/health/ready").status == 200
    kept, app.states.store = app.states.store, Broken()
    app.show(app.state)
    reply = predict(app, one())
    assert "the states of machines cannot be reached (a broken store: gone)" in refused(reply, 503)
    assert reply.headers[b"retry-after"] == b"1"
    asyncio.run(look(app))
    paths = ("/v2/health/ready", "/v2/models/press/ready", "/v1/models/press")
    assert [ask(app, path).status for path in paths] == [503] * 3
    assert ask(app, "/v2/health/live").status == 200
    assert b"rarefault_ready 0" in ask(app, "/metrics").content
    app.states.store = kept
    asyncio.run(look(app))
    assert [ask(app, path).status for path in paths] == [200] * 3
    assert told(predict(app, one()))[0]["snapshot"] == 0


def test_what_the_server_says_of_the_model(app):
    about = ask(app, "/v2/models/press").json()
    assert about["inputs"][0] == {"name": "snapshot", "datatype": "FP32", "shape": [-1, 1, SAMPLES]}
    assert about["parameters"]["rate"] == RATE and about["parameters"]["assessment"]["k"] == 10
    assert ask(app, "/").json()["models"][0]["states"] == ["healthy", "slight", "severe"]
    paths = ask(app, "/openapi.json").json()["paths"]
    schema = paths[PREDICT]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["instances"]["items"]["required"] == ["machine", "snapshot"]
    assert len(json.dumps(paths)) < 30_000
