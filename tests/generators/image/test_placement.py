"""Device, precision, and random numbers apart from the caller's."""

import pytest
import torch
from torch import nn

from rarefault.generators.image.placement import Placement, Randomness

CPU = torch.device("cpu")


def test_on_the_cpu_nothing_is_compiled_and_numbers_have_32_bits():
    place = Placement("cpu")
    assert (place.precision, place.compile) == ("fp32", "none")
    assert place.compiled(len) is len
    with place.autocast():
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.float32


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_absent_is_refused():
    with pytest.raises(ValueError, match="'cuda' is not available here; accepted: 'cpu', 'auto'"):
        Placement("cuda")
    assert Placement("auto").device == CPU


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_learns_in_half_precision(precision, dtype):
    place = Placement("cpu", precision)
    network = place.put(nn.Linear(2, 1))
    optimiser = torch.optim.SGD(network.parameters(), 0.1)
    before = network.weight.clone()
    for _ in range(20):  # fp16's scale begins too high, and is halved until the gradients fit
        with place.autocast():
            made = network(torch.ones(1, 2))
        assert made.dtype == dtype
        place.update(made.float().square().mean(), optimiser)
    assert not torch.equal(before, network.weight)
    assert network.weight.dtype == torch.float32


def test_networks_and_images_lie_channels_last():
    place = Placement("cpu")
    assert place.put(nn.Conv2d(3, 4, 3)).weight.is_contiguous(memory_format=torch.channels_last)
    assert place.images(torch.ones(2, 3, 4, 4)).is_contiguous(memory_format=torch.channels_last)


def test_random_numbers_go_on_and_leave_the_callers_alone():
    torch.manual_seed(7)
    callers = torch.get_rng_state()
    own, whole = Randomness(1, CPU), Randomness(1, CPU)
    with own.used():
        first = torch.randn(3)
    with own.used():
        second = torch.randn(3)
    with whole.used():
        both = torch.randn(3), torch.randn(3)
    assert torch.equal(torch.get_rng_state(), callers)
    assert torch.equal(first, both[0])
    assert torch.equal(second, both[1])


def test_random_numbers_are_put_back_after_an_error():
    callers = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt), Randomness(1, CPU).used():
        torch.randn(3)
        raise KeyboardInterrupt
    assert torch.equal(torch.get_rng_state(), callers)


def test_compiled_functions_are_what_torch_compiles():
    place = Placement("cpu", compile="default")
    assert place.compiled(len) is not len
