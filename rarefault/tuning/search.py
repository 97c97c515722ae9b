"""The search for a generator's settings: Optuna, in any number of worker processes on one shared study."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from rarefault.errors import InputError
from rarefault.tuning.history import LAG, EarlierTrialsPruner, EarlierTrialsSampler, resumable

STUDY = "search"


@dataclass(frozen=True)
class SearchSettings:
    """A search of `trials` trials by `workers` processes; the numbers do not depend on how many.

    seconds > 0 bounds the time (no trial starts after it; the result then depends on the machine's speed);
    objective: "wasserstein" or "inner-f2"; space: {setting: [low, high]} in place of the generator's own bounds;
    fixed: settings that every trial shares.
    """

    generator: str = "wgan"
    trials: int = 20
    seconds: float = 0.0
    workers: int = 2
    objective: str = "wasserstein"
    space: dict[str, Any] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.trials < 1 or self.seconds < 0:
            raise ValueError(f"trials must be >= 1 and seconds >= 0, got {self.trials} and {self.seconds}")
        if not 1 <= self.workers <= LAG + 1:
            raise ValueError(f"workers must lie between 1 and {LAG + 1}, got {self.workers}")
        if self.objective not in ("wasserstein", "inner-f2"):
            raise ValueError(f"objective must be 'wasserstein' or 'inner-f2', got {self.objective!r}")


def open_storage(address: str) -> BaseStorage:
    """A study's storage: a database address (postgresql://, mysql://, sqlite://), else the path of a journal file."""
    if "://" in address:
        return RDBStorage(address)
    Path(address).parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(address))


def search(
    table_folder: str | Path,
    settings: SearchSettings,
    storage: str,
    watch: Callable[[int, int], None] | None = None,
) -> optuna.Study:
    """Run the search on a table's folder and return the finished study; one that was cut off goes on.

    Raises InputError when every trial failed, with the first one's reason.
    """
    study = _prepare(settings, storage)
    deadline = time.time() + settings.seconds if settings.seconds else 0.0
    job = {"table": str(table_folder), "settings": asdict(settings), "storage": storage, "deadline": deadline}
    workers = [_start_worker(job) for _ in range(settings.workers)]
    try:
        _wait(workers, study, settings.trials, watch)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    finished = [t for t in study.get_trials() if t.state == TrialState.COMPLETE]
    if not finished:
        reasons = [t.user_attrs.get("error", "") for t in study.get_trials()]
        raise InputError(f"no trial of the {settings.generator} search finished; the first one said: {reasons[:1]}")
    return study


def _prepare(settings: SearchSettings, storage: str) -> optuna.Study:
    """Open or make the study; of one that was cut off, keep the finished beginning."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    opened = open_storage(storage)
    earlier = []
    if STUDY in optuna.get_all_study_names(opened):
        before = optuna.load_study(study_name=STUDY, storage=opened)
        same = before.user_attrs.get("settings") == _identity(settings)
        earlier = resumable(before.get_trials()) if same else []
        if same and len(earlier) == len(before.get_trials()):
            return before
        optuna.delete_study(study_name=STUDY, storage=opened)
    study = optuna.create_study(study_name=STUDY, storage=opened, direction="minimize")
    study.set_user_attr("settings", _identity(settings))
    study.add_trials(earlier)
    return study


def _identity(settings: SearchSettings) -> str:
    values = {k: v for k, v in asdict(settings).items() if k not in ("workers", "trials", "seconds")}
    return json.dumps(values, sort_keys=True)


def _start_worker(job: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "RAREFAULT_RUN_PID": str(os.getpid())}
    command = [sys.executable, "-m", "rarefault.tuning.search_worker", json.dumps(job)]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)


def _wait(
    workers: list[subprocess.Popen[bytes]], study: optuna.Study, trials: int, watch: Callable[[int, int], None] | None
) -> None:
    while any(worker.poll() is None for worker in workers):
        if watch:
            watch(min(trials, sum(t.state.is_finished() for t in study.get_trials(deepcopy=False))), trials)
        time.sleep(0.2)
    failed = [worker.returncode for worker in workers if worker.returncode]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(workers)} search workers ended with exit codes {failed}")


def work(job: Mapping[str, Any], alive: Callable[[], None] = lambda: None) -> None:
    """One worker: take trials from the shared study until all are taken or the deadline has passed."""
    from rarefault.datasets.table import Table
    from rarefault.settings import from_params
    from rarefault.tuning.objectives import OBJECTIVES
    from rarefault.tuning.spaces import space_of, suggest

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settings = from_params(SearchSettings, job["settings"])
    table = Table.read(job["table"])
    space = space_of(settings.generator, settings.space)
    study = optuna.load_study(
        study_name=STUDY,
        storage=open_storage(job["storage"]),
        sampler=EarlierTrialsSampler(settings.seed, max(5, settings.trials // 4), alive),
        pruner=EarlierTrialsPruner(5, 0, alive),
    )

    def objective(trial: optuna.Trial) -> float:
        params = {**settings.fixed, **suggest(trial, space)}
        trial.set_user_attr("params", params)

        def report(value: float, look: int) -> None:
            trial.report(value, look)
            if trial.should_prune():
                raise optuna.TrialPruned

        return OBJECTIVES[settings.objective](table, settings.generator, params, settings.seed, report)

    while not job["deadline"] or time.time() < job["deadline"]:
        trial = study.ask()
        if trial.number >= settings.trials:
            study.tell(trial, state=TrialState.FAIL)
            break
        _run_trial(study, trial, objective)


def _run_trial(study: optuna.Study, trial: optuna.Trial, objective: Callable[[optuna.Trial], float]) -> None:
    try:
        study.tell(trial, objective(trial))
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except ValueError as problem:  # settings that cannot be trained (they diverge): the search goes on without them
        trial.set_user_attr("error", str(problem))
        study.tell(trial, state=TrialState.FAIL)


def summary(study: optuna.Study, settings: SearchSettings) -> dict[str, Any]:
    """The study in plain values: every trial, the best one, and each setting's importance."""
    trials = [t for t in study.get_trials() if t.number < settings.trials]
    done = [t for t in trials if t.state == TrialState.COMPLETE]
    best = min(done, key=lambda t: (t.value, t.number))
    return {
        "objective": settings.objective,
        "best": best.number,
        "value": best.value,
        "params": {**settings.fixed, **best.params},
        "importances": _importances(study, len(done)),
        "trials": [
            {
                "number": t.number,
                "value": t.value if t.state == TrialState.COMPLETE else None,
                "state": t.state.name.lower(),
                "seconds": round(t.duration.total_seconds(), 3) if t.duration else 0.0,
                "params": t.params,
                "error": t.user_attrs.get("error", ""),
            }
            for t in trials
        ],
    }


def _importances(study: optuna.Study, n_complete: int) -> dict[str, float]:
    """Shares of each setting (fANOVA's fast stand-in, PED-ANOVA); empty for fewer than 8 complete trials."""
    if n_complete < 8:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    try:
        return {k: float(v) for k, v in optuna.importance.get_param_importances(study, evaluator=evaluator).items()}
    except (ValueError, RuntimeError):  # it refuses studies whose best quarter holds a single value
        return {}
