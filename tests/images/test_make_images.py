"""`make images` as a person uses it: names by git commit, pushed to the registry given."""

import json
import urllib.request

import pytest

pytestmark = pytest.mark.images


@pytest.mark.parametrize("which", ["train", "serve"])
def test_the_images_are_named_by_the_commit_and_pushed(docker, images, which):
    name = getattr(images, which)
    tag = images.commit[:12]
    assert name == f"{images.registry}/rarefault/{which}:{tag}"
    with urllib.request.urlopen(f"http://{images.registry}/v2/rarefault/{which}/tags/list", timeout=30) as answer:
        assert json.load(answer) == {"name": f"rarefault/{which}", "tags": [tag]}
    kind = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    request = urllib.request.Request(f"http://{images.registry}/v2/rarefault/{which}/manifests/{tag}", headers=kind)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["config"]["digest"] == docker("inspect", "-f", "{{.Id}}", name)
