"""One loop of CycleGAN: both generators learn, then both critics.

What the generators make of an image and of one that is already as wanted (the identity loss) is one pass, and so are
real and made images before a critic: instance norm looks at each image alone, so nothing changes.
"""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from rarefault.generators.image.averaging import Average
from rarefault.generators.image.cyclegan import CycleGANSettings
from rarefault.generators.image.dcgan_networks import initialise
from rarefault.generators.image.placement import Placement
from rarefault.generators.image.training import Learner
from rarefault.generators.image.translation_losses import Pool, critic_loss, cycle_loss, least_squares
from rarefault.generators.image.translation_networks import PatchCritic, TranslationGenerator
from rarefault.generators.image.translation_settings import falling

DECAY_FROM = 0.5


class CycleLearner(Learner):
    """Two generators and two critics for background images and those of one class, (n, c, h, w) in [-1, 1].

    `produce` makes the defect and `eliminate` takes it away; the critic `defect` judges what the first makes, `clean`
    what the second makes.
    """

    average: Average[nn.ModuleDict]

    def __init__(
        self,
        settings: CycleGANSettings,
        generators: Mapping[str, TranslationGenerator],
        critics: Mapping[str, PatchCritic],
        clean: Tensor,
        defect: Tensor,
        place: Placement,
    ) -> None:
        self.settings, self.place = settings, place
        self.real = {"clean": place.images(clean), "defect": place.images(defect)}
        self.generators, self.critics = nn.ModuleDict(generators), nn.ModuleDict(critics)
        self.pools = nn.ModuleDict({name: Pool(settings.pool, clean.shape[1:]) for name in critics})
        self.networks = {"generators": self.generators, "critics": self.critics, "pools": self.pools}
        for network in self.networks.values():
            initialise(network)
            place.put(network)
        self.optimisers = {"generators": self._adam(self.generators), "critics": self._adam(self.critics)}
        self.average = Average(self.generators, settings.ema)
        self._run = {name: place.compiled(network.forward) for name, network in self.generators.items()}

    def _adam(self, network: nn.Module) -> torch.optim.Adam:
        s = self.settings
        return torch.optim.Adam(network.parameters(), lr=s.lr, betas=(s.beta1, s.beta2), fused=True)

    def step(self) -> dict[str, Tensor]:
        """One loop, on a batch of backgrounds and one of defects."""
        rate = falling(self.settings.lr, self.average.steps / self.settings.loops, DECAY_FROM)
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = rate
        real = {name: self._draw(images) for name, images in self.real.items()}
        self.critics.requires_grad_(False)
        made, learned = self._teach_generators(real)
        self.critics.requires_grad_(True)
        self.average.step()
        return {**learned, **self._teach_critics(real, made)}

    def _draw(self, images: Tensor) -> Tensor:
        return images[torch.randint(len(images), (self.settings.batch,), device=images.device)]

    def _teach_generators(self, real: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """One update; the images made, and the losses."""
        clean, defect, n = real["clean"], real["defect"], self.settings.batch
        with_identity = self.settings.lambda_identity > 0
        with self.place.autocast():
            produced = self._run["produce"](torch.cat([clean, defect]) if with_identity else clean)
            eliminated = self._run["eliminate"](torch.cat([defect, clean]) if with_identity else defect)
            made = {"defect": produced[:n], "clean": eliminated[:n]}
            again = {"clean": self._run["eliminate"](made["defect"]), "defect": self._run["produce"](made["clean"])}
            scores = [self.critics[name](images).to(clean.dtype) for name, images in made.items()]
        deceive = least_squares(scores[0], True) + least_squares(scores[1], True)
        cycle = cycle_loss(again["clean"], clean) + cycle_loss(again["defect"], defect)
        loss = deceive + self.settings.lambda_cycle * cycle
        learned = {"g_adversarial": deceive, "cycle": cycle}
        if with_identity:
            same = cycle_loss(produced[n:], defect) + cycle_loss(eliminated[n:], clean)
            loss, learned["identity"] = loss + self.settings.lambda_identity * same, same
        self.place.update(loss, self.optimisers["generators"])
        return {k: v.detach() for k, v in made.items()}, {k: v.detach() for k, v in learned.items()}

    def _teach_critics(self, real: dict[str, Tensor], made: dict[str, Tensor]) -> dict[str, Tensor]:
        """One update on real images, and on made ones, new or earlier."""
        losses, right = [], []
        for name, critic in self.critics.items():
            shown = cast(Pool, self.pools[name]).exchange(made[name].to(real[name].dtype))
            with self.place.autocast():
                scores = critic(torch.cat([real[name], shown])).to(shown.dtype)
            of_real, of_fake = scores.chunk(2)
            losses.append(critic_loss(of_real, of_fake))
            right.append(torch.cat([of_real > 0.5, of_fake < 0.5]).float().mean())
        loss = torch.stack(losses).sum()
        self.place.update(loss, self.optimisers["critics"])
        return {"d_loss": loss.detach(), "d_accuracy": torch.stack(right).mean()}
