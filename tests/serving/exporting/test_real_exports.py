"""The classifiers of two real data sets, exported."""

import pytest

from rarefault.steps.ingestion import read_checked
from serving.exporting import export
from serving.model_folder import ModelFolder


def table_of(name):
    return read_checked(name, "", "", "", "", [], {}).table


@pytest.fixture(scope="module")
def steel(real_data):
    return table_of("steel-plates")


@pytest.fixture(scope="module")
def secom(real_data):
    return table_of("secom")


def check(model, table, folder):
    parity = export(model, table, folder, name="real", version="1")
    assert parity["rows"] == len(table) and parity["largest_difference"] < 1e-9
    read = ModelFolder.read(folder)
    assert [feature.name for feature in read.features] == table.schema.names
    assert [feature.has_gaps for feature in read.features] == table.X.isna().any().tolist()


@pytest.mark.parametrize("kind", ["linear", "additive", "tree", "svm", "boosting", "vote"])
def test_steel_plates(kind, steel, fitted, tmp_path):
    check(fitted(kind, steel), steel, tmp_path / "m")


@pytest.mark.parametrize("kind", ["linear", "additive", "boosting"])
def test_secom(kind, secom, fitted, tmp_path):
    check(fitted(kind, secom), secom, tmp_path / "m")
