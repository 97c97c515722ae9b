import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

QUICK = [
    "--set",
    'data_params={"n_rows": 240}',
    "--set",
    'strategies=["smote"]',
    "--set",
    "trials=2",
    "--set",
    'search_space={"epochs": [5, 10], "neurons": [32, 48], "layers": [1, 1]}',
    "--set",
    "folds=3",
    "--set",
    "repeats=1",
]


def _as_in_a_terminal() -> None:
    """Let Ctrl-C end the process, even where a shell runs the tests in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Line:
    """The command line with a registry of its own."""

    def __init__(self, home: Path) -> None:
        self.environment = {**os.environ, "RAREFAULT_HOME": str(home), "COLUMNS": "120"}
        self.environment.pop("RAREFAULT_REGISTRY", None)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "rarefault.cli", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_as_in_a_terminal,
        )

    def run(self, *words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.fixture(scope="session")
def quick():
    """Parameters that make a whole run short."""
    return QUICK


@pytest.fixture(scope="session")
def line_at():
    """Makes a command line with a registry in a given folder."""
    return Line


@pytest.fixture
def line(tmp_path):
    """A command line whose registry is empty."""
    return Line(tmp_path / "home")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """One whole run on simulated data: (folder, result, what was printed, command line)."""
    root = tmp_path_factory.mktemp("finished")
    line = Line(root / "home")
    done = line.run("run", "fault-detection", "--out", str(root / "run"), *QUICK)
    assert done.returncode == 0, done.stderr
    return root / "run", json.loads((root / "run" / "result.json").read_text()), done, line
