"""Where a layer may take a way of its own: where torch's own is slow, and nothing else looks into it."""

import torch
from torch import Tensor


def eager_on_cpu(x: Tensor) -> bool:
    """Whether a layer on `x` runs as it is written on the CPU: neither autocast nor compiled."""
    return x.device.type == "cpu" and not torch.is_autocast_enabled("cpu") and not torch.compiler.is_compiling()
