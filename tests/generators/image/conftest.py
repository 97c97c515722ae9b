import pytest

from rarefault.generators.table.wgan_training import one_thread


@pytest.fixture(autouse=True)
def _one_thread():
    """Networks of a few channels are slower on several threads, and much slower on a busy machine."""
    with one_thread():
        yield
