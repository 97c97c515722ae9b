"""What every health indicator of the registry promises."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rarefault.degradation import INDICATORS, HealthIndicator, load_indicator
from rarefault.errors import InputError

EVERY = pytest.mark.parametrize("name", sorted(INDICATORS))
QUICK: dict[str, dict[str, Any]] = {"vae": {"steps": 200}}
RATE = 1000.0


def snapshots(n: int, c: int = 1, seed: int = 0, wear: float = 0.0) -> np.ndarray:
    """Tones at any phase and noise, with impacts of height `wear` (n, c, t)."""
    rng = np.random.default_rng(seed)
    phase = 2 * np.pi * (np.arange(1024) / 32 + rng.uniform(size=(n, c, 1)))
    x = np.sin(phase) + 0.3 * rng.normal(size=(n, c, 1024))
    x[:, :, ::64] += wear
    return np.asarray(x, dtype=np.float32)


def fitted(name: str, x: np.ndarray | None = None, **params: Any) -> HealthIndicator:
    return INDICATORS[name].from_params({**QUICK.get(name, {}), **params}).fit(snapshots(40) if x is None else x, RATE)


class Fitted(dict[str, HealthIndicator]):
    def __missing__(self, name: str) -> HealthIndicator:
        self[name] = fitted(name)
        return self[name]


@pytest.fixture(scope="module")
def ready() -> Fitted:
    return Fitted()


@EVERY
def test_gives_one_finite_number_a_snapshot(name: str, ready: Fitted) -> None:
    found = ready[name].indicate(snapshots(7, seed=1))
    assert found.shape == (7,)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()


@EVERY
def test_same_seed_gives_the_same_numbers(name: str, ready: Fitted) -> None:
    x = snapshots(5, seed=1)
    np.testing.assert_array_equal(fitted(name).indicate(x), ready[name].indicate(x))


@EVERY
def test_grows_with_wear(name: str, ready: Fitted) -> None:
    levels = [np.median(ready[name].indicate(snapshots(40, seed=1, wear=wear))) for wear in (0.0, 4.0, 20.0)]
    assert levels == sorted(levels)
    assert levels[0] < levels[1]


@EVERY
def test_order_and_company_of_snapshots_do_not_matter(name: str, ready: Fitted) -> None:
    x = snapshots(9, seed=1)
    found = ready[name].indicate(x)
    np.testing.assert_allclose(ready[name].indicate(x[::-1])[::-1], found, rtol=1e-5)
    np.testing.assert_allclose(ready[name].indicate(x[4:5]), found[4:5], rtol=1e-5)


@EVERY
def test_takes_several_channels(name: str) -> None:
    indicator = fitted(name, snapshots(40, c=3))
    assert indicator.indicate(snapshots(4, c=3, seed=1)).shape == (4,)
    with pytest.raises(ValueError, match="learned 3 channels of 1024 samples"):
        indicator.indicate(snapshots(4, c=2))


@EVERY
def test_saved_and_loaded_gives_the_same_numbers_without_pickle(name: str, tmp_path: Path, ready: Fitted) -> None:
    ready[name].save(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"model.json", "weights.safetensors"}
    loaded = load_indicator(tmp_path)
    assert type(loaded) is INDICATORS[name]
    assert loaded.settings == ready[name].settings
    assert (loaded.channels_, loaded.samples_, loaded.rate_) == (1, 1024, RATE)
    x = snapshots(6, seed=1)
    np.testing.assert_array_equal(loaded.indicate(x), ready[name].indicate(x))


@EVERY
def test_refuses_what_are_no_snapshots(name: str, ready: Fitted) -> None:
    good = snapshots(3)
    gap = good.copy()
    gap[1, 0, 5] = np.nan
    for bad, reason in (
        (gap, "NaN"),
        (good.astype(np.float64), "takes float32 snapshots"),
        (good[0], "takes float32 snapshots"),
        (good[:0], "takes float32 snapshots"),
    ):
        for refuse in (ready[name].indicate, lambda x: INDICATORS[name]().fit(x, RATE)):
            with pytest.raises(ValueError, match=reason):
                refuse(bad)
    with pytest.raises(ValueError, match="learned 1 channels of 1024 samples"):
        ready[name].indicate(good[:, :, :512].copy())


@EVERY
def test_knows_its_settings_and_what_to_search(name: str) -> None:
    kind = INDICATORS[name]
    assert kind.name == name
    assert kind.title
    assert set(kind.searched) <= set(vars(kind.Settings()))
    with pytest.raises(InputError, match="no setting 'no_such'"):
        kind.from_params({"no_such": 1})


def test_refuses_folders_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no model\.json"):
        load_indicator(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({"kind": "generator"}))
    with pytest.raises(InputError, match="expected a health indicator"):
        load_indicator(tmp_path)
