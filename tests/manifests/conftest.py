import manifest_rendering
import pytest


@pytest.fixture(scope="session", params=manifest_rendering.OVERLAYS)
def overlay(request):
    return request.param


@pytest.fixture(scope="session")
def objects(overlay):
    """What an overlay renders to."""
    return manifest_rendering.rendered(overlay)
