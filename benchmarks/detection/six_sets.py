"""F2 and PR-AUC of every strategy and of the selection on six real imbalanced sets, 5 outer folds x 2.

    python -m benchmarks.detection.six_sets --out results.jsonl [--workers 2]
    python -m benchmarks.detection.six_sets --out results.jsonl --table

Each outer training part goes through what a run does: inner folds for every strategy, selection, a final fit; the
outer test part is only scored. Results are appended, so that a benchmark that was stopped goes on. The selection is
made from the stored inner folds when the table is printed.
"""

import argparse
import json
import multiprocessing
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

SETS = ("steel-plates:Bumps", "steel-plates:Dirtiness", "steel-plates:Stains", "steel-plates:Z_Scratch")
SETS += ("ai4i2020", "secom")
CLASSIFIERS = ("logistic-regression", "gradient-boosting")
OUTER_FOLDS, OUTER_REPEATS, INNER_FOLDS, INNER_REPEATS = 5, 2, 5, 2
STEPS = {"max_steps": 600}  # of the WGANs, to bound the benchmark: 300 epochs would be 1,500 on steel plates
LEFT_OUT = {"ctgan"}  # some minutes a fit: 60 x 2 x 4 of them do not end in a day
WEIGHTED_BOOSTING_WIDEST = 100  # scikit-learn bins weighted rows one percentile at a time: 14 s a fit on secom


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
        make, rows = _once(), []
        for classifier in CLASSIFIERS:
            rows += judge(train.select(kept), test.select(kept), classifier, make)
        return [{"set": name, "outer": number, **row} for row in rows]


def _once() -> Any:
    """An `augment` that makes rows once and gives them to both classifiers."""
    from rarefault.datasets.table import row_hashes
    from rarefault.tuning.training import augment

    made: dict[Any, Any] = {}

    def shared(strategy: Any, table: Any, settings: Any, seed: int) -> Any:
        key = (strategy.title, row_hashes(table.X).tobytes(), seed)
        if key not in made:
            made[key] = augment(strategy, table, settings, seed)
        return made[key]

    return shared


def judge(train: Any, test: Any, classifier: str, make: Any) -> list[dict[str, Any]]:
    """Every strategy, for one classifier: its inner folds and its score on the test rows."""
    from rarefault.metrics.detection import detect
    from rarefault.tuning.comparison import Objective, final_threshold, fold_metrics, futile, inner_scores, objectives
    from rarefault.tuning.strategies import BASELINE, STRATEGIES, UNTOUCHED
    from rarefault.tuning.strategies import chosen as strategies_for
    from rarefault.tuning.training import TrainingSettings
    from rarefault.tuning.training import train as train_one

    limits = {"wgan": STEPS, "conditional-wgan": STEPS}
    settings, objective = TrainingSettings(classifier=classifier, generator_params=limits), Objective()
    left_out = set(LEFT_OUT)
    if classifier == "gradient-boosting" and train.X.shape[1] > WEIGHTED_BOOSTING_WIDEST:
        left_out.add("class-weights")
    names = [n for n in strategies_for([], train.X.shape[1], classifier)[0] if n not in left_out]
    rows: list[dict[str, Any]] = []
    yardstick = None
    for name in [BASELINE, *(n for n in names if n not in (BASELINE, UNTOUCHED))]:
        began, strategy = time.perf_counter(), STRATEGIES[name]

        def hopeless(so_far: Any, base: Any = yardstick) -> bool:
            return base is not None and futile(train.y, so_far, base, objective, 0)

        inner = inner_scores(strategy, train, settings, INNER_FOLDS, INNER_REPEATS, None, hopeless, make)
        yardstick = yardstick or inner
        model, used = train_one(strategy, train, settings, 0, make=make)
        scores, threshold = model.scores(test.X), final_threshold(train.y, inner, objective)
        at = detect(test.y, scores, threshold)
        rows.append(
            {
                "classifier": classifier,
                "strategy": name,
                "f2": at["f2"],
                "pr_auc": at["pr_auc"],
                "f2_half": detect(test.y, scores, 0.5)["f2"],
                "inner": objectives(fold_metrics(train.y, inner, objective, True)),
                "inner_base": objectives(fold_metrics(train.y, yardstick.only(inner), objective, True)),
                "stopped": not inner.complete,
                "gate": None if used is None or used.quality is None else dict(used.quality),
                "seconds": round(time.perf_counter() - began, 2),
            }
        )
    return rows


def selected(rows: list[dict[str, Any]]) -> str:
    """What the selection picks among the strategies of one classifier on one outer training part."""
    from rarefault.tuning.comparison import OBJECTIVE, compare_folds, mean_with_interval
    from rarefault.tuning.selection import select
    from rarefault.tuning.strategies import BASELINE

    outcomes = [
        {
            "name": row["strategy"],
            "inner": {OBJECTIVE: mean_with_interval(row["inner"])},
            "inner_difference": None
            if row["strategy"] == BASELINE
            else compare_folds(row["inner"], row["inner_base"], INNER_FOLDS),
            "filter": row["gate"],
            "stopped_early": row["stopped"],
            "folds_tried": len(row["inner"]),
        }
        for row in rows
    ]
    return select(outcomes, "F2", 0.95).selected


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

    parts_of = defaultdict(list)
    for row in rows:
        parts_of[row["set"], row["outer"], row["classifier"]].append(row)
    picks = {key: selected(part) for key, part in parts_of.items()}
    frame = pd.DataFrame(rows)
    frame["selected"] = [picks[row["set"], row["outer"], row["classifier"]] == row["strategy"] for row in rows]
    folds = int(frame.groupby("set")["outer"].nunique().min())
    parts = [f"Mean over {folds} outer folds a set (5-fold x 2), threshold tuned for F2 on inner folds.\n"]
    for classifier, part in frame.groupby("classifier", sort=False):
        for metric, title in (("f2", "F2"), ("pr_auc", "PR-AUC")):
            lines = [f"\n**{classifier}, {title}**\n", _row(["strategy", *(s.split(":")[-1] for s in SETS), "mean"])]
            lines.append(_row(["---"] + ["---:"] * (len(SETS) + 1)))
            for label, chosen in _lines(part, metric, STRATEGIES):
                means = [chosen[chosen["set"] == s]["value"].mean() for s in SETS]
                lines.append(_row([label, *(_cell(m) for m in [*means, sum(means) / len(means)])]))
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


def _cell(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"


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
