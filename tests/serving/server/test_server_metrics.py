"""What is counted, and how far rows have drifted."""

import numpy as np
import pytest
from asgi_calls import ask, make_app, tensor
from linear_folders import EDGES, write_folder
from prometheus_client.parser import text_string_to_metric_families

from serving.server.drift import FEWEST, HALF_LIFE, Drift

PREDICT, INFER = "/v1/models/press:predict", "/v2/models/press/infer"


def samples(app):
    reply = ask(app, "/metrics")
    assert reply.headers[b"content-type"].startswith(b"text/plain; version=0.0.4")
    families = text_string_to_metric_families(reply.content.decode())
    return {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}


def test_requests_by_protocol_and_status(app):
    for n in (1, 3):
        ask(app, PREDICT, {"instances": [[1, 2, 3]] * n})
        ask(app, INFER, {"inputs": [tensor([[1, 2, 3]] * n)]})
    ask(app, PREDICT, {"instances": [[1]]})
    ask(app, PREDICT, {}, headers=[(b"content-type", b"text/plain")])
    ask(app, INFER, b"", headers=[(b"inference-header-content-length", b"0")])
    ask(app, "/nothing")
    found = samples(app)
    assert found["rarefault_requests_total", "200", "press", "v1"] == 2
    assert found["rarefault_requests_total", "400", "press", "v1"] == 1
    assert found["rarefault_requests_total", "415", "press", "v1"] == 1
    assert found["rarefault_requests_total", "200", "press", "v2"] == 2
    assert found["rarefault_requests_total", "400", "press", "v2-binary"] == 1
    assert found["rarefault_requests_total", "", "404", "other"] == 1
    assert found["rarefault_request_seconds_count", "press", "v1"] == 2
    assert found["rarefault_request_seconds_bucket", "+Inf", "press", "v1"] == 2
    assert 0 < found["rarefault_request_seconds_sum", "press", "v1"] < 10


@pytest.mark.parametrize("together", [True, False])
def test_rows_classes_and_ranges(app, together):
    rows = np.random.default_rng(0).normal(size=(700, 3))
    rows[:300, 1] = 4.5
    rows[100:150, 2] = -4.5
    rows[0] = [4.0, 1.0, -4.0]  # the ends of the range are inside
    for part in [rows] if together else rows[:, None]:
        assert ask(app, PREDICT, {"instances": part.tolist()}).status == 200
    found = samples(app)
    outside = [found["rarefault_out_of_range_total", "press", f"x{j}"] for j in range(3)]
    assert outside == [0, 299, 50]
    labels = [found["rarefault_predictions_total", label, "press"] for label in ("fail", "pass")]
    assert sum(labels) == 700 and min(labels) > 0
    assert found["rarefault_drift_rows", "press"] == pytest.approx(32 if together else 700, rel=0.05)


def test_a_refused_row_is_not_counted(app):
    for row in ([1, 2], [1, 2, "a"], [99, None, 3]):
        ask(app, PREDICT, {"instances": [row]})
    found = samples(app)
    assert (
        found["rarefault_predictions_total", "fail", "press"] + found["rarefault_predictions_total", "pass", "press"]
        == 0
    )
    assert found["rarefault_out_of_range_total", "press", "x0"] == 0


def test_reading_the_metrics_changes_nothing(app):
    ask(app, PREDICT, {"instances": [[9, 2, 3]]})
    first, second = samples(app), samples(app)
    for key in ("rarefault_out_of_range_total", "rarefault_drift_rows"):
        assert {k: v for k, v in first.items() if k[0] == key} == {k: v for k, v in second.items() if k[0] == key}


def test_names_and_labels_are_escaped(tmp_path):
    labels = {"positive": 'a "b"\n\\', "negative": "ok"}
    app = make_app(write_folder(tmp_path / "m", width=3, labels=labels))
    assert samples(app)["rarefault_predictions_total", 'a "b"\n\\', "press"] == 0


def test_process_metrics(app):
    found = samples(app)
    assert found["process_resident_memory_bytes",] > 1e7 and found["process_cpu_seconds_total",] > 0
    assert found["rarefault_ready",] == 1


def by_hand(shares, counts):
    a, e = np.maximum(np.array(counts) / sum(counts), 1e-4), np.maximum(shares, 1e-4)
    return float(((a - e) * np.log(a / e)).sum())


