"""Where the registry is; importing this costs nothing, unlike MLflow."""

import os
import re
from pathlib import Path

import platformdirs

from rarefault.errors import InputError

RUN_TAG = "rarefault.run_id"
"""The tag that says which run registered a version."""


def home() -> Path:
    """The folder of the local registry: RAREFAULT_HOME, else the user's data folder."""
    return Path(os.environ.get("RAREFAULT_HOME") or platformdirs.user_data_dir("rarefault")).absolute()


def resolve(address: str) -> str:
    """The MLflow tracking address for a setting: empty means RAREFAULT_REGISTRY, else sqlite in `home`.

    Raises InputError for a scheme MLflow's registry cannot use.
    """
    address = address or os.environ.get("RAREFAULT_REGISTRY") or f"sqlite:///{home() / 'mlflow.db'}"
    accepted = ("sqlite:", "http:", "https:", "postgresql", "mysql")
    if not address.startswith(accepted):
        raise InputError(f"registry {address!r} is not an MLflow address; accepted: {', '.join(accepted)}...")
    return address


def model_name(data: str, kind: str) -> str:
    """The registered model's name for a data set, such as `secom-classifier`; only letters, digits, `.`, `_`, `-`."""
    return (re.sub(r"[^A-Za-z0-9._-]+", "-", data).strip("-._")[:100].lower() or "data") + f"-{kind}"
