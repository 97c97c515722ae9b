import os
from pathlib import Path

import manifest_rendering
import pytest


@pytest.fixture(scope="session")
def schemas():
    """The folder of KServe's schemas: RAREFAULT_SCHEMAS, else k8s/ beside RAREFAULT_DATA."""
    data = os.environ.get("RAREFAULT_DATA", "")
    folder = Path(os.environ.get("RAREFAULT_SCHEMAS") or (Path(data).parent / "k8s" if data else "no-schemas"))
    if folder.is_dir():
        return folder
    reason = f"NOT CHECKED AGAINST KSERVE'S SCHEMAS: {folder} is no folder; name it with RAREFAULT_SCHEMAS"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", params=manifest_rendering.OVERLAYS)
def overlay(request):
    return request.param


@pytest.fixture(scope="session")
def objects(overlay):
    """What an overlay renders to."""
    return manifest_rendering.rendered(overlay)