def test_the_index_is_the_one_of_the_formula():
    drift = Drift([[0.0, 1.0], [5.0], []], [[0.2, 0.5, 0.3], [1.0, 0.0], [1.0]])
    matrix = np.column_stack([np.repeat([-1.0, 0.0, 1.0, 2.0], 100), np.repeat([1.0, 5.0], 200), np.zeros(400)])
    drift.add(matrix)
    wanted = [by_hand([0.2, 0.5, 0.3], [100, 100, 200]), by_hand([1.0, 0.0], [200, 200]), 0.0]
    assert drift.index() == pytest.approx(wanted, rel=1e-6)


def test_categories_of_many_levels():
    n = 400
    drift = Drift([[k + 0.5 for k in range(n - 1)], [0.0]], [[1 / n] * n, [0.5, 0.5]])
    codes = np.arange(2 * n) % (n // 2)
    for part in np.split(np.column_stack([codes, np.resize([-1.0, 1.0], 2 * n)]), 8):
        drift.hold(part)
    assert drift.rows() == pytest.approx(2 * n, rel=0.05)
    assert drift.index() == pytest.approx(
        [by_hand([1 / n] * n, [4] * (n // 2) + [0] * (n // 2)), 0.0], rel=0.02, abs=1e-6
    )


def test_too_few_rows_have_no_index():
    drift = Drift([[0.0]], [[0.5, 0.5]])
    drift.add(np.zeros((FEWEST - 1, 1)))
    assert drift.index() is None
    drift.add(np.zeros((5, 1)))
    assert drift.index() is not None


def test_old_rows_fade():
    drift = Drift([[0.0]], [[0.5, 0.5]])
    for value in (-1.0, 1.0):
        for _ in range(10):
            drift.add(np.full((HALF_LIFE // 10, 1), value))
    assert drift.index()[0] == pytest.approx(by_hand([0.5, 0.5], [1, 2]), rel=0.05)


@pytest.mark.parametrize("shift", [0.0, 1.0])
@pytest.mark.parametrize("size", [1, 1000])
def test_drift_is_seen_in_single_rows_and_batches(app, shift, size):
    rows = np.random.default_rng(1).normal(size=(2000 if size == 1 else 20_000, 3))
    rows[:, 1] += shift
    for at in range(0, len(rows), size):
        ask(app, PREDICT, {"instances": rows[at : at + size].tolist()})
    found = samples(app)
    psi = [found["rarefault_drift_psi", "press", f"x{j}"] for j in range(3)]
    if size == 1:
        counts = np.histogram(rows[:, 1], [-np.inf, *EDGES, np.inf])[0]
        assert psi[1] == pytest.approx(by_hand([0.1] * 10, counts), rel=0.15, abs=0.01)
    assert (psi[1] > 0.25) == bool(shift) and max(psi[0], psi[2]) < (0.1 if size == 1 else 0.25)


def test_drift_of_single_rows_is_that_of_a_direct_computation(tmp_path):
    """All rows, weighted by the fading, put into the training bins by numpy."""
    rng, n = np.random.default_rng(3), 1500
    app = make_app(write_folder(tmp_path / "press", width=66))
    rows = rng.normal(loc=np.linspace(-1, 1, 66), size=(n, 66))
    for row in rows:
        assert ask(app, PREDICT, {"instances": [row.tolist()]}).status == 200
    found = samples(app)
    weights = 0.5 ** (np.arange(n - 1, -1, -1) / HALF_LIFE)
    for at in (0, 20, 33, 65):
        counts = np.histogram(rows[:, at], [-np.inf, *EDGES, np.inf], weights=weights)[0]
        assert found["rarefault_drift_psi", "press", f"x{at}"] == pytest.approx(by_hand([0.1] * 10, counts), rel=0.02)
    assert found["rarefault_drift_rows", "press"] == pytest.approx(weights.sum(), rel=0.01)


def test_the_protocol_of_binary_requests_is_counted_whatever_they_call_themselves(app):
    text = b'{"inputs":[{"name":"m","shape":[1,3],"datatype":"FP64","parameters":{"binary_data_size":24}}]}'
    length = (b"inference-header-content-length", str(len(text)).encode())
    for media in (b"application/json", b"application/octet-stream"):
        body = text + np.array([1.0, 2.0, 3.0]).tobytes()
        assert ask(app, INFER, body, [(b"content-type", media), length]).status == 200
    assert samples(app)["rarefault_requests_total", "200", "press", "v2-binary"] == 2
