"""ResNet-18 (He et al., 2016, "Deep residual learning for image recognition", Table 1)."""

from torch import Tensor, nn

from rarefault.classifiers.image.network import Network, draw_he

_BLOCKS = (2, 2, 2, 2)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, n_in, h, w) to (n, n_out, h / stride, w / stride)."""
        out: Tensor = self.relu(self.residual(x) + self.shortcut(x))
        return out


class ResNet18(Network):
    """A 7x7 stem with max pooling, four stages of two basic blocks, the mean of each channel, one dense layer.

    With small_stem the stem is one 3x3 convolution that keeps the size, as for CIFAR images (section 4.2).
    """

    def build(self) -> None:
        """Make the layers."""
        widths = [max(8, round(self.width * n)) for n in (64, 128, 256, 512)]
        side, stride = (3, 1) if self.small_stem else (7, 2)
        layers: list[nn.Module] = [
            nn.Conv2d(self.channels, widths[0], side, stride, side // 2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        ]
        if not self.small_stem:
            layers.append(nn.MaxPool2d(3, 2, 1))
        n_in = widths[0]
        for stage, (n_out, blocks) in enumerate(zip(widths, _BLOCKS, strict=True)):
            for block in range(blocks):
                layers.append(BasicBlock(n_in, n_out, 2 if stage and not block else 1))
                n_in = n_out
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(widths[-1], self.classes)
        draw_he(self)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes) of images x (n, channels, size, size)."""
        logits: Tensor = self.head(self.features(x))
        return logits
