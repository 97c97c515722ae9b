"""The exponential average of weights."""

import pytest
import torch
from torch import nn

from rarefault.generators.image.averaging import Average, recalibrate


def test_follows_its_source_and_forgets_faster_while_young():
    source = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(source.weight)
    average = Average(source, 0.5)
    nn.init.ones_(source.weight)
    average.step()
    assert average.network.weight.item() == pytest.approx(0.9)  # decay (1 + 0) / (10 + 0)
    for _ in range(8):
        average.step()
    before = 1 - average.network.weight.item()
    average.step()
    assert (1 - average.network.weight.item()) / before == pytest.approx(0.5, abs=0.05)
    assert not average.network.weight.requires_grad


def test_takes_buffers_as_they_are():
    source = nn.BatchNorm1d(2)
    average = Average(source, 0.9)
    source.running_mean.fill_(3.0)
    average.step()
    assert average.network.running_mean.tolist() == [3.0, 3.0]


def test_a_decay_of_one_is_refused():
    with pytest.raises(ValueError, match="decay must be >= 0 and < 1, got 1"):
        Average(nn.Linear(1, 1), 1)


def test_recalibrated_batch_norms_know_the_mean_and_variance_of_all_batches():
    norm = nn.BatchNorm1d(1)
    network = nn.Sequential(norm)
    batches = torch.randn(20, 50, 1, generator=torch.Generator().manual_seed(0)) * 3 + 5
    recalibrate(network, batches)
    assert norm.running_mean.item() == pytest.approx(batches.mean().item(), abs=1e-4)
    assert norm.running_var.item() == pytest.approx(batches.var().item(), rel=0.05)
    assert norm.momentum == 0.1
    assert not network.training
