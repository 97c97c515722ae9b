"""The losses of CycleGAN (Zhu et al., 2017, section 3), and the images that its critics are shown."""

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf


def least_squares(scores: Tensor, real: bool) -> Tensor:
    """mean((scores - 1)^2) for what shall pass for real, mean(scores^2) for what shall not (Mao et al., 2017)."""
    return (scores - 1.0).square().mean() if real else scores.square().mean()


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Half the sum of the losses on the scores of real and made images, as in the paper's section 7.2."""
    return 0.5 * (least_squares(real, True) + least_squares(fake, False))


def cycle_loss(again: Tensor, first: Tensor) -> Tensor:
    """mean |G(F(x)) - x| (equation 2), in the precision of the real images `first`."""
    return nnf.l1_loss(again.to(first.dtype), first)


class Pool(nn.Module):
    """Made images, of which the critic is shown an earlier one half of the time (Shrivastava et al., 2017).

    A module, so that a checkpoint keeps its images; all draws are from torch's global random numbers.
    """

    images: Tensor
    held: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("held", torch.zeros((), dtype=torch.int64))

    def exchange(self, made: Tensor) -> Tensor:
        """Images (n, c, h, w) to show: new ones, or earlier ones, whose places the new ones take."""
        if not len(self.images):
            return made
        shown = made.clone()
        for at, image in enumerate(made):
            if self.held < len(self.images):
                self.images[self.held] = image
                self.held += 1
            elif torch.rand(()) < 0.5:
                place = torch.randint(len(self.images), ())
                shown[at] = self.images[place]
                self.images[place] = image
        return shown
