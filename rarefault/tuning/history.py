"""Makes a shared Optuna study give the same trials whatever the speed of its workers.

Trial t may learn only from trials numbered below t - lag, and waits until all of those are finished. Up to lag + 1
workers can then run side by side, and neither their number nor their speed changes what a trial tries.
"""

import time
from collections.abc import Callable
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

LAG = 3
"""The lag for up to four workers; more of them need a longer one."""
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def earlier_trials(study: optuna.Study, number: int, alive: Callable[[], None], lag: int = LAG) -> list[FrozenTrial]:
    """The finished trials numbered below number - lag; waits for those still running, calling `alive` meanwhile."""
    wait = 0.02  # seconds; grows, for a database in a cluster is not to be asked without pause
    while True:
        trials = study.get_trials(deepcopy=False)[: max(0, number - lag)]
        if all(trial.state in _FINISHED for trial in trials):
            return trials
        alive()
        time.sleep(wait)
        wait = min(0.2, 1.3 * wait)


class EarlierTrialsSampler(BaseSampler):
    """Tree-structured Parzen estimator (Bergstra et al., 2011) that sees only the earlier trials.

    `taken` is called with a trial's number as soon as there is such a trial.
    """

    def __init__(
        self,
        seed: int,
        startup: int,
        alive: Callable[[], None],
        lag: int = LAG,
        taken: Callable[[int], None] = lambda number: None,
    ) -> None:
        self.seed, self.startup, self.alive, self.lag, self.taken = seed, startup, alive, lag, taken
        self._open: dict[int, tuple[optuna.Study, TPESampler]] = {}

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing is sampled jointly; each parameter is asked for by name."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing is sampled jointly."""
        return {}

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Gather what this trial may know."""
        self.taken(trial.number)
        tpe = TPESampler(seed=self.seed * 100_003 + trial.number, n_startup_trials=self.startup)
        self._open[trial.number] = (_study_of_earlier(study, trial, self.alive, self.lag), tpe)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """One parameter, from the earlier trials alone."""
        known, tpe = self._open[trial.number]
        return tpe.sample_independent(known, trial, param_name, param_distribution)


class EarlierTrialsPruner(optuna.pruners.BasePruner):
    """Stops a trial whose best value so far is worse than the median of the earlier trials at the same step."""

    def __init__(self, startup: int, warmup: int, alive: Callable[[], None], lag: int = LAG) -> None:
        self.median = optuna.pruners.MedianPruner(n_startup_trials=startup, n_warmup_steps=warmup)
        self.alive, self.lag = alive, lag

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether to stop the trial now."""
        return self.median.prune(_study_of_earlier(study, trial, self.alive, self.lag), trial)


def _study_of_earlier(study: optuna.Study, trial: FrozenTrial, alive: Callable[[], None], lag: int) -> optuna.Study:
    known = optuna.create_study(direction=study.direction)
    known.add_trials([t for t in earlier_trials(study, trial.number, alive, lag) if t.state != TrialState.FAIL])
    return known


def resumable(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """The longest finished beginning of a study that was cut off; what comes after it is tried again."""
    kept = []
    for trial in trials:
        if trial.state not in _FINISHED:
            break
        kept.append(trial)
    return kept
