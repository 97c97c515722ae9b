"""One SeaweedFS for all tests that do not harm it."""

import pytest
from object_store import Weed


@pytest.fixture(scope="session")
def weed(tmp_path_factory):
    """A SeaweedFS with the bucket `rarefault`."""
    server = Weed(tmp_path_factory.mktemp("seaweed"))
    yield server
    server.kill()
