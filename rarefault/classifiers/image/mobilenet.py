"""MobileNetV2 (Sandler et al., 2018, "Inverted residuals and linear bottlenecks", Table 2)."""

from torch import Tensor, nn

from rarefault.classifiers.image.network import Network, draw_he

_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, blocks and first stride of each stage."""
_LAST = 1280


class InvertedResidual(nn.Module):
    """Widen by a 1x1 convolution, filter each channel by 3x3, narrow by 1x1 without a ReLU; add the input if it fits.

    The section numbers 3.1 to 3.3 of the paper say why.
    """

    def __init__(self, n_in: int, n_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = n_in * expansion
        widen = _convolution(n_in, hidden, 1) if expansion != 1 else []
        self.layers = nn.Sequential(
            *widen,
            *_convolution(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, n_out, 1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        self.adds = stride == 1 and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, n_in, h, w) to (n, n_out, h / stride, w / stride)."""
        out: Tensor = self.layers(x)
        return x + out if self.adds else out


class MobileNetV2(Network):
    """A 3x3 convolution, seventeen inverted residuals, a 1x1 convolution, the mean of each channel, one dense layer.

    With small_stem the first convolution keeps the size.
    """

    def build(self) -> None:
        """Make the layers."""
        n_in = _rounded(32 * self.width)
        layers = _convolution(self.channels, n_in, 3, 1 if self.small_stem else 2)
        for expansion, channels, blocks, stride in _STAGES:
            n_out = _rounded(channels * self.width)
            for block in range(blocks):
                layers.append(InvertedResidual(n_in, n_out, 1 if block else stride, expansion))
                n_in = n_out
        last = _rounded(_LAST * max(1.0, self.width))  # the paper narrows every layer but this one
        layers += _convolution(n_in, last, 1)
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2))
        self.head = nn.Linear(last, self.classes)
        draw_he(self)
        nn.init.normal_(self.head.weight, 0.0, 0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes) of images x (n, channels, size, size)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def _convolution(n_in: int, n_out: int, side: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(n_in, n_out, side, stride, side // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(n_out), nn.ReLU6(inplace=True)]


def _rounded(channels: float) -> int:
    """The nearest multiple of 8, but not less than nine tenths of what was asked for."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8
