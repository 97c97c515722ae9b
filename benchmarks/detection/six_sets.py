"""F2 and PR-AUC of every strategy and of the selection on six real imbalanced sets, 5 outer folds x 2.

    python -m benchmarks.detection.six_sets --out results.jsonl [--workers 2]
    python -m benchmarks.detection.six_sets --out results.jsonl --table

Each outer training part goes through what a run does: inner folds for every strategy, selection, a final fit; the
outer test part is only scored. Results are appended, so that a benchmark that was stopped goes on.
"""

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

SETS = ("steel-plates:Bumps", "steel-plates:Dirtiness", "steel-plates:Stains", "steel-plates:Z_Scratch")
SETS += ("ai4i2020", "secom")
CLASSIFIERS = ("logistic-regression", "gradient-boosting")
OUTER_FOLDS, OUTER_REPEATS, INNER_FOLDS, INNER_REPEATS = 5, 2, 5, 1
STEPS = {"max_steps": 600}  # of the WGANs, to bound the benchmark: 300 epochs would be 1,500 on steel plates
LEFT_OUT = {"ctgan"}  # some minutes a fit: 60 x 2 x 4 of them do not end in a day


def outer(job: tuple[str, int]) -> list[dict[str, Any]]:
    """Everything for one outer fold of one data set."""
    from threadpoolctl import threadpool_limits

    from rarefault.datasets.splits import inner_folds
    from rarefault.steps.ingestion import read_checked
    from rarefault.steps.preprocessing import useless

    name, number = job
    with threadpool_limits(1):
        table = read_checked(name, "", "", "", "", [], {}).table
        fit_rows, test_rows, _ = inner_folds(table.y, OUTER_FOLDS, OUTER_REPEATS, seed=7)[number]
        train, test = table.rows(fit_rows), table.rows(test_rows)
        dropped = useless(train.X, 0.5)
        kept = [column for column in train.schema.names if column not in dropped]
        _share_synthetic_rows()
        rows = []
        for classifier in CLASSIFIERS:
            rows += judge(train.select(kept), test.select(kept), classifier)
        return [{"set": name, "outer": number, **row} for row in rows]


def _share_synthetic_rows() -> None:
    """Both classifiers are given the same synthetic rows, made once."""
    from rarefault.datasets.table import row_hashes
    from rarefault.tuning import training

    made: dict[Any, Any] = {}
    augment = getattr(training.augment, "unshared", training.augment)

    def shared(strategy: Any, table: Any, settings: Any, seed: int) -> Any:
        key = (strategy.title, row_hashes(table.X).tobytes(), seed)
        if key not in made:
            made[key] = augment(strategy, table, settings, seed)
        return made[key]

    shared.unshared = augment  # type: ignore[attr-defined]
    training.augment = shared  # type: ignore[assignment]


