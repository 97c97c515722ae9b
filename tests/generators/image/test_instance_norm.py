import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as nnf

from rarefault.generators.image.instance_norm import InstanceNorm


def norm_of(channels: int, affine: bool) -> InstanceNorm:
    norm = InstanceNorm(channels, affine)
    if norm.weight is not None and norm.bias is not None:
        with torch.no_grad():
            norm.weight.uniform_(0.5, 2)
            norm.bias.normal_()
    return norm


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 3),
    channels=st.integers(1, 20),
    height=st.integers(2, 9),
    width=st.integers(1, 9),
    affine=st.booleans(),
    level=st.floats(-100, 100),
    last=st.booleans(),
)
def test_it_is_torchs_there_and_back(
    n: int, channels: int, height: int, width: int, affine: bool, level: float, last: bool
) -> None:
    layout = torch.channels_last if last else torch.contiguous_format
    norm = norm_of(channels, affine).double()
    seen = [(torch.randn(n, channels, height, width).double() + level).contiguous(memory_format=layout) for _ in "ab"]
    given_back, images = seen
    # Torch's own gradient of a single image is wrong where that lies channels-last.
    own, torchs = images.clone().requires_grad_(), images.contiguous().clone().requires_grad_()
    found, wanted = norm(own), nnf.instance_norm(torchs, weight=norm.weight, bias=norm.bias)
    torch.testing.assert_close(found, wanted)
    assert found.is_contiguous(memory_format=torch.channels_last)
    weights = [p for p in (norm.weight, norm.bias) if p is not None]
    for one, other in zip(
        torch.autograd.grad(found, [own, *weights], given_back),
        torch.autograd.grad(wanted, [torchs, *weights], given_back.contiguous()),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("affine", [False, True])
def test_gradients_are_the_slopes(affine: bool) -> None:
    norm = norm_of(2, affine).double()
    assert torch.autograd.gradcheck(norm, torch.randn(2, 2, 3, 3, dtype=torch.float64, requires_grad=True))


@pytest.mark.parametrize("side", [4, 6, 7, 48, 64])
def test_a_constant_channel_becomes_zero_but_for_rounding(side: int) -> None:
    made: Tensor = InstanceNorm(1, affine=False)(torch.full((1, 1, side, side), 3.0))
    assert made.abs().max() < 1e-3


def test_under_autocast_it_is_torchs() -> None:
    x, norm = torch.randn(2, 3, 8, 8), norm_of(3, True)
    with torch.autocast("cpu", torch.bfloat16):
        made = norm(x)
    torch.testing.assert_close(made, nnf.instance_norm(x, weight=norm.weight, bias=norm.bias), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("affine", [False, True])
def test_what_comes_out_cannot_be_changed_in_place(affine: bool) -> None:
    made = InstanceNorm(3, affine)(torch.randn(1, 3, 4, 4, requires_grad=True))
    with pytest.raises(RuntimeError, match="modified inplace"):
        made.mul_(2)


def test_a_second_derivative_is_refused() -> None:
    x = torch.randn(1, 3, 4, 4, requires_grad=True)
    (slope,) = torch.autograd.grad((InstanceNorm(3, affine=False)(x) ** 3).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()
