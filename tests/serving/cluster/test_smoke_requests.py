"""What is asked of a deployed model: against the real server, and what counts as a wrong answer."""

import json

import pytest
from fake_api import serve
from rollouts import cases

from serving.cluster import RolloutError
from serving.cluster.smoke import Case, Place, Smoke
from serving.commands.process import free_port, is_ready, server, until_asked

GOOD = {"predictions": [{"label": "fail", "probability": 0.75}], "model_name": "press", "model_version": "4"}
CASE = Case({"force": 1.0}, 0.75, "fail")


@pytest.fixture
def answering(quick):
    """answering(values or function of the request's number) -> the address of a server that answers so."""
    started = []

    def start(values):
        count = iter(range(10**6))

        def answer(*_):
            found = values(next(count)) if callable(values) else values
            return found if isinstance(found, tuple) else (200, found)

        started.append(serve(answer))
        return f"http://127.0.0.1:{started[-1].server_address[1]}"

    yield start
    for one in started:
        one.shutdown()
        one.server_close()


def test_the_real_server_answers_as_registered(exported, quick):
    model = exported("vote")
    port = free_port("127.0.0.1", 0)
    with until_asked() as stop, server(model.folder, "renamed", "127.0.0.1", port) as process:
        assert is_ready(process, "127.0.0.1", port, stop)
        asked = Smoke("renamed", cases(model.folder))
        place = asked.until_right(lambda: Place(f"http://127.0.0.1:{port}"), "3", 5.0)
        asked.until_served(lambda: place, "3", 5.0)
        asked.watch(place, "3", 0.05)
        with pytest.raises(RolloutError, match=r"version 4 does not answer after 0.1 s: version 3 still answers"):
            asked.until_right(lambda: place, "4", 0.1)


@pytest.mark.parametrize(
    "change",
    [{"probability": 0.75001}, {"label": "pass"}, {"probability": float("nan")}],
    ids=["score", "label", "nan"],
)
def test_another_prediction_ends_it_at_once(answering, change):
    url = answering({**GOOD, "predictions": [{**GOOD["predictions"][0], **change}]})
    with pytest.raises(RolloutError, match=r"version 4 answers '.*' with .* where 'fail' with 0.750000 is registered"):
        Smoke("press", [CASE]).until_right(lambda: Place(url), "4", 60.0)


@pytest.mark.parametrize("odd", [[], {}, {"predictions": []}, {**GOOD, "predictions": [1]}, "<html>", (503, {})])
def test_an_odd_answer_is_waited_out_and_told(answering, odd):
    with pytest.raises(RolloutError) as told:
        Smoke("press", [CASE]).until_right(lambda: Place(answering(odd)), "4", 0.05)
    assert "version 4 does not answer after 0.05 s: " in str(told.value) and "\n" not in str(told.value)


def test_what_comes_late_is_taken(answering):
    url = answering(lambda number: (503, {}) if number < 5 else GOOD)
    Smoke("press", [CASE]).until_right(lambda: Place(url), "4", 5.0)


def test_in_a_shared_place_the_answers_of_others_are_passed_over(answering):
    old = {**GOOD, "model_version": "3", "predictions": [{"label": "pass", "probability": 0.1}]}
    url = answering(lambda number: GOOD if number % 10 == 9 else (400, {}) if number % 3 else old)
    asked = Smoke("press", [CASE, CASE])
    asked.until_right(lambda: Place(url, shared=True), "4", 5.0)
    assert asked.requests == 20


def test_errors_in_a_row_end_the_watch(answering):
    url = answering(lambda number: GOOD if number < 3 else (500, {"error": "out of luck"}))
    with pytest.raises(RolloutError, match=r"version 4 failed 3 requests in a row: .*HTTP 500 .*out of luck"):
        Smoke("press", [CASE]).watch(Place(url), "4", 60.0)


def test_a_gateway_is_told_which_model_is_meant(quick):
    seen = []

    def answer(method, host, path, body, kind):
        seen.append((host, path, json.loads(body)))
        return 200, GOOD

    one = serve(answer)
    place = Place(f"http://127.0.0.1:{one.server_address[1]}", "press.rarefault.example.com")
    Smoke("press", [CASE]).until_right(lambda: place, "4", 5.0)
    one.shutdown()
    one.server_close()
    assert seen == [("press.rarefault.example.com", "/v1/models/press:predict", {"instances": [{"force": 1.0}]})]


def test_without_rows_there_is_nothing_to_try():
    with pytest.raises(ValueError, match="at least one row"):
        Smoke("press", [])