def judge(train: Any, test: Any, classifier: str) -> list[dict[str, Any]]:
    """Every strategy and the selection, for one classifier."""
    from rarefault.metrics.detection import detect
    from rarefault.tuning.comparison import (
        OBJECTIVE,
        Objective,
        compare_folds,
        final_threshold,
        fold_metrics,
        futile,
        inner_scores,
        mean_with_interval,
        objectives,
    )
    from rarefault.tuning.selection import select
    from rarefault.tuning.strategies import BASELINE, STRATEGIES, UNTOUCHED
    from rarefault.tuning.strategies import chosen as strategies_for
    from rarefault.tuning.training import TrainingSettings
    from rarefault.tuning.training import train as train_one

    limits = {"wgan": STEPS, "conditional-wgan": STEPS}
    settings, objective = TrainingSettings(classifier=classifier, generator_params=limits), Objective()
    names = [n for n in strategies_for([], train.X.shape[1], classifier)[0] if n not in LEFT_OUT]
    outcomes, found = [], {}
    yardstick = None
    for name in [BASELINE, *(n for n in names if n not in (BASELINE, UNTOUCHED))]:
        began, strategy = time.perf_counter(), STRATEGIES[name]

        def hopeless(so_far: Any, base: Any = yardstick) -> bool:
            return base is not None and futile(train.y, so_far, base, objective, 0)

        inner = inner_scores(strategy, train, settings, INNER_FOLDS, INNER_REPEATS, None, hopeless)
        theirs = None if yardstick is None else fold_metrics(train.y, yardstick.only(inner), objective, True)
        yardstick = yardstick or inner
        model, used = train_one(strategy, train, settings, 0)
        scores, threshold = model.scores(test.X), final_threshold(train.y, inner, objective)
        ours = fold_metrics(train.y, inner, objective, True)
        found[name] = {"tuned": detect(test.y, scores, threshold), "half": detect(test.y, scores, 0.5)}
        outcomes.append(
            {
                "name": name,
                "inner": {OBJECTIVE: mean_with_interval(objectives(ours))},
                "inner_difference": None if theirs is None else compare_folds(objectives(ours), objectives(theirs)),
                "filter": None if used is None else used.quality,
                "stopped_early": not inner.complete,
                "folds_tried": len(ours),
                "seconds": time.perf_counter() - began,
            }
        )
    selected = select(outcomes, objective.title, 0.95).selected
    return [
        {"classifier": classifier, "strategy": o["name"], "selected": o["name"] == selected, "f2": at["f2"]}
        | {"pr_auc": at["pr_auc"], "f2_half": found[o["name"]]["half"]["f2"], "seconds": round(o["seconds"], 2)}
        | {"stopped": o["stopped_early"], "gate": None if o["filter"] is None else bool(o["filter"]["passed"])}
        for o in outcomes
        for at in [found[o["name"]]["tuned"]]
    ]


def run(out: Path, workers: int) -> None:
    """Do the outer folds that `out` lacks."""
    done = {(row["set"], row["outer"]) for row in read(out)}
    jobs = [(name, k) for k in range(OUTER_FOLDS * OUTER_REPEATS) for name in SETS if (name, k) not in done]
    with multiprocessing.get_context("spawn").Pool(workers) as pool, out.open("a") as file:
        for count, rows in enumerate(pool.imap_unordered(outer, jobs), 1):
            file.writelines(json.dumps(row) + "\n" for row in rows)
            file.flush()
            print(f"{count} of {len(jobs)}: {rows[0]['set']} fold {rows[0]['outer']}", flush=True)


def read(out: Path) -> list[dict[str, Any]]:
    """The rows so far."""
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def table(rows: list[dict[str, Any]]) -> str:
    """Mean F2 per set for every strategy, then PR-AUC; one table a classifier."""
    import pandas as pd

    from rarefault.tuning.strategies import STRATEGIES

    frame = pd.DataFrame(rows)
    folds = int(frame.groupby("set")["outer"].nunique().min())
    parts = [f"Mean over {folds} outer folds a set (5-fold x 2), threshold tuned for F2 on inner folds.\n"]
    for classifier, part in frame.groupby("classifier", sort=False):
        for metric, title in (("f2", "F2"), ("pr_auc", "PR-AUC")):
            lines = [f"\n**{classifier}, {title}**\n", _row(["strategy", *(s.split(":")[-1] for s in SETS), "mean"])]
            lines.append(_row(["---"] + ["---:"] * (len(SETS) + 1)))
            for label, chosen in _lines(part, metric, STRATEGIES):
                means = [chosen[chosen["set"] == s]["value"].mean() for s in SETS]
                lines.append(_row([label, *(f"{m:.3f}" for m in means), f"{sum(means) / len(means):.3f}"]))
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _lines(part: Any, metric: str, strategies: Any) -> Any:
    base = part[part.strategy == "tuned-threshold"]
    if metric == "f2":
        yield "untouched, 0.5", base.assign(value=base["f2_half"])
        paper = part[part.strategy == "wgan-kmeans"]
        yield "the paper's WGAN + K-means, 0.5", paper.assign(value=paper["f2_half"])
    for name in part.strategy.unique():
        own = part[part.strategy == name]
        yield strategies[name].title, own.assign(value=own[metric])
    picked = part[part.selected]
    yield "**selected by Rarefault**", picked.assign(value=picked[metric])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="a JSON-lines file")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="only print the tables")
    options = parser.parse_args()
    if not options.table:
        run(options.out, options.workers)
    print(table(read(options.out)))


if __name__ == "__main__":
    main()
