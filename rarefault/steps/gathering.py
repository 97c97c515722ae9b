"""Bring together what a retraining needs: the champion, the line's table, and new batches that keep the contract."""

import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rarefault.datasets.batches import Batch, batch_files, joined, read_batch
from rarefault.datasets.sources.object_store import SCHEME, at_hand
from rarefault.datasets.table import Schema, Table, apply_schema, row_hashes
from rarefault.datasets.wording import counted, listed
from rarefault.errors import InputError
from rarefault.registry.address import model_name
from rarefault.steps.ingestion import check_unchanged, read_checked, set_aside
from rarefault.steps.record import read_json, recorded, write_json

VERSION, BATCHES = "version.json", "batches.json"


@recorded
def gather(
    data: str,
    batches: Sequence[str],
    train: str,
    test: str,
    facts: str,
    recent: str,
    champion: str,
    *,
    record: str,
    registry: str,
    label: str = "",
    positive: str = "",
    group_column: str = "",
    time_column: str = "",
    drop_columns: list[str] | None = None,
    data_params: Mapping[str, Any] | None = None,
    window_share: float = 0.5,
    fingerprint: str = "",
) -> dict[str, float]:
    """Write training rows, the untouched window, facts as `ingest` does, the new rows (`recent`) and the `champion`.

    `data` is the table that the line's champion was trained on, `batches` are files and folders of rows made since, the
    oldest first; both may lie at s3://BUCKET/KEY. New are the rows of batches that the champion was not trained on. The
    newest window_share of those that have a label is the window, written to `test`; all older labelled rows and the
    table itself go to `train`. Raises InputError without a champion, and for a batch that breaks the contract.
    """
    with at_hand(data) as here:
        check_unchanged(here, fingerprint)
        known = read_checked(here, label, positive, group_column, time_column, drop_columns or [], data_params or {})
    history = known.table
    names, trained_on = _fetch_champion(history, registry, Path(champion))
    with _at_hand(batches) as places:
        files = batch_files(places)
        whole = joined([read_batch(path, history, group_column, time_column) for path in files], history)
    whole, told = _without_repeats(whole, history)
    new = ~np.isin(row_hashes(whole.X[names]), trained_on)
    window = _window(new & whole.labelled, window_share)
    older = whole.labelled & ~window
    if whole.groups is not None:
        older, said = _without_groups(whole.groups, older, window)
        told += said
    schema = replace(
        history.schema, repairs=(*history.schema.repairs, *whole.told, *told), notes=_notes(history, files)
    )
    learned = _together(replace(history, schema=schema), whole.rows(np.flatnonzero(older)).table(), schema)
    held_out = replace(whole.rows(np.flatnonzero(window)).table(), schema=schema)
    kind = f"the newest {window_share:.0%} of the new labelled rows"
    set_aside(learned, held_out, train, test, facts, kind, known.warnings)
    fresh = whole.rows(np.flatnonzero(new))
    fresh.write(recent)
    counts = {
        "files": len(files),
        "rows": len(whole),
        "new_rows": len(fresh),
        "new_labelled": int(fresh.labelled.sum()),
        "window_rows": len(held_out),
        "window_faults": held_out.faults,
    }
    write_json(Path(facts) / BATCHES, {**counts, "names": [path.name for path in files]})
    return {name: float(count) for name, count in counts.items()}


@contextmanager
def _at_hand(batches: Sequence[str]) -> Iterator[list[str]]:
    """The places as paths on this machine; those in an object store are fetched and gone afterwards."""
    from rarefault.storage import fetch

    with tempfile.TemporaryDirectory(prefix="rarefault-batches-") as scratch:
        yield [
            str(fetch(place, Path(scratch) / str(number))) if place.startswith(SCHEME) else place
            for number, place in enumerate(batches)
        ]


def _fetch_champion(history: Table, registry: str, target: Path) -> tuple[list[str], np.ndarray]:
    """Copy the champion of the line's classifier to `target`; returns its columns and fingerprints of its rows."""
    from rarefault.registry.store import CHAMPION, Registry

    store, name = Registry(registry), model_name(history.schema.name, "classifier")
    champion = store.alias(name, CHAMPION)
    if champion is None:
        newest = next(iter(store.versions(name)), None)
        first = (
            "run `rarefault run fault-detection` on the same data first"
            if newest is None
            else f"`rarefault models promote {name}` makes version {newest.version} champion"
        )
        raise InputError(f"{name} has no champion at {store.shown_address} to watch and retrain; accepted: {first}")
    with tempfile.TemporaryDirectory(prefix="rarefault-champion-") as place:
        shutil.copytree(store.fetch(champion, place), target, dirs_exist_ok=True)
    facts = {"name": name, "version": str(champion.version), "uri": champion.uri, "created": champion.created / 1000.0}
    write_json(target / VERSION, {**facts, "metrics": champion.tags.get("metrics", "{}")})
    schema = Schema.from_json(read_json(target / "model.json")["schema"])
    if not schema.fits(history.schema):
        raise InputError(
            f"{history.schema.name} lacks columns that the champion, version {champion.version} of {name}, needs, or "
            "has them of other kinds; accepted: the table it was trained on, or a new champion by fault-detection"
        )
    return schema.names, np.asarray(np.load(target / "trained_on.npy", allow_pickle=False))


def _without_repeats(whole: Batch, history: Table) -> tuple[Batch, list[str]]:
    """Leave out rows that are in the line's table already, and all but the last of equal rows.

    The last one stays, because a label that came later is in the later file.
    """
    hashes = row_hashes(whole.X)
    known = np.isin(hashes, row_hashes(history.X))
    last = np.zeros(len(whole), dtype=bool)
    last[len(whole) - 1 - np.unique(hashes[::-1], return_index=True)[1]] = True
    told = []
    if known.any():
        told.append(f"{counted(int(known.sum()), 'row')} of the batches are in {history.schema.name} already; left out")
    repeated = int((~last & ~known).sum())
    if repeated:
        told.append(f"{counted(repeated, 'row')} of the batches come again later; the later ones were kept")
    return whole.rows(np.flatnonzero(last & ~known)), told


def _window(candidates: np.ndarray, share: float) -> np.ndarray:
    """(n,) the newest `share` of the candidates (n,)."""
    positions = np.flatnonzero(candidates)
    window = np.zeros(len(candidates), dtype=bool)
    window[positions[len(positions) - math.ceil(share * len(positions)) :]] = True
    return window


def _without_groups(groups: np.ndarray, older: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The older rows without those of groups that reach into the window."""
    cut = older & np.isin(groups.astype(str), np.unique(groups[window].astype(str)))
    told = f"{counted(int(cut.sum()), 'row')} of groups that reach into the untouched window left out of training"
    return older & ~cut, [told] if cut.any() else []


def _together(history: Table, more: Table, schema: Schema) -> Table:
    X = apply_schema(pd.concat([history.X, more.X], ignore_index=True), schema)
    groups = None
    if history.groups is not None and more.groups is not None:
        groups = np.concatenate([history.groups.astype(str), more.groups.astype(str)])
    return Table(X, np.concatenate([history.y, more.y]), schema, groups)


def _notes(history: Table, files: Sequence[Path]) -> str:
    named = f" New batches: {listed(path.name for path in files)}." if files else " No new batch."
    return history.schema.notes + named
