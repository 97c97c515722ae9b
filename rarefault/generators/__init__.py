"""Generators of synthetic rows: fit on real rows, sample new ones, save and load.

To add one, write a subclass of `rarefault.generators.base.Generator` and one line in GENERATORS.
"""

import json
from pathlib import Path

from rarefault.errors import InputError
from rarefault.generators.base import Generator
from rarefault.registries import LazyRegistry

GENERATORS: LazyRegistry[Generator] = LazyRegistry(
    "generator",
    {
        "wgan": "rarefault.generators.table.wgan:WGAN",
        "conditional-wgan": "rarefault.generators.table.conditional_wgan:ConditionalWGAN",
        "ctgan": "rarefault.generators.table.ctgan:CTGAN",
        "gaussian-copula": "rarefault.generators.table.copula:GaussianCopula",
        "smote": "rarefault.generators.table.oversampling:Smote",
        "borderline-smote": "rarefault.generators.table.oversampling:BorderlineSmote",
        "adasyn": "rarefault.generators.table.oversampling:Adasyn",
        "resample": "rarefault.generators.table.resample:Resample",
    },
)


def load_generator(folder: str | Path) -> Generator:
    """Load whichever generator was saved in `folder`; raises InputError when there is none."""
    try:
        model = json.loads((Path(folder) / "model.json").read_text())
    except FileNotFoundError:
        raise InputError(f"{folder} holds no model.json; expected a folder written by a generator's save") from None
    if model.get("kind") != "generator":
        raise InputError(f"{folder} holds a {model.get('kind')!r} model, expected a generator")
    return GENERATORS[model["name"]].load(folder)


__all__ = ["GENERATORS", "Generator", "load_generator"]
