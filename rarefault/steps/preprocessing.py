"""Delete the features that cannot inform a model, and plan what is to be compared."""

import numpy as np
import pandas as pd

from rarefault.datasets.table import Table
from rarefault.errors import InputError
from rarefault.steps.record import recorded, write_json
from rarefault.tuning.strategies import BASELINE, STRATEGIES, UNTOUCHED, chosen


@recorded
def preprocess(
    train: str,
    features: str,
    plan: str,
    *,
    record: str,
    strategies: list[str] | None = None,
    classifier: str = "logistic-regression",
    max_missing: float = 0.5,
) -> dict[str, float]:
    """Write the training rows with the useful features to folder `features`, and the plan (JSON) to file `plan`.

    Dropped are features that are constant, mostly missing (share > max_missing) or identical to another one in the
    training rows. The plan names the strategies to compare besides the baseline. Labels are not looked at.
    """
    table = Table.read(train)
    dropped = useless(table.X, max_missing)
    kept = [name for name in table.schema.names if name not in dropped]
    if not kept:
        told = f"{table.schema.name}: no feature is left in the training rows; all are constant or missing"
        raise InputError(f"{told}; accepted: at least one that varies")
    try:
        names, left_out = chosen(strategies or [], len(kept), classifier)
    except ValueError as problem:
        raise InputError(str(problem)) from problem
    table.select(kept).write(features)
    others = [name for name in names if name not in (BASELINE, UNTOUCHED)]
    others.sort(key=lambda name: not STRATEGIES[name].costly)  # the longest first, so that none is waited for
    write_json(
        plan,
        {"strategies": others, "left_out": left_out, "dropped": [f"{name}: {why}" for name, why in dropped.items()]},
    )
    return {"features": len(kept), "dropped": len(dropped)}


def useless(X: pd.DataFrame, max_missing: float) -> dict[str, str]:
    """The features of X (n, d) that carry nothing, each with the reason."""
    dropped: dict[str, str] = {}
    seen: dict[int, str] = {}
    for name in X.columns:
        values = X[name]
        share = float(values.isna().mean())
        if share > max_missing:
            dropped[name] = f"{share:.0%} of the training rows are missing"
        elif values.nunique(dropna=True) < 2:
            dropped[name] = "constant in the training rows"
        else:
            key = int(np.bitwise_xor.reduce(_positioned(values)))
            if key in seen and values.equals(X[seen[key]]):
                dropped[name] = f"identical to {seen[key]} in the training rows"
            seen.setdefault(key, name)
    return dropped


def _positioned(values: pd.Series) -> np.ndarray:
    hashed = pd.util.hash_pandas_object(values.astype(object) if values.dtype == "category" else values, index=True)
    return np.asarray(hashed, dtype=np.uint64)
