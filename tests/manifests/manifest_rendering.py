"""Kustomize's rendering: by kubectl or kustomize where one is installed, else by the few rules that manifests/ uses.

A test holds the two against each other, so that the manifests are checked on machines that have neither.
"""

import copy
import re
import shutil
import subprocess
from functools import reduce
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = sorted(path.parent.name for path in (ROOT / "manifests/overlays").glob("*/kustomization.yaml"))
KNOWN = {"apiVersion", "kind", "resources", "components", "labels", "configMapGenerator", "images", "patches"}


def renderer():
    """The command that renders a folder, or None."""
    for words in (["kubectl", "kustomize"], ["kustomize", "build"]):
        if shutil.which(words[0]):
            return words
    return None


def by_kustomize(folder):
    """What `kubectl kustomize` makes of a folder."""
    done = subprocess.run([*renderer(), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def by_rules(folder):
    """The same without kustomize."""
    objects = _accumulated(folder, [])
    return [part for part in objects if not _local(part)]


def _accumulated(folder, objects):
    wanted = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(wanted) <= KNOWN | {"replacements"}, f"{folder} uses what the rules do not know"
    made = list(objects)
    for name in wanted.get("resources", []):
        path = folder / name
        made += _accumulated(path, []) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))
    made += [_config_map(folder, entry) for entry in wanted.get("configMapGenerator", [])]
    for name in wanted.get("components", []):
        made = _accumulated(folder / name, made)
    for patch in wanted.get("patches", []):
        _patch(made, patch)
    for replacement in wanted.get("replacements", []):
        _replace(made, replacement)
    for pairs in wanted.get("labels", []):
        for part in made:
            part["metadata"].setdefault("labels", {}).update(pairs["pairs"])
    for image in wanted.get("images", []):
        for container in containers(made):
            _rename(container, image)
    return made


def _local(part):
    return part["metadata"].get("annotations", {}).get("config.kubernetes.io/local-config") == "true"


def _config_map(folder, entry):
    assert entry["options"]["disableNameSuffixHash"]
    files = (name.split("=") for name in entry["files"])
    metadata = {"name": entry["name"], "namespace": entry["namespace"], "labels": dict(entry["options"]["labels"])}
    data = {key: (folder / path).read_text() for key, path in files}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _selected(objects, kind, name):
    found = [part for part in objects if part["kind"] == kind and part["metadata"]["name"] == name]
    assert found, f"no {kind} {name}"
    return found


def _patch(objects, patch):
    for part in _selected(objects, patch["target"]["kind"], patch["target"]["name"]):
        for step in yaml.safe_load(patch["patch"]):
            assert step["op"] == "replace"
            *above, last = step["path"].removeprefix("/").split("/")
            holder = reduce(_inside, above, part)
            assert last in holder
            holder[last] = step["value"]


def _inside(holder, key):
    return holder[int(key)] if isinstance(holder, list) else holder[key]


def _replace(objects, replacement):
    source = replacement["source"]
    [part] = _selected(objects, source["kind"], source["name"])
    value = reduce(_inside, source["fieldPath"].split("."), part)
    for target in replacement["targets"]:
        for found in _selected(objects, target["select"]["kind"], target["select"]["name"]):
            for path in target["fieldPaths"]:
                *above, last = [word.strip("[]") for word in re.findall(r"\[[^]]+\]|[^.]+", path)]
                holder = reduce(_inside, above, found)
                assert last in holder
                holder[last] = value


def _rename(container, image):
    name, _, tag = container["image"].rpartition(":")
    if name == image["name"]:
        container["image"] = f"{image.get('newName', name)}:{image.get('newTag', tag)}"


def containers(part):
    """Every container anywhere in an object or in a list of them."""
    if isinstance(part, list):
        for item in part:
            yield from containers(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("containers", "initContainers"):
                yield from value
            else:
                yield from containers(value)


def rendered(overlay):
    """The objects of an overlay."""
    folder = ROOT / "manifests/overlays" / overlay
    return copy.deepcopy(by_kustomize(folder) if renderer() else by_rules(folder))


def key_of(part):
    """What names an object."""
    return part["kind"], part["metadata"].get("namespace", ""), part["metadata"]["name"]


def every(objects, kind):
    """The objects of a kind."""
    return [part for part in objects if part["kind"] == kind]


def names(objects, kind):
    """What the objects of a kind are called."""
    return {part["metadata"]["name"] for part in every(objects, kind)}


def pods(objects):
    """Name and template of each workload's pods, and the pod that stands alone."""
    for part in objects:
        if part["kind"] in ("Deployment", "StatefulSet"):
            yield part["metadata"]["name"], part["spec"]["template"]
        elif part["kind"] == "Pod":
            yield part["metadata"]["name"], part


def walk(part, path=()):
    """Every path to a value, with the value."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(value, (dict, list)):
            yield from walk(value, (*path, key))
        else:
            yield (*path, key), value
