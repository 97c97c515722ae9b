"""The FID's Inception-v3 once more, in plain torch, with random weights: what the graph is compared with."""

import torch
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, max_pool2d

ROW, COLUMN = ((1, 7), (0, 3)), ((7, 1), (3, 0))


class Reference:
    """Makes the weights of a unit when it is first used, under the names of torch's state dict."""

    def __init__(self) -> None:
        self.random = torch.Generator().manual_seed(0)
        self.weights: dict[str, torch.Tensor] = {}

    def unit(self, x, name, outputs, kernel=(1, 1), padding=(0, 0), stride=1):
        names = [f"{name}.bn.{part}" for part in ("running_mean", "running_var", "weight", "bias")]
        if names[0] not in self.weights:
            shape = (outputs, x.shape[1], *kernel)
            fan = x.shape[1] * kernel[0] * kernel[1]
            self.weights[f"{name}.conv.weight"] = torch.randn(shape, generator=self.random) * (2 / fan) ** 0.5
            uniform = torch.rand((4, outputs), generator=self.random)
            self.weights |= dict(zip(names, uniform + torch.tensor([[-0.5], [0.5], [0.5], [-0.5]]), strict=True))
        y = conv2d(x, self.weights[f"{name}.conv.weight"], None, stride, padding)
        return torch.relu(batch_norm(y, *(self.weights[part] for part in names), eps=1e-3))

    def chain(self, x, name, *units):
        for k, unit in enumerate(units, start=1):
            x = self.unit(x, f"{name}_{k}", *unit)
        return x

    def block_35(self, x, at, pooled):
        return torch.cat(
            [
                self.unit(x, f"{at}.branch1x1", 64),
                self.chain(x, f"{at}.branch5x5", (48,), (64, (5, 5), (2, 2))),
                self.chain(x, f"{at}.branch3x3dbl", (64,), (96, (3, 3), (1, 1)), (96, (3, 3), (1, 1))),
                self.unit(average(x), f"{at}.branch_pool", pooled),
            ],
            1,
        )

    def block_17(self, x, at, m):
        doubled = [(m,), (m, *COLUMN), (m, *ROW), (m, *COLUMN), (192, *ROW)]
        return torch.cat(
            [
                self.unit(x, f"{at}.branch1x1", 192),
                self.chain(x, f"{at}.branch7x7", (m,), (m, *ROW), (192, *COLUMN)),
                self.chain(x, f"{at}.branch7x7dbl", *doubled),
                self.unit(average(x), f"{at}.branch_pool", 192),
            ],
            1,
        )

    def block_8(self, x, at, pooled):
        single = self.unit(x, f"{at}.branch3x3_1", 384)
        double = self.chain(x, f"{at}.branch3x3dbl", (448,), (384, (3, 3), (1, 1)))
        halves = [
            self.unit(y, f"{at}.{name}{side}", 384, *shape)
            for y, name in ((single, "branch3x3_2"), (double, "branch3x3dbl_3"))
            for side, shape in (("a", ((1, 3), (0, 1))), ("b", ((3, 1), (1, 0))))
        ]
        first, last = self.unit(x, f"{at}.branch1x1", 320), self.unit(pooled, f"{at}.branch_pool", 192)
        return torch.cat([first, *halves, last], 1)

    def __call__(self, x):
        """Images (n, 3, 299, 299) in [-1, 1] -> features (n, 2048)."""
        x = self.unit(x, "Conv2d_1a_3x3", 32, (3, 3), stride=2)
        x = self.unit(self.unit(x, "Conv2d_2a_3x3", 32, (3, 3)), "Conv2d_2b_3x3", 64, (3, 3), (1, 1))
        x = self.unit(self.unit(halved(x), "Conv2d_3b_1x1", 80), "Conv2d_4a_3x3", 192, (3, 3))
        x = halved(x)
        for name, pooled in (("b", 32), ("c", 64), ("d", 64)):
            x = self.block_35(x, f"Mixed_5{name}", pooled)
        down = self.chain(x, "Mixed_6a.branch3x3dbl", (64,), (96, (3, 3), (1, 1)), (96, (3, 3), (0, 0), 2))
        x = torch.cat([self.unit(x, "Mixed_6a.branch3x3", 384, (3, 3), stride=2), down, halved(x)], 1)
        for name, middle in (("b", 128), ("c", 160), ("d", 160), ("e", 192)):
            x = self.block_17(x, f"Mixed_6{name}", middle)
        down = self.chain(x, "Mixed_7a.branch7x7x3", (192,), (192, *ROW), (192, *COLUMN), (192, (3, 3), (0, 0), 2))
        x = torch.cat([self.chain(x, "Mixed_7a.branch3x3", (192,), (320, (3, 3), (0, 0), 2)), down, halved(x)], 1)
        x = self.block_8(x, "Mixed_7b", average(x))
        return self.block_8(x, "Mixed_7c", max_pool2d(x, 3, 1, 1)).mean((2, 3))


def average(x):
    return avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def halved(x):
    return max_pool2d(x, 3, 2)
