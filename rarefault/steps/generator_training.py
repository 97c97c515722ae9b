"""Search a generator's settings and train it with the best ones on all training rows."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rarefault import progress
from rarefault.classifiers.columns import Completer
from rarefault.datasets.table import Table
from rarefault.errors import InputError
from rarefault.steps.generator_registry import mark_training_rows
from rarefault.steps.record import recorded, write_json

if TYPE_CHECKING:
    from rarefault.tuning.search import SearchSettings

DATABASE = "RAREFAULT_DATABASE"
"""The environment variable with the address of the database that searches share (on a cluster from a Secret)."""


@recorded
def plan_search(
    *,
    record: str,
    generator: str = "wgan",
    params: Mapping[str, Any] | None = None,
    trials: int = 20,
    search_seconds: float = 0.0,
    pods: int = 0,
    objective: str = "wasserstein",
    space: Mapping[str, Any] | None = None,
    storage: str = "",
    seed: int = 0,
    run_id: str = "",
    pipeline: str = "",
    preset: str = "",
) -> dict[str, float]:
    """Make the study that `pods` workers will share, and return how many there are to be.

    None with pods = 0 or where there is nothing to search: train_gan then searches by itself. Raises InputError for
    settings that no search takes, and for workers without a storage that all of them reach. An image pipeline names
    itself and its preset, whose settings go under `params`.
    """
    params = preset_under(params, generator, pipeline, preset)
    settings = search_settings(generator, trials, search_seconds, pods, objective, space, params, seed)
    if settings is None or not pods:
        return {"pods": 0}
    from rarefault.tuning.study import prepare

    place = storage or os.environ.get(DATABASE, "")
    if not place:
        raise InputError(
            f"search_pods is {pods}, but there is no database for them to share; accepted: the Secret "
            "rarefault-database with the key uri, or search_storage=postgresql://... (mysql://...), or search_pods=0"
        )
    prepare(study_name(run_id, settings), settings.identity, place)
    return {"pods": pods}


@recorded
def search_generator(
    features: str,
    *,
    record: str,
    worker: str,
    generator: str = "wgan",
    params: Mapping[str, Any] | None = None,
    trials: int = 20,
    search_seconds: float = 0.0,
    pods: int = 1,
    objective: str = "wasserstein",
    space: Mapping[str, Any] | None = None,
    storage: str = "",
    seed: int = 0,
    run_id: str = "",
    pipeline: str = "",
    preset: str = "",
) -> dict[str, float]:
    """Be one of the workers of a search that plan_search has made; started again, it goes on with its own trial."""
    params = preset_under(params, generator, pipeline, preset)
    settings = search_settings(generator, trials, search_seconds, pods, objective, space, params, seed)
    if settings is None:
        return {"trials": 0}
    from rarefault.tuning.search import job_of, work

    job = job_of(features, settings, storage or os.environ[DATABASE], study_name(run_id, settings))
    return {"trials": work({**job, "worker": worker})}


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
    pods: int = 0,
    objective: str = "wasserstein",
    space: Mapping[str, Any] | None = None,
    storage: str = "",
    seed: int = 0,
    run_id: str = "",
) -> dict[str, float]:
    """Leave the trained generator in folder `model`, with its search beside it (study.json).

    trials = 0 trains with `params` as they are. `storage` is where the study lives while it runs (a journal file or
    a database address), so that a search that was cut off goes on; empty means RAREFAULT_DATABASE, else a file that
    is forgotten. What `pods` workers have searched already is not searched again; what they left is, if there is time.
    """
    from rarefault.generators import GENERATORS

    table = Table.read(features)
    best: dict[str, Any] = {"value": None, "params": dict(params or {}), "trials": [], "objective": objective}
    settings = search_settings(generator, trials, search_seconds, pods or workers, objective, space, params, seed)
    if settings is not None:
        from rarefault.tuning.search import search, summary

        watch, processes = progress.watch("train_gan", "trial"), 0 if pods and search_seconds else workers
        with search_place(storage) as address:
            found = search(features, settings, address, watch, study_name(run_id, settings), processes)
            best = summary(found, settings)
    chosen = GENERATORS[generator].from_params({**best["params"], "seed": seed})
    rows = Completer().fit(table.X).transform(table.X)
    chosen.fit(rows, table.y, progress.watch("train_gan", "step")).save(model)
    mark_training_rows(model, table, facts)
    write_json(Path(model) / "study.json", best)
    return {"trials": len(best["trials"]), **({} if best["value"] is None else {"objective": best["value"]})}


def search_settings(
    generator: str,
    trials: int,
    seconds: float,
    workers: int,
    objective: str,
    space: Mapping[str, Any] | None,
    params: Mapping[str, Any] | None,
    seed: int,
) -> "SearchSettings | None":
    """The search asked for; None where nothing is to be searched."""
    from rarefault.tuning.search import SearchSettings
    from rarefault.tuning.spaces import space_of

    _require_known(generator, objective)
    if not trials or not space_of(generator, space or {}):
        return None
    try:
        return SearchSettings(
            generator, trials, seconds, max(1, workers), objective, dict(space or {}), dict(params or {}), seed
        )
    except ValueError as problem:
        raise InputError(str(problem)) from problem


def _require_known(generator: str, objective: str) -> None:
    """Raise InputError unless the objective is one for this generator or health indicator."""
    from rarefault.degradation import INDICATORS
    from rarefault.generators import GENERATORS
    from rarefault.generators.image import IMAGE_GENERATORS
    from rarefault.tuning.search import IMAGE_OBJECTIVES, SIGNAL_OBJECTIVES

    if objective in SIGNAL_OBJECTIVES:
        if generator not in INDICATORS:
            raise InputError(f"unknown health indicator {generator!r}; known health indicators: {sorted(INDICATORS)}")
        return
    known = IMAGE_GENERATORS if objective in IMAGE_OBJECTIVES else GENERATORS
    if generator not in known:
        raise InputError(f"unknown generator {generator!r}; known generators: {sorted(known)}")


def preset_under(params: Mapping[str, Any] | None, generator: str, pipeline: str, preset: str) -> dict[str, Any]:
    """The settings given, over those of an image pipeline's preset."""
    if not pipeline:
        return dict(params or {})
    from rarefault.presets import params_of

    return params_of(pipeline, preset, "generators", generator, params or {})


def study_name(run_id: str, settings: "SearchSettings") -> str:
    """The study's name: a database may hold those of many runs."""
    return f"rarefault-{settings.generator}-{run_id or 'run'}"


@contextmanager
def search_place(storage: str) -> Iterator[str]:
    """Where the search is kept while it runs."""
    with tempfile.TemporaryDirectory() as scratch:
        yield storage or os.environ.get(DATABASE) or str(Path(scratch) / "search.journal")
