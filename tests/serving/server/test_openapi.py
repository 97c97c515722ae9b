"""The OpenAPI description tells the truth: requests made from it are answered as it says."""

import pytest
import schemathesis
from asgi_calls import ask, make_app
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from linear_folders import write_folder
from small_inspector import b64, file_of, make_images

OWN = {"GET /openapi.json"}  # left out by schemathesis
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]


def test_it_lists_every_path(app):
    described = set(ask(app, "/openapi.json").json()["paths"])
    assert described == set(app._routes) - {"/v2/"}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    write_folder(root / "numbers", width=3)
    write_folder(root / "mixed", width=2, categories=1)
    return root


def operations(root):
    description = ask(make_app(root), "/openapi.json").json()
    return {f"{method.upper()} {path}" for path, entry in description["paths"].items() for method in entry}


ALL, GOOD = schemathesis.GenerationMode, [schemathesis.GenerationMode.POSITIVE]


def exercise(url, examples, bodies=ALL):
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    found = [result.ok() for result in schema.get_all_operations()]
    for operation in found:
        modes = bodies if operation.method == "post" else GOOD
        for mode in modes:  # without a body there is nothing that could be wrong

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                suppress_health_check=QUIET,
                phases=[Phase.generate],
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case):
                case.call_and_validate()

            check()
    return {operation.label for operation in found}


def test_a_few_requests_made_from_it(serve, models):
    assert exercise(serve(models).url, 5) == operations(models) - OWN


@pytest.mark.slow
def test_many_requests_made_from_it(serve, models):
    assert exercise(serve(models).url, 150) == operations(models) - OWN


FILES = [b64(file_of(own))["b64"] for own in make_images(n=6).images]
schemathesis.openapi.format("image-file", st.sampled_from(FILES))


@pytest.fixture
def images(tmp_path, inspected):
    (tmp_path / "steel").symlink_to(inspected().folder)
    return tmp_path


def test_a_few_requests_of_images_made_from_it(serve, images):
    """Images of other sizes are accepted too, which a schema cannot say: good requests only."""
    assert exercise(serve(images).url, 5, GOOD) == operations(images) - OWN


@pytest.mark.slow
def test_many_requests_of_images_made_from_it(serve, images):
    assert exercise(serve(images).url, 100, GOOD) == operations(images) - OWN
