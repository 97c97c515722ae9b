"""Search a generator's settings and train it with the best ones on all training rows."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rarefault import progress
from rarefault.classifiers.columns import Completer
from rarefault.datasets.table import Table
from rarefault.errors import InputError
from rarefault.steps.generator_registry import mark_training_rows
from rarefault.steps.record import recorded, write_json


@recorded
def train_gan(
    features: str,
    facts: str,
    model: str,
    *,
    record: str,
    generator: str = "wgan",
    params: Mapping[str, Any] | None = None,
    trials: int = 20,
    search_seconds: float = 0.0,
    workers: int = 2,
    objective: str = "wasserstein",
    space: Mapping[str, Any] | None = None,
    storage: str = "",
    seed: int = 0,
) -> dict[str, float]:
    """Leave the trained generator in folder `model`, with its search beside it (study.json).

    trials = 0 trains with `params` as they are. `storage` is where the study lives while it runs (a journal file or
    a database address), so that a search that was cut off goes on; empty means a file that is forgotten.
    """
    from rarefault.generators import GENERATORS
    from rarefault.tuning.spaces import space_of

    if generator not in GENERATORS:
        raise InputError(f"unknown generator {generator!r}; known generators: {sorted(GENERATORS)}")
    table = Table.read(features)
    best: dict[str, Any] = {"value": None, "params": dict(params or {}), "trials": [], "objective": objective}
    if trials > 0 and space_of(generator, space or {}):
        best = _search(features, storage, generator, params, trials, search_seconds, workers, objective, space, seed)
    chosen = GENERATORS[generator].from_params({**best["params"], "seed": seed})
    rows = Completer().fit(table.X).transform(table.X)
    chosen.fit(rows, table.y, progress.watch("train_gan", "step")).save(model)
    mark_training_rows(model, table, facts)
    write_json(Path(model) / "study.json", best)
    return {"trials": len(best["trials"]), **({} if best["value"] is None else {"objective": best["value"]})}


def _search(
    features: str,
    storage: str,
    generator: str,
    params: Mapping[str, Any] | None,
    trials: int,
    seconds: float,
    workers: int,
    objective: str,
    space: Mapping[str, Any] | None,
    seed: int,
) -> dict[str, Any]:
    from rarefault.tuning.search import SearchSettings, search, summary

    try:
        settings = SearchSettings(
            generator, trials, seconds, workers, objective, dict(space or {}), dict(params or {}), seed
        )
    except ValueError as problem:
        raise InputError(str(problem)) from problem
    with tempfile.TemporaryDirectory() as scratch:
        address = storage or str(Path(scratch) / "search.journal")
        return summary(search(features, settings, address, progress.watch("train_gan", "trial")), settings)
