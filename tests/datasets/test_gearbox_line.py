import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, precision_score, recall_score
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rarefault.datasets.simulators import SIMULATORS
from rarefault.datasets.simulators.curves import first_reach
from rarefault.datasets.simulators.gearbox_faults import CAUSES
from rarefault.datasets.simulators.gearbox_line import (
    FEATURES,
    LABEL,
    NOTES,
    POSITIVE,
    GearboxLineSettings,
    simulate,
    simulate_with_truth,
)
from rarefault.datasets.simulators.press_fit import Fit, Press, force_curve
from rarefault.datasets.simulators.tightening import Joint, Screw, torque_curve
from rarefault.settings import from_params

UNITS = {"kN", "kN/mm", "mm", "J", "N·m", "N·m/deg", "deg", "degC", "s", "count"}


@pytest.fixture(scope="module")
def line() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulate_with_truth(GearboxLineSettings(n_rows=4_000, seed=3))


def test_there_are_66_named_features_with_units(line):
    frame, _ = line
    assert len(FEATURES) == 66
    assert list(frame.columns) == [*FEATURES, LABEL]
    assert set(FEATURES.values()) == UNITS
    assert all(name.startswith(("ws1_", "ws2_")) for name in FEATURES)
    assert {"ws1_press1_peak_force", "ws2_screw3_final_torque"} <= set(FEATURES)
    assert "imulated" in NOTES and "not measured" in NOTES


def test_every_value_is_a_finite_number(line):
    frame, _ = line
    assert np.isfinite(frame[list(FEATURES)].to_numpy(np.float64)).all()
    assert set(frame[LABEL]) == {"good", "broken"}


def test_the_same_seed_gives_the_same_rows_in_another_process():
    code = (
        "import pandas as pd; from rarefault.datasets.simulators.gearbox_line import *;"
        "print(pd.util.hash_pandas_object(simulate(GearboxLineSettings(n_rows=60, seed=5))).sum())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = simulate(GearboxLineSettings(n_rows=60, seed=5))
    assert int(other) == pd.util.hash_pandas_object(here).sum()
    assert not here.equals(simulate(GearboxLineSettings(n_rows=60, seed=6)))


@pytest.mark.parametrize(
    ("n_rows", "fault_share", "mislabelled"),
    [(1_000, 0.2, 0.03), (1_000, 0.2, 0.0), (2_500, 0.01, 0.01), (40, 0.5, 0.5), (10, 0.001, 0.0), (999, 0.333, 0.02)],
)
def test_shares_are_as_asked(n_rows, fault_share, mislabelled):
    frame, truth = simulate_with_truth(GearboxLineSettings(n_rows, fault_share, mislabelled))
    labelled = (frame[LABEL] == POSITIVE).to_numpy()
    assert len(frame) == n_rows
    assert labelled.sum() == max(1, round(fault_share * n_rows))
    assert truth["mislabelled"].sum() == round(mislabelled * n_rows)
    np.testing.assert_array_equal(labelled, truth["broken"] ^ truth["mislabelled"])


def test_truth_tells_cause_and_severity(line):
    _, truth = line
    assert set(truth.loc[truth["broken"], "cause"]) == set(CAUSES)
    assert (truth.loc[truth["broken"], "severity"] >= 1).all()
    assert (truth.loc[~truth["broken"], "severity"] < 1).all()
    assert ((truth["cause"] == "") == (truth["severity"] == 0)).all()
    assert math.isclose(sum(share for share, _ in CAUSES.values()), 1.0)


@pytest.mark.parametrize(
    ("cause", "feature", "direction"),
    [
        ("loose fit", "ws1_press1_plateau_force", -1),
        ("tight fit", "ws1_press1_plateau_force", 1),
        ("misaligned press", "ws2_press1_force_ripple", 1),
        ("misaligned press", "ws1_press2_contact_position", -1),
        ("dry joint", "ws2_press2_work", 1),
        ("dry joint", "ws2_grease_shots", -1),
        ("wrong shim", "ws1_press2_seated_position", 1),
        ("crossed thread", "ws1_screw2_rundown_torque", 1),
        ("crossed thread", "ws2_retries", 1),
        ("stripped thread", "ws1_screw1_final_angle", 1),
        ("soft joint", "ws2_screw1_slope", -1),
    ],
)
def test_each_cause_moves_its_curve(line, cause, feature, direction):
    frame, truth = line
    sound = frame.loc[truth["severity"] == 0, feature]
    spoilt = frame.loc[truth["broken"] & (truth["cause"] == cause), feature]
    assert direction * (spoilt.mean() - sound.mean()) > 0.25 * sound.std()


def test_a_worse_fault_moves_its_curve_further(line):
    frame, truth = line
    dry = truth["cause"] == "dry joint"
    assert np.corrcoef(truth.loc[dry, "severity"], frame.loc[dry, "ws1_press1_work"])[0, 1] > 0.5


def test_some_columns_hardly_vary_and_some_go_together(line):
    frame, _ = line
    for name in ("ws1_retries", "ws2_retries", "ws2_grease_shots"):
        assert 0.8 < frame[name].value_counts(normalize=True).iloc[0] < 1
        assert (frame[name] == frame[name].round()).all()
    correlation = frame[list(FEATURES)].corr().to_numpy()
    pairs = np.abs(correlation[np.triu_indices(66, 1)])
    assert (pairs > 0.9).sum() >= 10
    skewed = frame.loc[:, list(FEATURES)].skew().abs()
    assert (skewed > 1).sum() >= 10


def test_without_drift_the_rows_are_level_and_with_drift_they_wander():
    def shift(drift: float) -> pd.Series:
        frame, truth = simulate_with_truth(GearboxLineSettings(n_rows=3_360, drift=drift, seed=1))
        sound = frame.loc[truth["severity"] == 0, list(FEATURES)]
        third = len(sound) // 3
        return (sound.iloc[-third:].mean() - sound.iloc[:third].mean()) / sound.iloc[:third].std()

    level, wandered = shift(0.0), shift(3.0)
    assert level.abs().max() < 0.3
    for name in ("ws1_ambient_temperature", "ws1_press1_work", "ws2_press1_force_ripple", "ws1_screw1_rundown_torque"):
        assert wandered[name] > 0.8


def test_it_is_as_hard_as_the_papers_line():
    """Table II, column 'Original': recall .81, precision .65, F1 .72, F2 .77."""
    scores = []
    for seed in range(3):
        frame = simulate(GearboxLineSettings(seed=seed))
        X, y = frame[list(FEATURES)].to_numpy(), (frame[LABEL] == POSITIVE).to_numpy().astype(int)
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=seed)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
        inner = cross_val_predict(model, X_train, y_train, cv=5, method="predict_proba")[:, 1]
        cuts = np.linspace(0.02, 0.9, 60)
        tuned = cuts[np.argmax([fbeta_score(y_train, inner >= cut, beta=2) for cut in cuts])]
        p = model.fit(X_train, y_train).predict_proba(X_test)[:, 1]
        plain, moved = p >= 0.5, p >= tuned
        f2 = [fbeta_score(y_test, found, beta=2) for found in (plain, moved)]
        scores.append((recall_score(y_test, plain), precision_score(y_test, plain), *f2))
    recall, precision, f2_plain, f2_tuned = np.mean(scores, axis=0)
    assert 0.6 < recall < 0.85
    assert 0.65 < precision < 0.92
    assert f2_tuned > f2_plain


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("n_rows", 9),
        ("fault_share", 0.0),
        ("fault_share", 0.6),
        ("fault_share", math.nan),
        ("mislabelled", -0.1),
        ("mislabelled", 0.3),
        ("drift", -1.0),
        ("drift", math.inf),
        ("seed", -1),
    ],
)
def test_settings_are_checked(setting, value):
    with pytest.raises(ValueError, match=f"{setting} must be .* got {value}"):
        GearboxLineSettings(**{setting: value})


