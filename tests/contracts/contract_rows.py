"""Rows and settings for the contract tests; run as a script it prints what every generator draws, as digests."""

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd

QUICK: dict[str, dict[str, Any]] = {
    "wgan": {"epochs": 3, "neurons": 16, "layers": 1, "latent": 8},
    "conditional-wgan": {"epochs": 3, "neurons": 16, "layers": 1, "latent": 8},
    "ctgan": {"epochs": 1, "batch_size": 20, "layers": [16], "latent_dim": 8},
}
"""Settings that make a slow generator quick; a generator that is not named here is tested with its defaults."""


def mixed_rows(n: int = 120, faults: int = 24, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Floats, whole numbers, levels (one of them unused) and a constant, with labels that the floats follow."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) < faults).astype(np.int8)
    X = pd.DataFrame(
        {
            "force_n": 300.0 + 40.0 * rng.normal(size=n) + 30.0 * y,
            "supplier": pd.Categorical(rng.choice(["A", "B", "C"], n), categories=["A", "B", "C", "unused"]),
            "retries": rng.integers(0, 6, n).astype(np.float64),
            "torque_nm": rng.gamma(2.0, 1e-4, n) * (1.0 + y),
            "cycles": rng.integers(0, 5000, n),
            "station": 7.0,
        }
    )
    order = rng.permutation(n)
    return X.iloc[order].reset_index(drop=True), y[order]


def numeric_rows(n: int = 120, faults: int = 24, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """The floats of `mixed_rows` alone, where no generator has to give way to another."""
    X, y = mixed_rows(n, faults, seed)
    return X[["force_n", "torque_nm"]], y


def fitted(name: str, seed: int = 1, rows: tuple[pd.DataFrame, np.ndarray] | None = None) -> Any:
    """The generator called `name`, quickly fitted."""
    from rarefault.generators import GENERATORS

    X, y = mixed_rows() if rows is None else rows
    return GENERATORS[name].from_params({**QUICK.get(name, {}), "seed": seed}).fit(X, y)


def drawn(generator: Any, n: int = 25) -> pd.DataFrame:
    """n rows: faults if the generator can be asked for a class."""
    rows: pd.DataFrame = generator.sample(n, label=1) if generator.conditional else generator.sample(n)
    return rows


def digest(rows: pd.DataFrame) -> str:
    """A fingerprint of every bit of the rows."""
    bits = [rows[name].cat.codes if rows[name].dtype == "category" else rows[name] for name in rows]
    return hashlib.sha256(b"".join(np.ascontiguousarray(b).tobytes() for b in bits)).hexdigest()


if __name__ == "__main__":
    from rarefault.generators import GENERATORS

    print(json.dumps({name: digest(drawn(fitted(name))) for name in GENERATORS}))
