"""Folders kept with a registered version after it was registered, such as the model as it is served."""

from pathlib import Path

import mlflow

from rarefault.errors import InputError
from rarefault.registry.store import Registry, Version


def _tag(place: str) -> str:
    return f"rarefault.attached.{place}"


def attach(store: Registry, version: Version, folder: str | Path, place: str) -> str:
    """Keep a folder with a version under the name `place` and return its address; the same files are overwritten."""
    run = store.client.get_run(version.run_id)
    address = f"{str(run.info.artifact_uri).rstrip('/')}/{place}"
    store.client.log_artifacts(version.run_id, str(folder), place)
    store.tag(version, {_tag(place): address})  # last, so that nobody takes a folder half written
    return address


def address_of(version: Version, place: str) -> str:
    """Where `attach` keeps a version's folder; empty where nothing is kept (yet)."""
    return version.tags.get(_tag(place), "")


def fetch(store: Registry, version: Version, place: str, target: str | Path) -> Path:
    """Copy what is kept under `place` into folder `target`; raises InputError where nothing is kept."""
    if not address_of(version, place):
        raise InputError(
            f"version {version.version} of model {version.name!r} was registered without its {place} folder; "
            "accepted: a version whose run went as far as the deploy step"
        )
    found = mlflow.artifacts.download_artifacts(
        run_id=version.run_id, artifact_path=place, dst_path=str(target), tracking_uri=store.address
    )
    return Path(found)
