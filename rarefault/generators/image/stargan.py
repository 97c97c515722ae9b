"""StarGAN (Choi et al., 2018): images of any domain into any other, by one generator.

Its networks have the sizes of the paper's Tables 4 and 5; for images of 32 pixels the critic has one layer less.
"""

from dataclasses import dataclass
from typing import ClassVar

from rarefault.generators.image.pegan import DomainTranslator
from rarefault.generators.image.translation_settings import DomainSettings


@dataclass(frozen=True)
class StarGANSettings(DomainSettings):
    """The paper's; its 200,000 iterations are updates of the critic, 5 a loop. The rate falls in the second half."""

    loops: int = 40_000


class StarGAN(DomainTranslator):
    """Learns all ways between the classes, of which making a defect on the background is one."""

    name: ClassVar[str] = "stargan"
    Settings: ClassVar[type] = StarGANSettings
