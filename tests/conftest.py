import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder named by RAREFAULT_DATA; without it the test is skipped, and in CI (CI=true) it fails."""
    named = os.environ.get("RAREFAULT_DATA", "")
    if named and Path(named).is_dir():
        return Path(named)
    reason = f"NOT TESTED ON REAL DATA: RAREFAULT_DATA names no folder (it is {named!r})"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)
