"""Drift: hardly ever an alarm where nothing has changed, always one where five features have shifted."""

import numpy as np
import pandas as pd
import pytest
from drifting_line import SCHEMA, shifted, table, training_part
from scipy.stats import ks_2samp

from rarefault.datasets.table import Column, Schema, Table
from rarefault.drift.detection import DriftSettings, detect, detect_newest, drifted_names
from rarefault.drift.reference import BLOCK, compact

SEEDS = 40
BATCH = 500
SETTINGS = DriftSettings()


def line(seed):
    """A training reference, and five features of it."""
    columns = np.random.default_rng(seed).choice(SCHEMA.names, 5, replace=False).tolist()
    return compact(training_part(1000, seed)), columns


def batch(seed, number=0, n=BATCH):
    """Rows of the same line made later."""
    return table(n, 1000 * (number + 1) + seed).X


@pytest.fixture(scope="module")
def lines():
    """For each of 40 seeds: the training reference, a batch of the same line, and five features of it."""
    return [(*line(seed), batch(seed)) for seed in range(SEEDS)]


def test_without_drift_at_most_one_run_in_twenty_raises_an_alarm(lines):
    alarms = sum(detect_newest(reference, rows, 1000, SETTINGS)["drifted"] for reference, _, rows in lines)
    assert alarms <= 0.05 * SEEDS


@pytest.mark.slow
def test_without_drift_two_batches_together_raise_no_more_alarms(lines):
    alarms = sum(
        detect_newest(lines[seed][0], batch(seed, 1, 1000), 1000, SETTINGS)["drifted"] for seed in range(SEEDS)
    )
    assert alarms <= 0.05 * SEEDS


def test_rows_are_not_independent_and_a_test_that_thinks_so_fails(lines):
    """Why blocks change places: Kolmogorov-Smirnov with Bonferroni calls most batches of the same line drifted."""
    alarms = 0
    for reference, _, rows in lines[:10]:
        p = [ks_2samp(reference.X[name], rows[name]).pvalue for name in SCHEMA.names]
        alarms += min(p) * len(p) <= 0.05
    assert alarms >= 4


def test_half_a_standard_deviation_in_five_features_is_detected_within_two_batches(lines):
    found = hits = 0
    for seed, (reference, columns, rows) in enumerate(lines):
        spread = reference.X.std()
        drift = detect_newest(reference, shifted(rows, columns, spread), 1000, SETTINGS)
        hits += len(set(columns) & set(drifted_names(drift)))
        if not drift["drifted"]:
            both = pd.concat([rows, batch(seed, 1)], ignore_index=True)
            drift = detect_newest(reference, shifted(both, columns, spread), 1000, SETTINGS)
        found += drift["drifted"]
    assert found == SEEDS
    assert hits >= 0.7 * 5 * SEEDS  # and mostly the right features are named, by the first batch already


def test_a_change_of_the_newest_batch_does_not_drown_in_older_ones(lines):
    reference, columns, rows = lines[1]
    later = shifted(batch(1, 1), columns, reference.X.std())
    both = pd.concat([rows, later], ignore_index=True)
    drift = detect_newest(reference, both, 1000, SETTINGS)
    assert drift["drifted"]
    assert drift["p"] <= 2 * detect(reference, later)["p"] <= SETTINGS.level
    assert set(drifted_names(drift)) <= set(columns)


def test_a_feature_that_drifted_is_described(lines):
    reference, columns, rows = lines[0]
    drift = detect(reference, shifted(rows, columns, reference.X.std(), by=1.0))
    first = drift["features"][0]
    assert first["name"] in columns
    assert first["drifted"]
    assert first["shift"] == pytest.approx(1.0, abs=0.3)
    assert first["distance"] > 3 * first["usual"]
    assert drift["p"] == min(feature["p"] for feature in drift["features"])
    assert (drift["reference_rows"], drift["recent_rows"]) == (len(reference), BATCH)


def mixed(n, seed, weights=(0.6, 0.3, 0.1), gaps=0.0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "force": np.where(rng.random(n) < gaps, np.nan, rng.normal(size=n)),
            "count": rng.integers(0, 4, n).astype(float),
            "variant": pd.Categorical(rng.choice(list("abc"), n, p=weights), categories=list("abc")),
        }
    )
    columns = (
        Column("force", "continuous"),
        Column("count", "integer"),
        Column("variant", "categorical", "", ("a", "b", "c")),
    )
    return Table(X, np.zeros(n, np.int8), Schema(columns))


def test_another_mixture_of_variants_is_drift():
    drift = detect(mixed(800, 0), mixed(400, 1, weights=(0.3, 0.3, 0.4)).X)
    assert drifted_names(drift) == ["variant"]
    assert drift["features"][0]["shift"] is None


def test_more_missing_values_are_drift():
    drift = detect(mixed(800, 0), mixed(400, 1, gaps=0.4).X)
    assert drifted_names(drift) == ["force"]
    assert drift["features"][0]["recent"]["missing"] == pytest.approx(0.4, abs=0.1)


def test_a_wider_spread_is_drift_though_the_mean_stays():
    rows = mixed(400, 1)
    drift = detect(mixed(800, 0), rows.X.assign(force=rows.X["force"] * 2.0))
    assert drifted_names(drift) == ["force"]


def test_a_constant_and_an_empty_column_never_drift():
    reference, rows = mixed(800, 0), mixed(400, 1)
    same = Table(reference.X.assign(force=np.nan, count=1.0), reference.y, reference.schema)
    drift = detect(same, rows.X.assign(force=np.nan, count=1.0))
    by_name = {feature["name"]: feature for feature in drift["features"]}
    assert by_name["force"]["p"] == by_name["count"]["p"] == 1.0
    assert by_name["force"]["reference"]["mean"] is None


def test_the_same_seed_gives_the_same_numbers():
    reference, rows = mixed(800, 0), mixed(400, 1).X
    assert detect(reference, rows) == detect(reference, rows)


def test_too_few_rows_are_not_judged():
    drift = detect(mixed(800, 0), mixed(99, 1).X)
    assert (drift["judged"], drift["drifted"], drift["p"]) == (False, False, None)
    assert "99 new ones; at least 100" in drift["reason"]


@pytest.mark.parametrize(
    ("values", "said"), [({"level": 0.0}, "level must be above 0"), ({"permutations": 9}, ">= 99")]
)
def test_settings_out_of_range_are_refused(values, said):
    with pytest.raises(ValueError, match=said):
        DriftSettings(**values)


def test_a_reference_is_small_and_keeps_blocks_of_rows_together():
    whole = mixed(60_000, 0)
    whole.X["force"] = np.arange(len(whole), dtype=float)
    kept = compact(whole)
    assert len(kept) == 5_000
    starts = kept.X["force"].to_numpy()[::BLOCK]
    np.testing.assert_array_equal(kept.X["force"], (starts[:, None] + np.arange(BLOCK)).ravel())
    assert starts[0] == 0
    assert starts[-1] > 59_000
    assert compact(kept.rows(np.arange(300))).X.equals(kept.X.iloc[:300])


def test_the_reference_of_a_wide_table_is_smaller():
    columns = tuple(Column(f"s{k}", "continuous") for k in range(1000))
    wide = Table(
        pd.DataFrame(np.zeros((3000, 1000)), columns=[c.name for c in columns]),
        np.zeros(3000, np.int8),
        Schema(columns),
    )
    assert len(compact(wide)) == 1000
