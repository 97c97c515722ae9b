"""A degradation model from the registry to a server: exported by the deploy step, found, fetched, tried, watched."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest
import yaml

from rarefault.errors import InputError
from rarefault.registry.store import Registry
from serving.cluster.cases import cases_of
from serving.cluster.errors import RolloutError
from serving.cluster.smoke import Case, Place, Smoke
from serving.commands.finding import find
from serving.commands.folders import fetched
from serving.commands.process import free_port, is_ready, server, until_asked
from serving.commands.serve import _welcome
from serving.deployment import deploy
from serving.model_folder import read_folder
from serving.watching.judge import open_judge

NAME = "press-degradation"


@pytest.fixture(scope="module")
def workshop(worn, tmp_path_factory):
    """A registered degradation model, in a folder with a registry of its own."""
    place, made = tmp_path_factory.mktemp("workshop"), worn()
    patch = pytest.MonkeyPatch()
    patch.setenv("RAREFAULT_HOME", str(place / "home"))
    patch.delenv("RAREFAULT_REGISTRY", raising=False)
    patch.delenv("RAREFAULT_STATE", raising=False)
    made.signals.write(place / "train")
    made.model.save(place / "evaluation" / "selected")
    tags = {"kind": "vibration", "data": "press", "data_fingerprint": "f00d", "strategy": "vae", "code_version": "1"}
    example = pd.DataFrame({"machine": ["press"], "snapshot": [made.signals.snapshots[0].astype(float).tolist()]})
    store = Registry()
    version = store.register(
        NAME,
        place / "evaluation" / "selected",
        run_id="1" * 32,
        tags={**tags, "metrics": {"monotonicity": 0.5}, "decision": "It waits."},
        metrics={},
        example=example,
        output=pd.DataFrame({"indicator": [1.0]}),
    )
    store.promote(NAME, str(version.version))
    (place / "registered.json").write_text(json.dumps({"name": NAME, "version": str(version.version)}))
    yield place, store
    patch.undo()


def test_from_the_registry_to_a_server(workshop, worn):
    place, store = workshop
    assert open_judge(NAME).rule == read_folder(worn().folder).rule  # not exported yet: as it was trained
    numbers = deploy(
        *(str(place / name) for name in ("evaluation", "train", "registered.json", "exported", "service.yaml")),
        record=str(place / "record"),
        settings={"state_secret": "machines"},
    )
    assert numbers["labels_differ"] == 0 and numbers["rows"] == 40
    folder = read_folder(place / "exported")
    assert (folder.name, folder.version, folder.classifier, folder.strategy) == (NAME, "1", "vae", "vae")
    objects = {one["kind"]: one for one in yaml.safe_load_all((place / "service.yaml").read_text())}
    [env] = objects["InferenceService"]["spec"]["predictor"]["model"]["env"]
    assert env["valueFrom"]["secretKeyRef"] == {"name": "machines", "key": "url"}

    version, alias = find(store, "")
    assert (version.name, alias) == (NAME, "champion")
    served = fetched(store, version)
    assert open_judge(f"{NAME}@champion").key == folder.digest
    cases = cases_of(store, version, read_folder(served))
    port = free_port("127.0.0.1", 0)
    where = Place(f"http://127.0.0.1:{port}")
    with until_asked() as stop, server(served, NAME, "127.0.0.1", port) as process:
        assert is_ready(process, "127.0.0.1", port, stop)
        for _ in range(2):  # a trial changes nothing for the next
            assert Smoke(NAME, cases).until_right(lambda: where, "1", 10) == where
        wrong = [Case(cases[0].row, cases[0].probability * 1.01, "healthy", cases[0].tolerance)]
        with pytest.raises(RolloutError, match="is registered"):
            Smoke(NAME, wrong).until_right(lambda: where, "1", 10)
        command = next(line for line in _welcome(served, NAME, "127.0.0.1", port, "it").splitlines() if "curl" in line)
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
        [prediction] = json.loads(done.stdout)["predictions"]
        assert prediction["machine"] == "example" and prediction["state"] == "healthy"


def test_other_kinds_are_no_model_for_the_monitor(workshop, worn, monkeypatch):
    _, store = workshop
    version, _ = find(store, NAME)
    monkeypatch.setitem(version.tags, "kind", "classifier")
    monkeypatch.setattr("serving.commands.finding.find", lambda *given: (version, ""))
    with pytest.raises(InputError, match="a model of another kind"):
        open_judge(NAME)


def test_the_saved_and_the_exported_model_agree(workshop, worn):
    place, _ = workshop
    x = worn().signals.snapshots[:5]
    saved, exported = open_judge(str(place / "evaluation" / "selected")), open_judge(str(worn().folder))
    np.testing.assert_allclose(saved.indicate(x), exported.indicate(x), rtol=1e-5)
    assert saved.rule == exported.rule and saved.form.shape == exported.form.shape
