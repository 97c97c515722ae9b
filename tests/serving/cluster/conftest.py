"""Two exported versions of a model, and a cluster that can serve them."""

import json
import shutil
import socket

import pytest
from fake_kserve import DOMAIN, FakeCluster, Pod

from serving.cluster import smoke
from serving.model_folder.files import write_sums

URI = "s3://rarefault/press/{}"


@pytest.fixture(scope="session")
def versions(exported, tmp_path_factory):
    """Exported folders by version: 3 and 4 are different models of the same features, 5 is 4 again."""
    place, made = tmp_path_factory.mktemp("versions"), {}
    for version, kind in (("3", "linear"), ("4", "additive"), ("5", "additive")):
        made[version] = place / version
        shutil.copytree(exported(kind).folder, made[version])
        model = json.loads((made[version] / "model.json").read_text())
        (made[version] / "model.json").write_text(json.dumps({**model, "version": version}))
        (made[version] / "SHA256SUMS").unlink()
        write_sums(made[version])
    return made


@pytest.fixture
def quick(monkeypatch):
    """No waiting between two looks, and the cluster's names lead to this machine."""
    real = socket.getaddrinfo
    monkeypatch.setattr(smoke, "_PAUSE", 0.01)
    monkeypatch.setattr("serving.cluster.api._FIRST_PAUSE", 0.001)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda h, *a, **k: real("127.0.0.1" if str(h).endswith(DOMAIN) else h, *a, **k)
    )


@pytest.fixture
def cluster(versions, tmp_path, monkeypatch, quick):
    """A cluster with KServe whose pods serve any of the versions."""
    made = FakeCluster(tmp_path, {URI.format(version): Pod(folder) for version, folder in versions.items()})
    monkeypatch.setenv("KUBECONFIG", str(made.kubeconfig))
    yield made
    made.close()
