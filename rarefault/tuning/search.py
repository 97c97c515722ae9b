"""The search for a generator's settings: Optuna, in any number of workers on one shared study."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from rarefault.errors import InputError
from rarefault.tuning.history import LAG, EarlierTrialsPruner, EarlierTrialsSampler
from rarefault.tuning.study import STUDY, open_storage, prepare

MOST_WORKERS = 64
IMAGES = "frechet"
"""The usual objective of image generators."""
IMAGE_OBJECTIVES = (IMAGES, "inner-f1")
TABLE_OBJECTIVES = ("wasserstein", "inner-f2")
SIGNAL_OBJECTIVES = ("healthy-spread", "healthy-error")
_WORKER = "worker"


@dataclass(frozen=True)
class SearchSettings:
    """A search of `trials` trials by `workers` workers; up to four, the numbers do not depend on how many.

    With more than four, a trial learns from fewer of those before it, and the numbers depend on how many were asked
    for, but never on their speed. seconds > 0 bounds the time (no trial starts after it; the result then depends on
    the machine's speed); objective: "wasserstein" or "inner-f2" for tables, "frechet" or "inner-f1" for images,
    "healthy-spread" or "healthy-error" for signals, whose health indicator stands for the generator;
    space: {setting: [low, high]} in place of the generator's own bounds; fixed: settings that every trial shares.
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
        if not 1 <= self.workers <= MOST_WORKERS:
            raise ValueError(f"search workers must lie between 1 and {MOST_WORKERS}, got {self.workers}")
        known = TABLE_OBJECTIVES + IMAGE_OBJECTIVES + SIGNAL_OBJECTIVES
        if self.objective not in known:
            raise ValueError(f"objective must be one of {list(known)}, got {self.objective!r}")

    @property
    def lag(self) -> int:
        """How many trials may run beside the one that learns from all before them."""
        return max(LAG, self.workers - 1)

    @property
    def identity(self) -> str:
        """What a study must have been made with to be gone on with, as text."""
        values = {k: v for k, v in asdict(self).items() if k not in ("workers", "trials", "seconds")}
        return json.dumps({**values, "lag": self.lag}, sort_keys=True)


def search(
    table_folder: str | Path,
    settings: SearchSettings,
    storage: str,
    watch: Callable[[int, int], None] | None = None,
    name: str = STUDY,
    processes: int | None = None,
) -> optuna.Study:
    """Run the search on a folder of a table or of images in processes of this machine, as many as workers.

    Returns the study. One that was cut off goes on, and of one that is finished nothing is tried again. Raises
    InputError when every trial failed, with the first one's reason.
    """
    study = prepare(name, settings.identity, storage)
    if sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False)) < settings.trials:
        n = settings.workers if processes is None else min(processes, settings.workers)
        _work_here(study, job_of(table_folder, settings, storage, name), n, settings.trials, watch)
    trials = study.get_trials()
    if not any(t.state == TrialState.COMPLETE for t in trials):
        reasons = [t.user_attrs.get("error", "") for t in trials]
        raise InputError(f"no trial of the {settings.generator} search finished; the first one said: {reasons[:1]}")
    return study


def job_of(table_folder: str | Path, settings: SearchSettings, storage: str, name: str) -> dict[str, Any]:
    """What a worker has to know, in plain values; the time that `settings` allow begins now."""
    deadline = time.time() + settings.seconds if settings.seconds else 0.0
    place = {"table": str(table_folder), "storage": storage, "study": name}
    return {**place, "settings": asdict(settings), "deadline": deadline}


def _work_here(
    study: optuna.Study, job: dict[str, Any], n: int, trials: int, watch: Callable[[int, int], None] | None
) -> None:
    workers = [_start_worker({**job, _WORKER: str(i)}) for i in range(n)]
    try:
        _wait(workers, study, trials, watch)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _start_worker(job: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "RAREFAULT_RUN_PID": str(os.getpid())}
    command = [sys.executable, "-m", "rarefault.tuning.search_worker"]
    worker = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)
    assert worker.stdin is not None
    with worker.stdin as pipe:  # not an argument: the storage's address may hold a password, and others can read those
        pipe.write(json.dumps(job).encode())
    return worker


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


def work(job: Mapping[str, Any], alive: Callable[[], None] = lambda: None) -> int:
    """One worker: take trials from the shared study until all are taken or the deadline has passed.

    A worker that was cut off and is started again under its name first goes on with the trial it had taken. Returns
    how many trials it ran.
    """
    from rarefault.settings import from_params

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settings = from_params(SearchSettings, job["settings"])
    study = _open(job, settings, alive)
    objective, ran = _objective(job["table"], settings), 0
    for number in _left_behind(study, str(job[_WORKER])):
        _run_trial(study, optuna.trial.Trial(study, _trial_id(study, number)), objective)
        ran += 1
    while not job["deadline"] or time.time() < job["deadline"]:
        if len(study.get_trials(deepcopy=False)) >= settings.trials:
            break
        trial = study.ask()
        if trial.number >= settings.trials:
            study.tell(trial, state=TrialState.FAIL)
            break
        _run_trial(study, trial, objective)
        ran += 1
    return ran


def _open(job: Mapping[str, Any], settings: SearchSettings, alive: Callable[[], None]) -> optuna.Study:
    storage = open_storage(job["storage"])

    def taken(number: int) -> None:
        storage.set_trial_user_attr(_trial_id(study, number), _WORKER, str(job[_WORKER]))

    startup = max(5, settings.trials // 4)
    study = optuna.load_study(
        study_name=job["study"],
        storage=storage,
        sampler=EarlierTrialsSampler(settings.seed, startup, alive, settings.lag, taken),
        pruner=EarlierTrialsPruner(5, 0, alive, settings.lag),
    )
    return study


def _trial_id(study: optuna.Study, number: int) -> int:
    return int(study.get_trials(deepcopy=False)[number]._trial_id)  # optuna has no public way to reopen a trial


def _left_behind(study: optuna.Study, worker: str) -> list[int]:
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [trial.number for trial in running if trial.user_attrs.get(_WORKER) == worker]


def _objective(table_folder: str, settings: SearchSettings) -> Callable[[optuna.Trial], float]:
    from rarefault.tuning.spaces import space_of, suggest

    judge, space = _judge(table_folder, settings), space_of(settings.generator, settings.space)

    def objective(trial: optuna.Trial) -> float:
        params = {**settings.fixed, **suggest(trial, space)}
        trial.set_user_attr("params", params)

        def report(value: float, look: int) -> None:
            trial.report(value, look)
            if trial.should_prune():
                raise optuna.TrialPruned

        return judge(settings.generator, params, settings.seed, report)

    return objective


def _judge(folder: str, settings: SearchSettings) -> Callable[..., float]:
    """The objective on the table, the images or the signals in `folder`."""
    if settings.objective in SIGNAL_OBJECTIVES:
        from rarefault.datasets.signals.signal_set import SignalSet
        from rarefault.tuning import indicators

        return partial(indicators.OBJECTIVES[settings.objective], SignalSet.read(folder))
    if settings.objective in IMAGE_OBJECTIVES:
        from rarefault.datasets.images import ImageSet
        from rarefault.tuning.images import objectives as of_images

        return partial(of_images.OBJECTIVES[settings.objective], ImageSet.read(folder))
    from rarefault.datasets.table import Table
    from rarefault.tuning import objectives as of_tables

    return partial(of_tables.OBJECTIVES[settings.objective], Table.read(folder))


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
