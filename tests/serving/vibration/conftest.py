import sys
from pathlib import Path

import postgres_server
import pytest
from small_machine import export

sys.path.append(str(Path(__file__).parents[1] / "server"))  # how its tests ask a server


@pytest.fixture(scope="session")
def worn(tmp_path_factory):
    """worn(channels=1) -> an exported degradation model called `press`, version 3; shared, never written to."""
    known = {}

    def build(channels=1):
        if channels not in known:
            known[channels] = export(tmp_path_factory.mktemp("machines") / "press", channels)
        return known[channels]

    return build


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server."""
    with postgres_server.running() as server:
        yield server
