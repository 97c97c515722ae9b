"""Where and how a network is trained: device, precision, compilation, and random numbers of its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

from rarefault.generators.table.wgan_training import find_device

Precision = Literal["auto", "fp32", "bf16", "fp16"]
Compile = Literal["auto", "none", "default", "graphs"]
N = TypeVar("N", bound=nn.Module)
F = TypeVar("F", bound=Callable[..., object])

_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
_MODES = {"default": "default", "graphs": "reduce-overhead"}


class Placement:
    """Puts networks and images on a device, and runs them in a precision, compiled or not.

    device: "cpu", "cuda" or "auto" (a GPU if there is one); precision "auto": bf16 on a GPU that has it, else fp32;
    compile "auto": "default" on a GPU, "none" on the CPU, where compiling takes longer than a short training;
    "graphs" also records CUDA graphs. Raises ValueError when "cuda" is asked for but absent.
    """

    def __init__(self, device: str = "auto", precision: Precision = "auto", compile: Compile = "auto") -> None:
        self.device = find_device(device)
        on_gpu = self.device.type == "cuda"
        if precision == "auto":
            precision = "bf16" if on_gpu and torch.cuda.is_bf16_supported() else "fp32"
        self.precision = precision
        self.compile = ("default" if on_gpu else "none") if compile == "auto" else compile
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=precision == "fp16")

    def put(self, network: N) -> N:
        """The network on the device, its filters laid out channels-last."""
        return network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def images(self, pixels: Tensor) -> Tensor:
        """Images (n, c, h, w) on the device, channels-last."""
        return pixels.to(self.device, memory_format=torch.channels_last)

    def autocast(self) -> AbstractContextManager[object]:
        """The context in which networks compute; gradients are taken outside."""
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, _TYPES[self.precision])

    def compiled(self, function: F) -> F:
        """The function, compiled if that was asked for."""
        if self.compile == "none":
            return function
        return torch.compile(function, mode=_MODES[self.compile], dynamic=False)  # type: ignore[return-value]

    def update(self, loss: Tensor, optimiser: torch.optim.Optimizer) -> None:
        """Backpropagate the loss and take one step; gradients are cleared before."""
        optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(optimiser)
        self.scaler.update()


class Randomness:
    """torch's global random state, apart for one training: in force inside `with own.used():`, put back after.

    Layers such as dropout, and compiled code, know no other source than the global one.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        with self._kept():
            torch.manual_seed(seed)
            self.state = self._now()

    @contextmanager
    def used(self) -> Iterator[None]:
        """Go on with these numbers; the caller's come back at the end."""
        with self._kept():
            self._set(self.state)
            try:
                yield
            finally:
                self.state = self._now()

    def _kept(self) -> AbstractContextManager[None]:
        return torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else [])

    def _now(self) -> dict[str, Tensor]:
        state = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            state["cuda"] = torch.cuda.get_rng_state(self.device)
        return state

    def _set(self, state: dict[str, Tensor]) -> None:
        torch.set_rng_state(state["cpu"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"], self.device)
