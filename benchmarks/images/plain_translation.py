"""The loops of PE-GAN, StarGAN and CycleGAN as one writes them: autograd for everything, layers as they come."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

from rarefault.generators.image.cyclegan_step import CycleLearner
from rarefault.generators.image.instance_norm import InstanceNorm
from rarefault.generators.image.translation_networks import Convolution
from rarefault.generators.image.translation_step import DomainLearner


def plain(network: nn.Module) -> nn.Module:
    """A copy of torch's own layers, its filters laid out as torch does by itself, activations in place."""
    copied = deepcopy(network).requires_grad_(True)
    for parent in list(copied.modules()):
        for name, child in parent.named_children():
            if isinstance(child, InstanceNorm):
                setattr(parent, name, nn.InstanceNorm2d(child.channels, affine=child.weight is not None))
            elif isinstance(child, Convolution):
                setattr(parent, name, _convolution(child))
            elif isinstance(child, (nn.ReLU, nn.LeakyReLU)):
                child.inplace = True
    return copied.to(memory_format=torch.contiguous_format)


def _convolution(child: Convolution) -> nn.Module:
    padding = [nn.ReflectionPad2d(child.reflect)] if child.reflect else []
    return nn.Sequential(*padding, child.conv)


class PlainDomains:
    """The published loop of StarGAN, on the batches of the learner."""

    def __init__(self, learner: DomainLearner) -> None:
        s = self.settings = learner.settings
        self.generator, self.critic, self.domains = plain(learner.generator), plain(learner.critic), learner.domains
        self.g_adam = torch.optim.Adam(self.generator.parameters(), s.lr, (s.beta1, s.beta2))
        self.d_adam = torch.optim.Adam(self.critic.parameters(), s.lr, (s.beta1, s.beta2))

    def step(self) -> None:
        s = self.settings
        for _ in range(s.n_critic):
            batch = self.domains.draw(s.batch)
            images = batch.images.contiguous()
            self._update(self.d_adam, self.critic_loss(images, batch.origin, batch.target))
        fake = self.generator(images, batch.target)
        score, scores = self.critic(fake)
        loss = s.lambda_cls_f * nnf.cross_entropy(scores, batch.target) - score.mean()
        again = self.generator(fake, batch.origin)
        self._update(self.g_adam, loss + s.lambda_rec * (images - again).abs().mean())

    def critic_loss(self, real: Tensor, origin: Tensor, target: Tensor) -> Tensor:
        score, scores = self.critic(real)
        fake = self.generator(real, target).detach()
        mix = torch.rand(len(real), 1, 1, 1, device=real.device)
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        out, _ = self.critic(between)
        (slope,) = torch.autograd.grad(out, between, torch.ones_like(out), create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss = self.critic(fake)[0].mean() - score.mean()
        loss = loss + self.settings.lambda_cls_r * nnf.cross_entropy(scores, origin) + self.settings.penalty * penalty
        return loss

    def _update(self, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
        self.g_adam.zero_grad()
        self.d_adam.zero_grad()
        loss.backward()
        optimiser.step()


class PlainCycle:
    """The published loop of CycleGAN without its pool, on the images of the learner."""

    def __init__(self, learner: CycleLearner) -> None:
        s = self.settings = learner.settings
        self.real = {name: images.contiguous() for name, images in learner.real.items()}
        self.networks = {
            name: plain(network) for name, network in [*learner.generators.items(), *learner.critics.items()]
        }
        self.g_adam = self._adam("produce", "eliminate", lr=s.lr)
        self.d_adam = self._adam("defect", "clean", lr=s.lr)

    def _adam(self, *names: str, lr: float) -> torch.optim.Adam:
        parameters = [p for name in names for p in self.networks[name].parameters()]
        return torch.optim.Adam(parameters, lr, (self.settings.beta1, self.settings.beta2))

    def step(self) -> None:
        s = self.settings
        produce, eliminate, of_defect, of_clean = (
            self.networks[name] for name in ("produce", "eliminate", "defect", "clean")
        )
        clean, defect = (images[torch.randint(len(images), (s.batch,))] for images in self.real.values())
        made_defect, made_clean = produce(clean), eliminate(defect)
        loss = ((of_defect(made_defect) - 1) ** 2).mean() + ((of_clean(made_clean) - 1) ** 2).mean()
        cycle = (eliminate(made_defect) - clean).abs().mean() + (produce(made_clean) - defect).abs().mean()
        same = (produce(defect) - defect).abs().mean() + (eliminate(clean) - clean).abs().mean()
        self.g_adam.zero_grad()
        (loss + s.lambda_cycle * cycle + s.lambda_identity * same).backward()
        self.g_adam.step()
        self.d_adam.zero_grad()
        for critic, real, made in ((of_defect, defect, made_defect), (of_clean, clean, made_clean)):
            (0.5 * (((critic(real) - 1) ** 2).mean() + (critic(made.detach()) ** 2).mean())).backward()
        self.d_adam.step()
