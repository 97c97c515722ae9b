"""An inspector from the registry to a server: exported by the deploy step, found, fetched, tried, told how to ask."""

import json
import shutil
import subprocess

import pandas as pd
import pytest
import yaml
from small_inspector import make_images

from rarefault.errors import InputError
from rarefault.registry.attachments import fetch
from rarefault.registry.image_answers import told, written
from rarefault.registry.store import Registry
from serving.cluster.cases import cases_of
from serving.cluster.errors import RolloutError
from serving.cluster.smoke import Case, Place, Smoke
from serving.commands.finding import find
from serving.commands.folders import fetched
from serving.commands.process import free_port, is_ready, server, until_asked
from serving.commands.serve import _welcome
from serving.deployment import PLACE, deploy
from serving.model_folder import read_folder

NAME = "steel-inspector"


@pytest.fixture(scope="module")
def workshop(inspected, tmp_path_factory):
    """A registered and deployed inspector, in a folder with a registry of its own."""
    place, made = tmp_path_factory.mktemp("workshop"), inspected()
    patch = pytest.MonkeyPatch()
    patch.setenv("RAREFAULT_HOME", str(place / "home"))
    patch.delenv("RAREFAULT_REGISTRY", raising=False)
    made.images.write(place / "train")
    made.inspector.save(place / "evaluation" / "selected")
    store, pictures = Registry(), make_images(n=3, seed=9).images
    tags = {"kind": "inspector", "data": "surfaces", "data_fingerprint": "f00d", "strategy": "untouched"}
    version = store.register(
        NAME,
        place / "evaluation" / "selected",
        run_id="1" * 32,
        tags={**tags, "code_version": "1", "metrics": {"macro_f1": 0.9}, "decision": "It waits."},
        metrics={},
        example=pd.DataFrame({"image": written(pictures)}),
        output=told(made.inspector.probabilities(pictures), made.inspector.classes_),
    )
    store.promote(NAME, str(version.version))
    (place / "registered.json").write_text(json.dumps({"name": NAME, "version": str(version.version)}))
    yield place, store
    patch.undo()


def run(place, **settings):
    return deploy(
        str(place / "evaluation"),
        str(place / "train"),
        str(place / "registered.json"),
        str(place / "exported"),
        str(place / "service.yaml"),
        record=str(place / "record"),
        settings=settings,
    )


@pytest.fixture(scope="module")
def deployed(workshop):
    place, store = workshop
    return place, store, run(place)


def test_the_deploy_step_exports_it_and_keeps_it_with_its_version(deployed, tmp_path):
    place, store, numbers = deployed
    assert numbers["labels_differ"] == 0 and numbers["rows"] == 48 and numbers["largest_difference"] < 1e-4
    folder = read_folder(place / "exported")
    assert (folder.name, folder.version, folder.classifier) == (NAME, "1", "table5-cnn")
    assert folder.strategy == "untouched" and folder.facts["metrics"] == {"macro_f1": 0.9}
    version = store.version(NAME, "champion")
    assert read_folder(fetch(store, version, PLACE, tmp_path)).digest == folder.digest


def test_its_objects_ask_for_what_a_network_needs(deployed):
    place, _, _ = deployed
    objects = {one["kind"]: one for one in yaml.safe_load_all((place / "service.yaml").read_text())}
    model = objects["InferenceService"]["spec"]["predictor"]["model"]
    assert model["runtime"] == "rarefault" and model["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}
    run(place, memory="2Gi")
    text = (place / "service.yaml").read_text()
    assert "memory: 2Gi" in text and "memory: 1Gi" not in text


def test_the_same_step_again_takes_what_is_kept(deployed):
    place, _, numbers = deployed
    shutil.rmtree(place / "evaluation" / "selected")
    again = run(place)
    assert all(again[name] == numbers[name] for name in ("rows", "largest_difference", "labels_differ"))


def test_it_is_found_like_a_classifier(deployed):
    _, store, _ = deployed
    assert find(store, "")[0].name == NAME and find(store, f"{NAME}@champion")[1] == "champion"
    with pytest.raises(InputError, match="registered models: steel-inspector"):
        find(store, "other")


def test_it_is_served_and_tried_with_its_test_images(deployed):
    _, store, _ = deployed
    version, _ = find(store, NAME)
    folder = fetched(store, version)
    cases = cases_of(store, version, read_folder(folder))
    assert len(cases) == 3 + 4
    port = free_port("127.0.0.1", 0)
    place = Place(f"http://127.0.0.1:{port}")
    with until_asked() as stop, server(folder, NAME, "127.0.0.1", port) as process:
        assert is_ready(process, "127.0.0.1", port, stop)
        smoke = Smoke(NAME, cases)
        assert smoke.until_right(lambda: place, "1", 10) == place and smoke.requests == 7
        wrong = [Case(cases[0].row, cases[0].probability - 0.01, cases[0].label, cases[0].tolerance)]
        with pytest.raises(RolloutError, match="is registered"):
            Smoke(NAME, wrong).until_right(lambda: place, "1", 10)
        told_ = _welcome(folder, NAME, "127.0.0.1", port, "it")
        command = next(line for line in told_.splitlines() if "curl" in line)
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
        [prediction] = json.loads(done.stdout)["predictions"]
        assert prediction["label"] in read_folder(folder).classes
