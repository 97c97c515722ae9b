"""Finding, reading and swapping model folders."""

import os
import shutil

import pytest
from asgi_calls import ask
from linear_folders import swap, write_folder

from serving.server.app import App
from serving.server.limits import Limits
from serving.server.reloading import apply
from serving.server.repository import Repository

ROWS = {"instances": [[1, 2, 3]]}


@pytest.fixture
def place(tmp_path):
    return write_folder(tmp_path / "served", width=3, version="1")


@pytest.fixture
def served(place):
    app, repository = App(1 << 20, Limits(100)), Repository(place, "", "refuse")
    apply(repository.look(final=True), app)
    return app, repository


def look(served):
    app, repository = served
    changes = repository.look()
    apply(changes, app)
    return len(changes)


def version(app):
    reply = ask(app, "/v1/models/press:predict", ROWS)
    assert reply.status == 200
    return reply.json()["model_version"]


def reloads(app, result):
    line = f'rarefault_reloads_total{{model="press",result="{result}"}} '
    text = ask(app, "/metrics").content.decode()
    return int(text.split(line)[1].split("\n")[0]) if line in text else 0


def test_nothing_new_is_not_read_again(served):
    assert look(served) == 0 and reloads(served[0], "ok") == 1


def test_a_new_version_is_served(served, place, tmp_path):
    swap(place, write_folder(tmp_path / "new", width=3, version="2"))
    assert look(served) == 1 and version(served[0]) == "2"
    assert ask(served[0], "/v2/models/press/versions/1/infer", ROWS).status == 404
    assert 'rarefault_model_info{model="press",version="2"} 1' in ask(served[0], "/metrics").content.decode()


def test_a_version_written_in_place_is_served(served, place):
    write_folder(place, width=3, version="2")
    assert look(served) == 1 and version(served[0]) == "2"


def test_a_model_of_another_shape_may_follow(served, place, tmp_path):
    swap(place, write_folder(tmp_path / "new", width=5, version="2"))
    look(served)
    assert ask(served[0], "/v1/models/press:predict", ROWS).status == 400
    assert ask(served[0], "/v1/models/press:predict", {"instances": [[1] * 5]}).status == 200


def test_the_name_stays_when_the_new_version_calls_itself_otherwise(served, place, tmp_path):
    swap(place, write_folder(tmp_path / "new", width=3, version="2", name="other"))
    look(served)
    assert version(served[0]) == "2" and ask(served[0], "/v1/models").json() == {"models": ["press"]}


BREAKAGES = {
    "no model.json": lambda folder: (folder / "model.json").unlink(),
    "empty folder": lambda folder: [path.unlink() for path in folder.iterdir()],
    "half a weight file": lambda folder: os.truncate(folder / "weights.safetensors", 50),
    "not JSON": lambda folder: (folder / "model.json").write_text("{"),
    "folder gone": shutil.rmtree,
    "a file instead": lambda folder: (shutil.rmtree(folder), folder.write_text("x")),
}


@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
def test_a_broken_folder_replaces_nothing_and_is_told_of_once(served, place, tmp_path, breakage, caplog):
    breakage(place)
    assert [look(served) for _ in range(4)] == [0, 1, 0, 0]  # at first it might still be being written
    assert version(served[0]) == "1" and reloads(served[0], "failed") == 1
    assert ask(served[0], "/v2/health/ready").status == 200
    assert sum("version 1 is served on" in message for message in caplog.messages) == 1
    if place.is_file():
        place.unlink()
    write_folder(place, width=3, version="2")
    look(served)
    assert version(served[0]) == "2" and reloads(served[0], "ok") == 2


def test_a_folder_that_is_being_written_is_no_failure(served, place):
    os.truncate(place / "weights.safetensors", 50)
    assert look(served) == 0
    write_folder(place, width=3, version="2")
    assert look(served) == 1
    assert version(served[0]) == "2" and reloads(served[0], "failed") == 0


def test_a_link_that_is_turned(tmp_path):
    first, second = (write_folder(tmp_path / v, width=3, version=v) for v in "12")
    link = tmp_path / "current"
    link.symlink_to(first)
    app, repository = App(1 << 20, Limits(100)), Repository(link, "press", "refuse")
    apply(repository.look(final=True), app)
    link.unlink()
    link.symlink_to(second)
    look((app, repository))
    assert version(app) == "2"


def test_models_come_and_stay(tmp_path):
    root = tmp_path / "models"
    write_folder(root / "one", width=3)
    app, repository = App(1 << 20, Limits(100)), Repository(root, "", "refuse")
    apply(repository.look(final=True), app)
    write_folder(root / "two", width=3)
    look((app, repository))
    assert ask(app, "/v1/models").json() == {"models": ["one", "two"]}
    shutil.rmtree(root / "one")
    for _ in range(3):
        look((app, repository))
    assert ask(app, "/v1/models/one:predict", ROWS).status == 200


def test_counts_go_on_over_versions(served, place):
    for number in "234":
        ask(served[0], "/v1/models/press:predict", {"instances": [[1, 2, 30]] * 2})
        write_folder(place, width=3, version=number)
        look(served)
    text = ask(served[0], "/metrics").content.decode()
    assert 'rarefault_out_of_range_total{model="press",feature="x2"} 6' in text
    scored = [line for line in text.splitlines() if line.startswith("rarefault_predictions_total")]
    assert sum(int(line.split()[-1]) for line in scored) == 6
