"""Draw synthetic rows from the generator, and keep those that lie where the faults are."""

from collections.abc import Sequence
from pathlib import Path

from rarefault.classifiers.columns import Completer
from rarefault.datasets.table import Table
from rarefault.steps.record import recorded, write_json
from rarefault.tuning.training import MOST_DRAWN, OVERSAMPLING, TrainingSettings, keep

BLOCK = 25_000
"""Rows that are drawn together; shards take whole blocks, so that the rows do not depend on how many shards."""


def blocks(rows: int) -> list[int]:
    """How many synthetic rows each block holds for a table of `rows` rows."""
    n = min(OVERSAMPLING * rows, MOST_DRAWN)
    return [min(BLOCK, n - start) for start in range(0, n, BLOCK)]


@recorded
def synthesize(
    features: str, model: str, synthetic: str, *, record: str, shard: int = 0, shards: int = 1
) -> dict[str, float]:
    """Draw many more rows than the real ones (the paper's step 3) from the generator in folder `model`.

    A generator that knows the classes draws faults only. Shard k of K writes blocks k, k + K, ... into folder
    `synthetic`, a file each.
    """
    from rarefault.generators import load_generator

    planned = blocks(len(Table.read(features)))
    generator = load_generator(model)
    label = 1 if generator.conditional else None
    Path(synthetic).mkdir(parents=True, exist_ok=True)
    for block in range(shard, len(planned), shards):
        generator.rewind(block)
        rows = generator.sample(planned[block], label=label)
        rows.to_parquet(Path(synthetic) / f"rows-{block:03}.parquet", index=False)
    return {"rows": sum(planned[shard::shards])}


@recorded
def kmeans_filter(
    features: str,
    synthetic: Sequence[str],
    kept: str,
    *,
    record: str,
    filter: str = "kmeans",
    gate_lift: float = 1.5,
    gate_recall: float = 0.5,
    seed: int = 0,
) -> dict[str, float]:
    """Keep the synthetic rows nearest to the real faults, as many as balance the table (the paper's steps 4 and 5).

    `synthetic` are the shards' folders. Folder `kept` gets rows.parquet and quality.json: what the filter's cluster
    holds of the real faults, and whether that passes the gate.
    """
    import pandas as pd

    table = Table.read(features)
    rows = Completer().fit(table.X).transform(table.X)
    files = sorted((file for shard in synthetic for file in Path(shard).glob("rows-*.parquet")), key=lambda f: f.name)
    drawn = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    settings = TrainingSettings(gate_lift=gate_lift, gate_recall=gate_recall, seed=seed)
    result = keep(drawn, rows, table.y, max(0, len(table) - 2 * table.faults), filter, settings)
    assert result.quality is not None
    Path(kept).mkdir(parents=True, exist_ok=True)
    result.rows.to_parquet(Path(kept) / "rows.parquet", index=False)
    write_json(Path(kept) / "quality.json", result.quality)
    return {key: float(value) for key, value in result.quality.items() if isinstance(value, (int, float))}
