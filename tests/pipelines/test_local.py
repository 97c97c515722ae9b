"""Running on this machine: what goes wrong around the steps."""

import errno

import pytest

from pipelines import local
from rarefault.errors import InputError, StepError


def test_a_full_disk_is_told_with_its_folder(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(local, "_execute", full)
    with pytest.raises(StepError, match=r"no space is left on the disk of .*run; make some"):
        local.run("fault-detection", {}, tmp_path / "run")
    with pytest.raises(StepError, match="no space is left"):  # the lock was given back
        local.run("fault-detection", {}, tmp_path / "run")


def test_an_output_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(InputError, match=r"run cannot be written .* name another with --out"):
        local.run("fault-detection", {}, tmp_path / "run")


@pytest.mark.parametrize("name", ["work", "deploy"])
def test_a_folder_of_the_users_own_is_refused_and_left_as_it_is(tmp_path, monkeypatch, name):
    monkeypatch.setattr(local, "_execute", lambda *_: None)
    (tmp_path / name).mkdir()
    (tmp_path / name / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=rf"{name} is in the way: .* name another folder with --out"):
        local.run("fault-detection", {}, tmp_path)
    assert (tmp_path / name / "notes.txt").read_text() == "mine"


def test_the_folders_of_an_earlier_run_are_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(local, "_execute", lambda *_: None)
    monkeypatch.setattr(local, "_collect", lambda work, out: work.resumed)
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "inferenceservice.yaml").write_text("")
    assert local.run("fault-detection", {}, tmp_path) is False
    assert local.run("fault-detection", {}, tmp_path) is True
