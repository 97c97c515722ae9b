import pytest
from asgi_calls import make_app
from linear_folders import write_folder
from running import Running


@pytest.fixture(scope="session")
def numbers_folder(tmp_path_factory):
    """`press`, version 1: three numbers x0, x1, x2."""
    return write_folder(tmp_path_factory.mktemp("numbers") / "press", width=3)


@pytest.fixture(scope="session")
def mixed_folder(tmp_path_factory):
    """`press`, version 1: two numbers x0, x1 and a category c0."""
    return write_folder(tmp_path_factory.mktemp("mixed") / "press", width=2, categories=1)


@pytest.fixture
def app(numbers_folder):
    return make_app(numbers_folder)


@pytest.fixture
def mixed_app(mixed_folder):
    return make_app(mixed_folder)


@pytest.fixture
def serve():
    """serve(folder, *flags) -> a running server, ended with the test."""
    running = []

    def start(folder, *flags, **options):
        running.append(Running(folder, *flags, **options))
        return running[-1]

    yield start
    for server in running:
        server.stop()