def test_settings_come_from_plain_numbers():
    assert from_params(GearboxLineSettings, {"n_rows": 50.0, "seed": 2.0}) == GearboxLineSettings(n_rows=50, seed=2)


def test_the_registry_runs_it():
    entry = SIMULATORS["gearbox-line"]
    frame = entry.simulate(entry.settings(n_rows=20))
    assert list(frame.columns) == [*entry.units, entry.label]
    assert {entry.positive, entry.negative} == {"broken", "good"}


def test_force_rises_with_interference_and_at_the_shoulder():
    press = Press("p", diameter=40.0, width=8.0, lame=45_000.0, shoulder_stiffness=14.0, stop_rise=5.0)
    zeros = np.zeros(2)
    fit = Fit(np.array([20.0, 30.0]), zeros + 0.1, zeros, zeros + 5.0, zeros + 20.5, zeros)
    weak, strong = force_curve(press, fit)
    assert weak[:19].max() == 0  # before contact at 5 mm
    np.testing.assert_allclose(strong[100:170], 1.5 * weak[100:170])
    assert weak[-1] > weak[160] + 14.0 * 3.0


def test_torque_stays_below_the_cap_of_a_stripped_thread():
    screw = Screw("s", target=60.0, slope=1.0)
    ones = np.ones(2)
    joint = Joint(ones, ones, ones * 4.0, ones * 0.0, ones * 880.0, np.array([1.7, 0.8]), ones)
    sound, stripped = torque_curve(screw, joint)
    assert sound.max() > 60.0 > 0.8 * 60.0 + 4.0 + 1e-9 > stripped.max()
    assert sound[5] == pytest.approx(4.0, abs=0.1)


def test_first_reach_interpolates_and_tells_what_never_rises():
    curves = np.array([[0.0, 1.0, 3.0], [0.0, 0.5, 1.0]])
    np.testing.assert_allclose(first_reach(np.arange(3.0), curves, np.array([2.0, 2.0])), [1.5, np.nan])
