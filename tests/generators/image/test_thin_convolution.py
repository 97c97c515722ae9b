import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as nnf

from rarefault.generators.image.thin_convolution import block_of, thin_convolution
from rarefault.generators.image.translation_networks import Convolution


@pytest.mark.parametrize(
    ("n_out", "height", "width", "side"),
    [(1, 64, 64, 4), (1, 62, 64, 2), (1, 63, 64, 1), (3, 64, 64, 2), (4, 64, 64, 2), (5, 64, 64, 1), (3, 64, 63, 1)],
)
def test_blocks_fill_sixteen_channels(n_out: int, height: int, width: int, side: int) -> None:
    assert block_of(n_out, torch.Size((2, 8, height, width))) == side


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(1, 2),
    n_in=st.integers(1, 5),
    n_out=st.integers(1, 4),
    half=st.integers(0, 3),
    padded=st.booleans(),
    side=st.sampled_from([1, 2, 4]),
    blocks=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    biased=st.booleans(),
)
def test_it_is_torchs_there_and_back(
    n: int, n_in: int, n_out: int, half: int, padded: bool, side: int, blocks: tuple[int, int], biased: bool
) -> None:
    padding = half if padded else 0
    height, width = (side * count + 2 * (half - padding) for count in blocks)
    x = torch.randn(n, n_in, height, width, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(n_out, n_in, 2 * half + 1, 2 * half + 1, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(n_out, dtype=torch.float64, requires_grad=True) if biased else None
    found, wanted = thin_convolution(x, weight, bias, padding, side), nnf.conv2d(x, weight, bias, padding=padding)
    torch.testing.assert_close(found, wanted)
    sources = [x, weight] if bias is None else [x, weight, bias]
    along = torch.randn_like(wanted)
    for one, other in zip(
        torch.autograd.grad(found, sources, along), torch.autograd.grad(wanted, sources, along), strict=True
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("reflect", [False, True])
@pytest.mark.parametrize("n_out", [1, 3, 20])
@pytest.mark.parametrize("size", [16, 18, 15])
def test_a_layer_is_the_same_on_the_cpu_and_compiled(
    reflect: bool, n_out: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Convolution(6, n_out, 7, reflect=reflect, bias=True)
    x = torch.randn(2, 6, size, size)
    found = layer(x)
    monkeypatch.setattr("torch.compiler.is_compiling", lambda: True)  # then it is torch's own
    torch.testing.assert_close(found, layer(x), rtol=1e-4, atol=1e-5)
