"""The search: the same trials whatever the number of workers, and after a crash."""

import optuna
import pytest
from optuna.trial import TrialState

from rarefault.datasets.simulators.gearbox_line import FEATURES, LABEL, POSITIVE, GearboxLineSettings, simulate
from rarefault.datasets.table import Column, Schema, Table
from rarefault.errors import InputError
from rarefault.tuning.search import SearchSettings, search, summary
from rarefault.tuning.spaces import space_of
from rarefault.tuning.study import STUDY, open_storage

SPACE = {"layers": [1, 2], "neurons": [32, 40], "latent": [10, 12], "epochs": [5, 10], "batch": [64, 64]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    frame = simulate(GearboxLineSettings(n_rows=200))
    y = (frame.pop(LABEL) == POSITIVE).to_numpy("int8")
    columns = tuple(Column(name, "continuous", FEATURES[name]) for name in frame.columns)
    path = tmp_path_factory.mktemp("table")
    Table(frame.astype(float), y, Schema(columns)).write(path)
    return path


def settings(**changes):
    return SearchSettings(**{"generator": "wgan", "trials": 6, "space": SPACE, **changes})


def trials(study, n=6):
    return [(t.number, t.params, t.value, t.state) for t in study.get_trials()[:n]]


@pytest.fixture(scope="module")
def reference(folder, tmp_path_factory):
    return search(folder, settings(workers=1), str(tmp_path_factory.mktemp("one") / "journal"))


def test_two_workers_find_what_one_finds(folder, reference, tmp_path):
    both = search(folder, settings(workers=2), str(tmp_path / "journal"))
    assert trials(both) == trials(reference)


def test_a_search_that_was_cut_off_goes_on(folder, reference, tmp_path):
    """Two trials were finished and a third was running when the machine went down."""
    address = str(tmp_path / "journal")
    search(folder, settings(workers=1, trials=2), address)
    storage = open_storage(address)
    study = optuna.load_study(study_name=STUDY, storage=storage)
    attributes = study.user_attrs
    finished = [t for t in study.get_trials() if t.state == TrialState.COMPLETE]
    optuna.delete_study(study_name=STUDY, storage=storage)
    cut = optuna.create_study(study_name=STUDY, storage=storage)
    for key, value in attributes.items():
        cut.set_user_attr(key, value)
    cut.add_trials(finished)
    cut.ask()
    resumed = search(folder, settings(workers=2), address)
    assert trials(resumed) == trials(reference)


def test_other_settings_start_a_new_study(folder, reference, tmp_path):
    address = str(tmp_path / "journal")
    search(folder, settings(workers=1, trials=1), address)
    other = search(folder, settings(workers=1, trials=1, seed=9), address)
    assert other.get_trials()[0].params != reference.get_trials()[0].params


def test_the_summary_names_the_best(reference):
    found = summary(reference, settings())
    done = [t["value"] for t in found["trials"] if t["state"] == "complete"]
    assert found["value"] == min(done)
    assert len(found["trials"]) == 6
    assert set(found["params"]) == set(space_of("wgan", {}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trials": 0}, "trials must be >= 1"),
        ({"workers": 65}, "workers must lie between 1 and 64"),
        ({"objective": "beauty"}, "objective must be"),
    ],
)
def test_wrong_settings_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        settings(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"colour": [1, 2]}, "searched"), ({"layers": [3, 1]}, r"\[low, high\]"), ({"layers": 3}, r"\[low, high\]")],
)
def test_wrong_bounds_are_refused(changes, said):
    with pytest.raises(InputError, match=said):
        space_of("wgan", changes)
