"""The quick presets of both image pipelines on real sets: accuracy, image quality, and what each run cost.

    python -m benchmarks.images.real_sets [--runs NAME=FOLDER ...]

Needs the image sets in the folder named by RAREFAULT_DATA. With --runs the tables of finished runs are printed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.printing import machine, markdown, verdict

RUNS = {
    "defect-augmentation, ballscrew": ["defect-augmentation", "--data", "ballscrew"],
    "defect-augmentation, neu-det, 50 images of three classes": [
        "defect-augmentation",
        "--data",
        "neu-det",
        "--set",
        'limit_per_class={"inclusion": 50, "scratches": 50, "pitted_surface": 50}',
    ],
    "defect-translation, neu-patches64": ["defect-translation", "--data", "neu-patches64"],
}
MINUTES = 15.0
Result = Mapping[str, Any]


def run(words: Sequence[str], out: Path) -> tuple[Result, float]:
    """The result of a run with an empty registry, and its seconds."""
    environment = {**os.environ, "RAREFAULT_HOME": str(out / "home"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "rarefault.cli", "run", *words, "--out", str(out / "run")]
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return read(out / "run"), time.perf_counter() - began


def read(folder: Path) -> Result:
    result: Result = json.loads((folder / "result.json").read_text())
    return result


def number(interval: Mapping[str, float] | None, places: int = 3, sign: str = "") -> str:
    """A value with its interval."""
    if interval is None:
        return "–"
    value, low, high = (f"{interval[key]:{sign}.{places}f}" for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def strategies_table(result: Result) -> str:
    rows = [
        [
            strategy["title"] + (" (selected)" if strategy["name"] == result["selected"] else ""),
            number(strategy["inner"]["macro_f1"]),
            number(strategy["inner_difference"], sign="+"),
            strategy["status"],
        ]
        for strategy in result["strategies"]
    ]
    return markdown(["inner folds", "macro F1", "against the yardstick", "fate"], rows)


def tasks_table(result: Result) -> str:
    rows = [
        [
            f"{row['title']} ({table['inspector']})",
            number(row["metrics"]["macro_f1"]),
            f"{row['metrics']['accuracy']['value']:.3f}",
            number((row.get("difference") or {}).get("macro_f1"), sign="+"),
        ]
        for table in result["classification"]["tables"]
        for row in table["rows"]
    ]
    repeats = result["classification"]["repeats"]
    return markdown([f"test images, {repeats} repeats", "macro F1", "accuracy", "against the first"], rows)


def quality_table(result: Result) -> str:
    rows = [
        [
            f"{made['title']}, {made['label']}",
            f"{made['fid']['original']['fid']['mean']:.0f}",
            f"{made['fid']['halves']['real']['mean']:.0f}",
            f"{made['diversity'][result['settings']['fid_network']]['ratio']:.2f}",
            "yes" if _collapsed(result, made) else "no",
        ]
        for made in result["distances"]
    ]
    network = result["distances"][0]["fid"]["network"]
    return markdown([f"FID in {network}", "to real", "real halves", "diversity", "collapsed"], rows)


def _collapsed(result: Result, made: Mapping[str, Any]) -> bool:
    healths = {generator["source"]: generator["health"] for generator in result["generators"]}
    return bool(healths[made["source"]][made["label"]]["collapsed"])


def show(name: str, result: Result, seconds: float | None = None) -> None:
    took = f"Its steps took {sum(step['seconds'] for step in result['steps']) / 60:.1f} min, some of them side by side"
    if seconds is not None:
        took = f"It took {seconds / 60:.1f} min (at most {MINUTES:.0f}: {verdict(seconds / 60 <= MINUTES)})"
    peak = max(step["peak_memory_mb"] or 0 for step in result["steps"])
    print(f"\n### {name}\n\n{took}; the largest took {peak:,.0f} MB. {result['helped']['sentence']}\n")
    for table in (strategies_table, tasks_table, quality_table):
        print(f"{table(result)}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", nargs="*", default=[], metavar="NAME=FOLDER")
    asked = parser.parse_args(arguments)
    print(machine())
    for text in asked.runs:
        name, _, folder = text.partition("=")
        show(name, read(Path(folder)))
    for name, words in ({} if asked.runs else RUNS).items():
        with tempfile.TemporaryDirectory() as folder:
            show(name, *run(words, Path(folder)))


if __name__ == "__main__":
    main()
