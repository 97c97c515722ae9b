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


@pytest.fixture(scope="session")
def schema_folder() -> Path:
    """The folder of KServe's and Kubeflow's schemas: RAREFAULT_SCHEMAS, else k8s/ beside RAREFAULT_DATA.

    Without it the test is skipped, and in CI (CI=true) it fails.
    """
    data = os.environ.get("RAREFAULT_DATA", "")
    folder = Path(os.environ.get("RAREFAULT_SCHEMAS") or (Path(data).parent / "k8s" if data else "no-schemas"))
    if folder.is_dir():
        return folder
    reason = f"NOT CHECKED AGAINST THE CLUSTER'S SCHEMAS: {folder} is no folder; name it with RAREFAULT_SCHEMAS"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)
