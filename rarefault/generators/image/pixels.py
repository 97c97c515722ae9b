"""Images as bytes (uint8, 0 to 255) and as the networks see them (float32, -1 to 1)."""

import numpy as np
import torch
from torch import Tensor


def to_unit(images: np.ndarray) -> Tensor:
    """Images (n, c, h, w) uint8 -> float32 in [-1, 1]."""
    return torch.from_numpy(images.astype(np.float32)).div_(127.5).sub_(1.0)


def to_bytes(pixels: Tensor) -> np.ndarray:
    """Networks' images in [-1, 1] -> (n, c, h, w) uint8; what is no number becomes mid grey."""
    values = pixels.detach().float().add(1.0).mul_(127.5).nan_to_num_(127.5).round_().clamp_(0, 255)
    return np.ascontiguousarray(values.to(torch.uint8).cpu().numpy())
