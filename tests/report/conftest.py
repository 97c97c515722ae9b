"""Sample results, fresh for every test; the rendered page once."""

import copy
from typing import Any

import pytest
from report_sample import sample, train_generator_sample

from rarefault.report import render

Pair = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="session")
def made() -> dict[str, Pair]:
    return {"detection": sample(), "generator": train_generator_sample()}


@pytest.fixture
def detection(made: dict[str, Pair]) -> Pair:
    """(result, details) of a fault-detection run."""
    return copy.deepcopy(made["detection"])


@pytest.fixture
def generator(made: dict[str, Pair]) -> Pair:
    """(result, details) of a train-generator run."""
    return copy.deepcopy(made["generator"])


@pytest.fixture(scope="session")
def page(made: dict[str, Pair]) -> str:
    """The sample fault-detection report as HTML."""
    return render(*copy.deepcopy(made["detection"]))
