"""How alike a generator's rows and the untouched test rows are."""

from pathlib import Path

from rarefault.classifiers.columns import Completer
from rarefault.datasets.table import Table
from rarefault.metrics.similarity import project_pca, with_reference
from rarefault.steps.record import recorded, write_json

_FEWEST = 5


@recorded
def evaluate_generator(
    test: str, features: str, model: str, similarity: str, *, record: str, seed: int = 0
) -> dict[str, float]:
    """Write the similarity of the generator in folder `model` to the test rows, and a projection, to `similarity`.

    A generator that knows the classes is judged on faults, another one on all rows.
    """
    from rarefault.generators import load_generator

    table, held_out = Table.read(features), Table.read(test)
    generator, completer = load_generator(model), Completer().fit(table.X)
    only_faults = generator.conditional and held_out.faults >= _FEWEST
    train, unseen = completer.transform(table.X), completer.transform(held_out.X)
    if only_faults:
        train, unseen = train[table.y == 1], unseen[held_out.y == 1]
    drawn = generator.sample(max(len(train), 200), label=1 if only_faults else None)
    metrics = with_reference(drawn, train, unseen, seed)
    panel = project_pca(completer.transform(table.X), table.y, drawn, seed)
    points = list(zip(panel["real"], panel["label"], strict=True))
    Path(similarity).parent.mkdir(parents=True, exist_ok=True)
    write_json(
        similarity,
        {
            "similarity": [
                {"generator": generator.name, "label": "fault" if only_faults else "all", "metrics": metrics}
            ],
            "pca": {
                "good": [point for point, label in points if not label],
                "fault": [point for point, label in points if label],
                "explained": panel["explained"],
                "synthetic": {generator.name: panel["synthetic"]},
            },
        },
    )
    return {name: pair["value"] for name, pair in metrics.items()}
