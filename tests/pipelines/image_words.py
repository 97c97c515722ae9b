"""Parameters that make a whole image run short."""

import json


def settings(**values):
    """The words of the command line for these parameters."""
    return [word for key, value in values.items() for word in ("--set", f"{key}={_text(value)}")]


def _text(value):
    return value if isinstance(value, str) else json.dumps(value)


SHORT = {
    "image_size": 32,
    "channels": 1,
    "limit_per_class": {"*": 24},
    "folds": 2,
    "fold_repeats": 1,
    "repeats": 2,
    "fid_draws": 1,
    "fid_network": "pixels",
    "inspector": "table5-cnn",
    "inspector_params": {"epochs": 2, "width": 0.25},
}
GAN = {"width": 0.0625, "loops": 3, "batch": 8, "k_d": 1, "k_g": 1, "compile": "none"}
TRANSLATOR = {"width": 0.125, "blocks": 1, "loops": 2, "batch": 4, "compile": "none"}
AUGMENTATION = settings(**SHORT, generator_params=GAN)
TRANSLATION = settings(
    **SHORT,
    generators=["pegan", "dcgan"],
    generator_params=TRANSLATOR,
    strategy_params={"dcgan": GAN},
    inspectors=["table5-cnn", "mobilenet-v2"],
)
