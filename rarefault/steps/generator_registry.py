"""The generator's way through the registry: found there, or put there."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rarefault.datasets.table import Schema, Table
from rarefault.errors import InputError
from rarefault.registry.address import model_name
from rarefault.steps.record import read_json, recorded, write_json

TRAINING_RECORD = "training_record.json"


@recorded
def find_generator(
    features: str,
    facts: str,
    found: str,
    *,
    record: str,
    generator: str,
    registry: str,
    params: Mapping[str, Any] | None = None,
    reuse: bool = True,
) -> dict[str, float]:
    """Write to file `found` (JSON: version) the newest registered generator that may be used here, or version "".

    It must be of the kind asked for, know exactly these columns, have the settings `params`, and have been trained on
    none of the rows that are held out for testing.
    """
    from rarefault.registry.store import Registry

    table = Table.read(features)
    name = model_name(table.schema.name, f"generator-{generator}")
    held_out = np.load(Path(facts) / "held_out.npy", allow_pickle=False)
    columns = read_json(Path(facts) / "data.json")["columns"]
    store = Registry(registry)
    version, reason = "", "not asked for"
    for candidate in store.versions(name) if reuse else []:
        with tempfile.TemporaryDirectory(prefix="rarefault-generator-") as place:
            reason = _unfit(store.fetch(candidate, place), table, columns, held_out, params or {})
        if not reason:
            version = str(candidate.version)
            break
    write_json(found, {"name": name, "version": version, "reason": reason})
    return {"version": float(version or 0)}


def _unfit(folder: Path, table: Table, columns: list[str], held_out: np.ndarray, params: Mapping[str, Any]) -> str:
    """Why a generator may not be used here; "" when it may. Fingerprints tell only for rows of the same columns."""
    settings = read_json(folder / "model.json")["settings"]
    others = sorted(name for name, value in params.items() if settings.get(name) != value)
    if others:
        return f"it was trained with other settings ({', '.join(others)})"
    lineage = read_json(folder / "lineage.json")
    known = Schema.from_json(lineage["schema"])
    if known.names != table.schema.names or not known.fits(table.schema, levels=True):
        return "it was trained on other columns, or on columns of other kinds"
    if lineage["fingerprinted"] != columns:
        return "its table had other columns, so that nobody can tell whether it was trained on rows held out here"
    trained_on = np.load(folder / "trained_on.npy", allow_pickle=False)
    seen = int(np.isin(held_out, trained_on).sum())
    return f"it was trained on {seen} of the rows held out here" if seen else ""


@recorded
def load_generator(
    features: str,
    model: str,
    registered: str,
    *,
    record: str,
    generator: str,
    version: str,
    registry: str,
    found: str = "",
    shards: int = 1,
) -> dict[str, float]:
    """Copy a registered generator's folder to `model`, and write its name and version to `registered`.

    `found` is the version that was in the registry before the run; another one was trained in it. Returns also in how
    many shards to draw from it, at most `shards` and no more than there are blocks to draw. Raises InputError for
    shards < 1.
    """
    from rarefault.registry.store import Registry
    from rarefault.steps.synthesis import blocks

    if shards < 1:
        raise InputError(f"synthesis_shards is {shards}; accepted: a whole number >= 1")
    store, table = Registry(registry), Table.read(features)
    name = model_name(table.schema.name, f"generator-{generator}")
    chosen = store.version(name, version)
    with tempfile.TemporaryDirectory(prefix="rarefault-generator-") as place:
        shutil.copytree(store.fetch(chosen, place), model, dirs_exist_ok=True)
    write_json(registered, {"name": name, "version": version, "uri": chosen.uri, "trained_here": version != found})
    return {"version": float(version), "shards": min(shards, len(blocks(len(table))))}


@recorded
def register_generator(
    features: str, facts: str, model: str, training: str, *, record: str, registry: str, run_id: str
) -> dict[str, float]:
    """Register the generator in folder `model` with its search and the record of its training; returns its version."""
    from rarefault.generators import load_generator as open_generator
    from rarefault.registry.lineage import code_version
    from rarefault.registry.store import Registry

    table, data = Table.read(features), read_json(Path(facts) / "data.json")
    settings = read_json(Path(model) / "model.json")
    searched = read_json(Path(model) / "study.json")
    tags: dict[str, Any] = {
        "kind": "generator",
        "generator": settings["name"],
        "data": data["name"],
        "data_fingerprint": data["fingerprint"],
        "code_version": code_version(),
        "settings": settings["settings"],
        "rows": str(len(table)),
    }
    with tempfile.TemporaryDirectory(prefix="rarefault-register-") as place:
        version = Registry(registry).register(
            model_name(data["name"], f"generator-{settings['name']}"),
            _with_record(Path(place), model, training),
            run_id=run_id,
            tags=tags,
            metrics={"objective": searched["value"]} if searched.get("value") is not None else {},
            example=pd.DataFrame({"n": [3.0]}),
            output=open_generator(model).sample(3),
        )
    return {"version": float(version.version)}


def _with_record(place: Path, model: str, training: str) -> Path:
    folder = place / "generator"
    shutil.copytree(model, folder)
    shutil.copy(training, folder / TRAINING_RECORD)
    return folder


def mark_training_rows(model: str | Path, table: Table, facts: str | Path) -> None:
    """Leave in a generator's folder which rows it was trained on, so that no later run tests on them."""
    shutil.copy(Path(facts) / "training.npy", Path(model) / "trained_on.npy")
    write_json(
        Path(model) / "lineage.json",
        {
            "schema": table.schema.to_json(),
            "fingerprinted": read_json(Path(facts) / "data.json")["columns"],
            "rows": len(table),
            "faults": table.faults,
        },
    )
