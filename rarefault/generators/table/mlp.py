"""A fully connected network with hand-written gradients, and RMSProp on its flat parameter vector.

Everything is laid out features first: m rows are a (features, m) matrix. The input of each layer ends with a
feature that is always 1, so that a weight matrix (inputs + 1, outputs) holds the bias as its last row and one
matrix product gives the gradient of both. Views are made once: making one costs as much as a small kernel.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

_leaky_relu_ = torch.ops.aten.leaky_relu_.default
_leaky_relu_backward = torch.ops.aten.leaky_relu_backward.grad_input


class MLP:
    """LeakyReLU hidden layers and a linear output; `sizes` counts the features of the input, hidden and output.

    All parameters live in `flat`, their gradients in `flat_grad`; `weights` and `grads` are views, one a layer.
    """

    def __init__(
        self, sizes: Sequence[int], slope: float, device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        self.sizes, self.slope = tuple(sizes), slope
        shapes = [(n_in + 1, n_out) for n_in, n_out in pairwise(sizes)]
        self.flat = torch.zeros(sum(n * m for n, m in shapes), dtype=dtype, device=device)
        self.flat_grad = torch.zeros_like(self.flat)
        self.weights = _views(self.flat, shapes)
        self.grads = _views(self.flat_grad, shapes)

    def initialise(self, rng: torch.Generator) -> None:
        """Draw weights and biases uniformly from +-1 / sqrt(inputs), as torch.nn.Linear does; rng is on the CPU."""
        for W in self.weights:
            bound = (len(W) - 1) ** -0.5
            W.copy_(torch.empty(W.shape, dtype=W.dtype).uniform_(-bound, bound, generator=rng))

    def room(self, m: int) -> list[Tensor]:
        """The inputs of every layer for m rows, (inputs + 1, m) each, with their feature of ones set."""
        layers = [self.flat.new_empty((n + 1, m)) for n in self.sizes[:-1]]
        for H in layers:
            H[-1] = 1.0
        return layers


class Pass:
    """The way of m rows through a network; `layers` are its layers' inputs, as `MLP.room` makes them.

    deltas: (neurons, m) for each hidden layer, the gradients at its sums that the last `backward` or `slopes` left.
    """

    def __init__(self, network: MLP, layers: Sequence[Tensor]) -> None:
        m = layers[0].shape[1]
        self.slope = network.slope
        self.out = network.flat.new_empty((network.sizes[-1], m))
        self.sums = [H[:-1] for H in layers[1:]]
        self.deltas = [network.flat.new_empty((n, m)) for n in network.sizes[1:-1]]
        self._up = list(zip([W.t() for W in network.weights], layers, [*self.sums, self.out], strict=True))
        without_bias = [W[:-1] for W in network.weights[1:]]
        below = zip(without_bias, self.sums, self.deltas, [D.t() for D in self.deltas], strict=True)
        self._down = list(below)[::-1]
        self._grads = list(zip(layers, network.grads, strict=True))[::-1]

    def hidden(self) -> None:
        """Fill the hidden layers from the first layer's input."""
        for W_t, H, S in self._up[:-1]:
            torch.mm(W_t, H, out=S)
            _leaky_relu_(S, self.slope)

    def forward(self) -> Tensor:
        """Fill the hidden layers from the first layer's input; returns the linear output (outputs, m)."""
        self.hidden()
        W_t, H, out = self._up[-1]
        return torch.mm(W_t, H, out=out)

    def backward(self, delta: Tensor) -> Tensor:
        """Fill the network's gradients from the output's, `delta` (outputs, m); returns the first hidden layer's."""
        delta_t = delta.t()
        for (H, grad), (W, S, below, below_t) in zip(self._grads[:-1], self._down, strict=True):
            torch.mm(H, delta_t, out=grad)
            torch.mm(W, delta, out=below)
            # The sign of an activation is that of its sum, so the activations can stand in for the sums.
            _leaky_relu_backward(below, S, self.slope, True, grad_input=below)
            delta, delta_t = below, below_t
        H, grad = self._grads[-1]
        torch.mm(H, delta_t, out=grad)
        return delta

    def slopes(self, delta: Tensor) -> Tensor:
        """What `backward` returns, without touching the network's gradients."""
        for W, S, below, _ in self._down:
            torch.mm(W, delta, out=below)
            _leaky_relu_backward(below, S, self.slope, True, grad_input=below)
            delta = below
        return delta


class RMSProp:
    """RMSProp as torch.optim.RMSprop computes it (Tieleman and Hinton, 2012); then clips every weight to +-clip."""

    def __init__(self, network: MLP, lr: float, clip: float | None = None, alpha: float = 0.99) -> None:
        self.p, self.g = network.flat, network.flat_grad
        self.lr, self.clip, self.rest = lr, clip, 1.0 - alpha
        # As tensors these two save a conversion in every step, a tenth of its time.
        self.alpha, self.eps = (torch.tensor(value, dtype=self.p.dtype) for value in (alpha, 1e-8))
        self.mean_square = torch.zeros_like(self.p)
        self.root = torch.empty_like(self.p)

    def step(self) -> None:
        """Move the parameters one step against their gradients."""
        self.mean_square.mul_(self.alpha).addcmul_(self.g, self.g, value=self.rest)
        torch.sqrt(self.mean_square, out=self.root).add_(self.eps)
        self.p.addcdiv_(self.g, self.root, value=-self.lr)
        if self.clip is not None:
            self.p.clamp_(-self.clip, self.clip)


class RunningAverage:
    """An exponential average of a network's parameters (Yazici et al., 2019), kept in a network of its own.

    The last iterate of a GAN circles around the optimum; the average lies nearer to it. Early on the average
    covers the last tenth of the steps, so that the random start does not linger in it.
    """

    def __init__(self, network: MLP, decay: float) -> None:
        self.source, self.decay, self.steps = network.flat, decay, 0
        self.network = MLP(network.sizes, network.slope, network.flat.device, network.flat.dtype)
        self.network.flat.copy_(network.flat)

    def step(self) -> None:
        """Take in the parameters as they are now."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10.0))
        self.network.flat.lerp_(self.source, 1.0 - decay)


def _views(flat: Tensor, shapes: Sequence[tuple[int, int]]) -> list[Tensor]:
    parts = torch.split(flat, [n * m for n, m in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
