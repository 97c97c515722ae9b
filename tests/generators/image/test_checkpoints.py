"""What a training leaves in its file, and takes up again."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from rarefault.errors import InputError
from rarefault.generators.image import checkpoints
from rarefault.generators.image.checkpoints import fingerprint


@dataclass(frozen=True)
class Some:
    seed: int = 0


def test_reads_what_was_written_and_leaves_no_other_file(tmp_path):
    file = tmp_path / "new" / "training-0.safetensors"
    shared = torch.randn(4, 3).t()
    checkpoints.write(file, {"a": shared, "b": shared[0]}, {"fingerprint": "x", "history": {"loss": [0.1, 1 / 3]}})
    tensors, facts = checkpoints.read(file, "x")
    assert torch.equal(tensors["a"], shared)
    assert torch.equal(tensors["b"], shared[0])
    assert facts["history"]["loss"] == [0.1, 1 / 3]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_no_file_is_no_checkpoint(tmp_path):
    assert checkpoints.read(tmp_path / "none", "x") is None


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x10\x00\x00\x00\x00\x00\x00\x00{}"])
def test_a_damaged_file_is_one_clear_line(tmp_path, content):
    file = tmp_path / "training-0.safetensors"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"no checkpoint that can be read .* delete it to start anew"):
        checkpoints.read(file, "x")


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    file = tmp_path / "training-0.safetensors"
    checkpoints.write(file, {"a": torch.ones(1)}, {"fingerprint": "x"})
    with pytest.raises(InputError, match="other settings or images"):
        checkpoints.read(file, "y")


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    file = tmp_path / "training-0.safetensors"
    checkpoints.write(file, {"a": torch.ones(1)}, {"fingerprint": "x"})
    with pytest.raises(TypeError):
        checkpoints.write(file, {"a": torch.zeros(1)}, {"fingerprint": object()})
    assert checkpoints.read(file, "x")[0]["a"] == 1.0


def test_the_fingerprint_knows_settings_values_and_shapes():
    x = np.arange(6, dtype=np.uint8)
    known = {
        fingerprint(Some(), x),
        fingerprint(Some(1), x),
        fingerprint(Some(), x[::-1]),
        fingerprint(Some(), x.reshape(2, 3)),
    }
    assert len(known) == 4
    assert fingerprint(Some(), x) == fingerprint(Some(), x.copy())


def test_an_optimiser_goes_on_where_it_was_in_any_memory_layout():
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))

    def learner():
        torch.manual_seed(0)
        network = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        return network, torch.optim.Adam(network.parameters(), lr=0.1, fused=True)

    def learn(network, optimiser, times):
        for _ in range(times):
            optimiser.zero_grad()
            network(x).square().sum().backward()
            optimiser.step()

    whole, other, fresh = learner(), learner(), learner()
    learn(*whole, 5)
    learn(*other, 2)
    kept = {**checkpoints.networks_state({"n": other[0]}), **checkpoints.optimisers_state({"o": other[1]})}
    kept = {name: value.clone(memory_format=torch.contiguous_format) for name, value in kept.items()}
    checkpoints.restore_networks({"n": fresh[0]}, kept)
    checkpoints.restore_optimisers({"o": fresh[1]}, kept)
    learn(*fresh, 3)
    assert torch.equal(whole[0].weight, fresh[0].weight)
