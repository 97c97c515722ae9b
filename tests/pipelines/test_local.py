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
