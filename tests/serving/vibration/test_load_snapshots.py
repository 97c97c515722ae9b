"""The load profile for vibration: its requests are what the server takes, its bad ones what it refuses."""

import pytest
from asgi_calls import ask
from snapshot_bodies import make_app, metrics

from loadtest.calls import prepare
from loadtest.plan import Plan
from loadtest.profiles import PROFILES
from loadtest.rows import Rows, rows_for
from loadtest.snapshots import MACHINES
from loadtest.target import Feature, LoadError

PROFILE = PROFILES["vibration"]
MIX = dict(PROFILE.mix)


@pytest.mark.parametrize("channels", [1, 2])
def test_every_request_is_answered_as_it_should_be(worn, channels):
    app = make_app(worn(channels).folder)
    rows = rows_for(ask(app, "/v2/models/press").json(), None)
    assert rows.channels == channels and rows.tensor == "snapshot"
    kinds, shares = prepare(MIX, rows, "press")
    assert [len(calls) for calls in kinds] == [MACHINES, MACHINES, 10] and shares[-1] == 1
    for calls in (*kinds, *kinds):
        for call in calls:
            headers = [(name.lower().encode(), value.encode()) for name, value in call.headers.items()]
            reply = ask(app, call.path, call.body, headers)
            assert call.wrong(reply.status, {}, reply.content) is None, (call.kind, reply.content)
    assert metrics(app)['rarefault_snapshots_total{result="counted"}'] == 4 * MACHINES


def test_the_plan_is_read_back(worn, tmp_path):
    rows = rows_for(ask(make_app(worn().folder), "/v2/models/press").json(), None)
    Plan(PROFILE, "http://127.0.0.1:1", "press", rows).write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json").rows == rows


def test_profiles_are_not_mixed_up(worn, tmp_path):
    about = ask(make_app(worn().folder), "/v2/models/press").json()
    with pytest.raises(LoadError, match="takes snapshots: use a profile such as vibration"):
        prepare({"v1 row": 1.0}, rows_for(about, None), "press")
    with pytest.raises(LoadError, match="takes rows: use a profile such as paper"):
        prepare(MIX, Rows((Feature("a", False),), ((1.0,),), False), "press")
    with pytest.raises(LoadError, match="leave --rows out"):
        rows_for(about, tmp_path / "rows.csv")
