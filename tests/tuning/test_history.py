import time

import optuna
import pytest
from optuna.trial import TrialState

from rarefault.tuning.history import LAG, EarlierTrialsPruner, EarlierTrialsSampler, resumable

optuna.logging.set_verbosity(optuna.logging.WARNING)


def make_study(seed=1):
    return optuna.create_study(
        sampler=EarlierTrialsSampler(seed, 4, lambda: None), pruner=EarlierTrialsPruner(3, 0, lambda: None)
    )


def bowl(trial):
    x, k = trial.suggest_float("x", -3, 3), trial.suggest_int("k", 1, 5)
    for step in range(3):
        trial.report(abs(x - 1) + k + 1 / (step + 1), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return abs(x - 1) + k


def run_out_of_order(n):
    """As a fast and a slow worker would: a trial is told up to LAG trials after it was asked for."""
    study, waiting = make_study(), []
    for _ in range(n):
        waiting.append(study.ask())
        if len(waiting) > LAG:
            finish(study, waiting.pop(0))
    for trial in waiting:
        finish(study, trial)
    return study


def finish(study, trial):
    try:
        study.tell(trial, bowl(trial))
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)


def facts(study):
    return [(t.number, t.params, t.value, t.state) for t in study.trials]


def test_trials_do_not_depend_on_how_many_run_side_by_side():
    one_by_one = make_study()
    one_by_one.optimize(bowl, n_trials=16)
    assert facts(run_out_of_order(16)) == facts(one_by_one)


def test_the_search_learns_and_prunes():
    study = make_study()
    study.optimize(bowl, n_trials=40)
    late = [t.value for t in study.trials[25:] if t.state == TrialState.COMPLETE]
    early = [t.value for t in study.trials[:10] if t.state == TrialState.COMPLETE]
    assert sum(late) / len(late) < sum(early) / len(early)
    assert any(t.state == TrialState.PRUNED for t in study.trials)


def test_another_seed_tries_other_values():
    first, second = make_study(1), make_study(2)
    first.optimize(bowl, n_trials=2)
    second.optimize(bowl, n_trials=2)
    assert first.trials[0].params != second.trials[0].params


def test_a_trial_waits_for_those_it_learns_from():
    study = make_study()
    for _ in range(LAG + 1):
        study.ask()
    asked = []

    def impatient():
        asked.append(time.monotonic())
        if len(asked) > 2:
            raise KeyboardInterrupt

    study.sampler.alive = impatient
    with pytest.raises(KeyboardInterrupt):
        study.ask()


def test_only_the_finished_beginning_is_resumed():
    study = make_study()
    study.optimize(bowl, n_trials=4)
    study.ask()
    later = study.ask()
    finish(study, later)
    assert [t.number for t in resumable(study.get_trials())] == [0, 1, 2, 3]
