"""LeakyReLU and dropout in one layer."""

import pytest
import torch

from rarefault.generators.image.leaky_dropout import LeakyDropout, kept


@pytest.mark.parametrize(("p", "share"), [(0.25, 0.25), (0.5, 0.5), (0.1, 26 / 256)])
def test_drops_the_share_and_keeps_the_mean(p, share):
    torch.manual_seed(0)
    factor = kept(torch.empty(200, 999), p)  # a number of values that eight does not divide
    assert factor.unique().tolist() == [0.0, pytest.approx(1 / (1 - share))]
    assert (factor == 0).float().mean() == pytest.approx(share, abs=0.005)
    assert factor.mean() == pytest.approx(1.0, abs=0.01)
    rows = factor == 0
    assert (rows[:, :-1] & rows[:, 1:]).float().mean() == pytest.approx(share**2, abs=0.005)


def test_passes_on_and_back_what_torchs_layers_would():
    torch.manual_seed(0)
    x = torch.randn(4, 3, 5, 6).to(memory_format=torch.channels_last).requires_grad_()
    made = LeakyDropout(0.2, 0.25)(x * 1.0)
    slopes = torch.where(x > 0, 1.0, 0.2) * (made != 0) / 0.75
    torch.testing.assert_close(made, x * slopes)
    made.backward(torch.full_like(made, 3.0))
    torch.testing.assert_close(x.grad, 3.0 * slopes)


def test_drops_nothing_when_not_training():
    layer = LeakyDropout(0.2, 0.25).eval()
    torch.testing.assert_close(layer(torch.tensor([1.0, -1.0])), torch.tensor([1.0, -0.2]))
