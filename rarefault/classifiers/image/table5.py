"""The classification network of Table 5 of the ball-screw paper: three convolutions and two dense layers."""

from typing import ClassVar

from torch import Tensor, nn

from rarefault.classifiers.image.network import Network


class Table5CNN(Network):
    """Convolutions 5x5@16, 5x5@32 and 3x3@64, each with batch norm, ReLU and max pooling; dense 64; dense k."""

    has_stem: ClassVar[bool] = False

    def build(self) -> None:
        """Make the layers; the convolutions have no bias, for the batch norm after each would undo it."""
        narrow, middle, wide = (max(1, round(self.width * n)) for n in (16, 32, 64))
        self.features = nn.Sequential(
            *_stage(self.channels, narrow, 5), *_stage(narrow, middle, 5), *_stage(middle, wide, 3), nn.Flatten()
        )
        hidden = max(8, round(self.width * 64))
        self.head = nn.Sequential(
            nn.Linear(wide * (self.size // 8) ** 2, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, self.classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes) of images x (n, channels, size, size)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def _stage(n_in: int, n_out: int, side: int) -> list[nn.Module]:
    """Half the side of what comes in; the ReLU after the maximum is the same function, at a quarter of its cost."""
    convolution = nn.Conv2d(n_in, n_out, side, padding=side // 2, bias=False)
    return [convolution, nn.BatchNorm2d(n_out), nn.MaxPool2d(2), nn.ReLU(inplace=True)]
