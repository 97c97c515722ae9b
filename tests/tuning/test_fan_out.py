"""The search spread over steps that know of each other only through the study they share."""

import threading

import optuna
import pytest
from optuna.trial import TrialState

from rarefault.datasets.simulators.gearbox_line import FEATURES, LABEL, POSITIVE, GearboxLineSettings, simulate
from rarefault.datasets.table import Column, Schema, Table
from rarefault.errors import InputError
from rarefault.tuning import objectives
from rarefault.tuning.search import SearchSettings, job_of, search, work
from rarefault.tuning.study import open_storage, prepare

SPACE = {"layers": [1, 3], "neurons": [32, 500], "epochs": [50, 60]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    frame = simulate(GearboxLineSettings(n_rows=60))
    y = (frame.pop(LABEL) == POSITIVE).to_numpy("int8")
    columns = tuple(Column(name, "continuous", FEATURES[name]) for name in frame.columns)
    path = tmp_path_factory.mktemp("table")
    Table(frame.astype(float), y, Schema(columns)).write(path)
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """An objective that costs nothing, with looks on the way that may stop a trial."""

    def bowl(table, generator, params, seed, report):
        value = abs(params["neurons"] - 100) / 100 + params["layers"]
        for look in range(1, 4):
            report(value + 1 / look, look)
        return value

    monkeypatch.setitem(objectives.OBJECTIVES, "wasserstein", bowl)


def settings(**changes):
    return SearchSettings(**{"trials": 14, "space": SPACE, "workers": 2, **changes})


def storage_at(kind, place):
    return f"sqlite:///{place}/optuna.db" if kind == "database" else str(place / "journal")


def run_apart(folder, wanted, storage, names, study="rarefault-wgan-run"):
    """The workers `names`, side by side, as so many pods would be."""
    prepare(study, wanted.identity, storage)
    job = job_of(folder, wanted, storage, study)
    pods = [threading.Thread(target=work, args=({**job, "worker": name},)) for name in names]
    for pod in pods:
        pod.start()
    for pod in pods:
        pod.join(60)
        assert not pod.is_alive()
    return optuna.load_study(study_name=study, storage=open_storage(storage))


def facts(study, n=14):
    return [(t.number, t.params, t.value, t.state) for t in study.get_trials()[:n]]


@pytest.fixture
def alone(folder, tmp_path):
    return facts(run_apart(folder, settings(), storage_at("journal", tmp_path), ["0"]))


@pytest.mark.parametrize("kind", ["database", "journal"])
def test_several_find_what_one_finds(folder, alone, tmp_path, kind):
    assert facts(run_apart(folder, settings(), storage_at(kind, tmp_path / ".."), ["0", "1"], kind)) == alone
    assert len({t[1]["neurons"] for t in alone}) > 5


def test_more_than_four_wait_for_fewer_and_their_speed_does_not_matter(folder, alone, tmp_path):
    eight = settings(workers=8)
    found = [
        facts(run_apart(folder, eight, storage_at("journal", tmp_path), [str(i) for i in range(n)], f"study-{n}"))
        for n in (8, 3)
    ]
    assert found[0] == found[1]
    assert found[0][:4] == alone[:4]
    assert (eight.lag, settings().lag) == (7, 3)


def test_a_worker_that_died_goes_on_with_its_own_trial(folder, alone, tmp_path, monkeypatch):
    storage, calls, real = storage_at("database", tmp_path), [], objectives.OBJECTIVES["wasserstein"]

    def dies(table, generator, params, seed, report):
        calls.append(params)
        if len(calls) == 6:
            report(5.0, 1)
            raise KeyboardInterrupt
        return real(table, generator, params, seed, report)

    wanted = settings()
    prepare("s", wanted.identity, storage)
    job = job_of(folder, wanted, storage, "s")
    monkeypatch.setitem(objectives.OBJECTIVES, "wasserstein", dies)
    with pytest.raises(KeyboardInterrupt):
        work({**job, "worker": "1"})
    monkeypatch.setitem(objectives.OBJECTIVES, "wasserstein", real)
    study = optuna.load_study(study_name="s", storage=open_storage(storage))
    assert [t.number for t in study.get_trials() if t.state == TrialState.RUNNING] == [5]
    with pytest.warns(UserWarning, match="already reported"):
        assert work({**job, "worker": "1"}) == 9
    assert [t[:2] for t in facts(study)] == [t[:2] for t in alone]
    assert not [t for t in study.get_trials() if t.state == TrialState.RUNNING]


def test_what_the_workers_left_the_last_step_searches(folder, alone, tmp_path):
    storage = storage_at("journal", tmp_path)
    few = settings(trials=5)
    run_apart(folder, few, storage, ["0"], "s")
    searched = search(folder, settings(trials=5), storage, name="s")  # nothing is left: no process is started
    assert facts(searched, 5) == alone[:5]


def test_runs_that_share_a_database_do_not_mix(folder, tmp_path):
    storage = storage_at("database", tmp_path)
    first = run_apart(folder, settings(trials=3), storage, ["0"], "run-1")
    second = run_apart(folder, settings(trials=2, seed=9), storage, ["0"], "run-2")
    assert len(first.get_trials()) == 3
    assert len(second.get_trials()) == 2
    assert first.get_trials()[0].params != second.get_trials()[0].params


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "postgresql://me:secret@127.0.0.1:9/optuna",
            r"search database postgresql://\*\*\*@127.0.0.1:9/optuna does not",
        ),
        ("mysql://me:secret@127.0.0.1:9/optuna", r"search database mysql://\*\*\*@127.0.0.1:9/optuna does not answer"),
        ("oracle9://me:secret@h/x", r"oracle9://\*\*\*@h/x is no address of a search database; accepted: postgresql"),
        ("sqlite:////nowhere/optuna.db", "does not answer: unable to open"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_one_line_without_its_password(address, said):
    with pytest.raises(InputError, match=said) as refusal:
        open_storage(address)
    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)
