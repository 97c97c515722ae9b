"""What every network of an inspector is: a stack from images to one number a class."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

SMALLEST = 32
"""Images are squares whose side is a multiple of this."""


class Network(nn.Module, ABC):
    """Images (n, channels, size, size), scaled to [-1, 1], to logits (n, classes).

    width multiplies the number of channels of every layer; small_stem leaves the first layers' reduction out, for
    images of 64 pixels or less. The export to ONNX traces `forward`, so it may use only the layers that
    `rarefault.classifiers.image.onnx_graph` knows.
    """

    has_stem: ClassVar[bool] = True
    """Whether small_stem changes anything."""

    def __init__(self, channels: int, classes: int, size: int, width: float = 1.0, small_stem: bool = False) -> None:
        super().__init__()
        self.channels, self.classes, self.size, self.width, self.small_stem = channels, classes, size, width, small_stem
        self.build()

    @abstractmethod
    def build(self) -> None:
        """Make the layers and draw their weights."""

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes) of images x (n, channels, size, size)."""


def draw_he(network: nn.Module) -> None:
    """Draw the weights of all convolutions as He et al. (2015) do, by the fan of their outputs."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def count_parameters(network: nn.Module) -> int:
    """How many numbers training changes."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
