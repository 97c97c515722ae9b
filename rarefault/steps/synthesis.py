"""Draw synthetic rows from the generator, and keep those that lie where the faults are."""

from pathlib import Path

from rarefault.classifiers.columns import Completer
from rarefault.datasets.table import Table
from rarefault.steps.record import recorded, write_json
from rarefault.tuning.training import MOST_DRAWN, OVERSAMPLING, TrainingSettings, keep


@recorded
def synthesize(features: str, model: str, synthetic: str, *, record: str) -> dict[str, float]:
    """Draw many more rows than the real ones (the paper's step 3) from the generator in folder `model`.

    A generator that knows the classes draws faults only.
    """
    from rarefault.generators import load_generator

    table = Table.read(features)
    generator = load_generator(model)
    n = min(OVERSAMPLING * len(table), MOST_DRAWN)
    rows = generator.sample(n, label=1 if generator.conditional else None)
    Path(synthetic).mkdir(parents=True, exist_ok=True)
    rows.to_parquet(Path(synthetic) / "rows.parquet", index=False)
    return {"rows": len(rows)}


@recorded
def kmeans_filter(
    features: str,
    synthetic: str,
    kept: str,
    *,
    record: str,
    filter: str = "kmeans",
    gate_lift: float = 1.5,
    gate_recall: float = 0.5,
    seed: int = 0,
) -> dict[str, float]:
    """Keep the synthetic rows nearest to the real faults, as many as balance the table (the paper's steps 4 and 5).

    Folder `kept` gets rows.parquet and quality.json: what the filter's cluster holds of the real faults, and
    whether that passes the gate.
    """
    import pandas as pd

    table = Table.read(features)
    rows = Completer().fit(table.X).transform(table.X)
    drawn = pd.read_parquet(Path(synthetic) / "rows.parquet")
    settings = TrainingSettings(gate_lift=gate_lift, gate_recall=gate_recall, seed=seed)
    result = keep(drawn, rows, table.y, max(0, len(table) - 2 * table.faults), filter, settings)
    assert result.quality is not None
    Path(kept).mkdir(parents=True, exist_ok=True)
    result.rows.to_parquet(Path(kept) / "rows.parquet", index=False)
    write_json(Path(kept) / "quality.json", result.quality)
    return {key: float(value) for key, value in result.quality.items() if isinstance(value, (int, float))}
