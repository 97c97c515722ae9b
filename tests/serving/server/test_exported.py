"""Every kind of exported classifier, served: the answers are the classifier's own."""

import json
import math

import numpy as np
import pytest
from asgi_calls import ask, make_app

KINDS = ["linear", "additive", "tree", "svm", "boosting", "vote"]


def plain(value):
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else value


def rows_of(table, n):
    return [[plain(value) for value in row] for row in table.X.head(n).astype(object).to_numpy().tolist()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 20])
def test_answers(exported, kind, n):
    model = exported(kind)
    app = make_app(model.folder)
    wanted = model.classifier.scores(model.table.X.head(n))
    rows = rows_of(model.table, n)
    names = list(model.table.X.columns)
    for instances in (rows, [dict(zip(names, row, strict=True)) for row in rows]):
        found = ask(app, "/v1/models/press:predict", {"instances": instances}).json()["predictions"]
        np.testing.assert_allclose([row["probability"] for row in found], wanted, atol=1e-4)
        assert [row["label"] for row in found] == [
            "fail" if p >= model.classifier.threshold else "pass" for p in wanted
        ]
    inputs = [
        {
            "name": name,
            "shape": [n],
            "datatype": "BYTES" if isinstance(rows[0][at], str) else "FP64",
            "data": [row[at] for row in rows],
        }
        for at, name in enumerate(names)
    ]
    answer = ask(app, "/v2/models/press/infer", {"inputs": inputs}).json()["outputs"]
    assert answer[1]["data"] == [row["probability"] for row in found]


@pytest.mark.parametrize("kind", KINDS)
def test_gaps(exported, kind):
    model = exported(kind, shape="gaps")
    rows = rows_of(model.table, 40)
    assert any(None in row for row in rows)
    reply = ask(make_app(model.folder), "/v1/models/press:predict", {"instances": rows})
    assert reply.status == 400 and "null" in reply.json()["error"]
    found = ask(make_app(model.folder, missing="fill"), "/v1/models/press:predict", {"instances": rows}).json()
    complete = [at for at, row in enumerate(rows) if None not in row]
    wanted = model.classifier.scores(model.table.X.head(40))
    probabilities = np.array([row["probability"] for row in found["predictions"]])
    np.testing.assert_allclose(probabilities[complete], wanted[complete], atol=1e-4)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_numbers(exported, kind):
    model = exported(kind, shape="numbers")
    app = make_app(model.folder)
    width = model.table.X.shape[1]
    for row in (
        [1.7e308] * width,
        [-1.7e308, 1.7e308] * (width // 2),
        [5e-324] * width,
        [2**64 - 1] * width,
        [-(2**63)] * width,
    ):
        for n in (1, 2):
            reply = ask(app, "/v1/models/press:predict", {"instances": [row] * n})
            assert reply.status in (200, 400) and json.loads(reply.content)
