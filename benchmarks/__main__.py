"""Run the benchmarks one after another, each in a process of its own; they want a quiet machine.

python -m benchmarks [NAME ...] [--list] [--out FOLDER]
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Benchmark:
    """module: what `python -m` runs; says: what it measures; arguments: for it, {out} standing for the output folder;
    with_sdv: more of them where SDV is installed; real_data: whether it reads the sets in RAREFAULT_DATA.
    """

    module: str
    says: str
    arguments: tuple[str, ...] = ()
    with_sdv: tuple[str, ...] = ()
    real_data: bool = False

    def command(self, out: Path) -> list[str]:
        given = [*self.arguments, *(self.with_sdv if find_spec("sdv") else ())]
        return [sys.executable, "-m", self.module, *(word.format(out=out) for word in given)]


BENCHMARKS = {
    "wgan-step": Benchmark(
        "benchmarks.generators.wgan_step", "training the WGAN against autograd and CTGAN", with_sdv=("--ctgan",)
    ),
    "sampling": Benchmark("benchmarks.generators.sampling", "drawing a million rows", with_sdv=("--ctgan",)),
    "image-step": Benchmark("benchmarks.images.step", "a loop of DCGAN training against the plain one"),
    "image-sampling": Benchmark("benchmarks.images.sampling", "drawing images from a DCGAN"),
    "image-fid": Benchmark("benchmarks.images.fid", "the FID of 1,000 images against plain torch and scipy"),
    "translation-step": Benchmark(
        "benchmarks.images.translation_step", "a loop of the translators' training against the plain one"
    ),
    "image-sets": Benchmark(
        "benchmarks.images.real_sets", "both image pipelines with the quick preset on real sets", real_data=True
    ),
    "search-workers": Benchmark("benchmarks.search.workers", "the search with two processes against one"),
    "degradation-training": Benchmark(
        "benchmarks.degradation.training", "training the VAE of vibration against eager loops in torch"
    ),
    "degradation-assessing": Benchmark(
        "benchmarks.degradation.assessing", "judging snapshots against eager torch and scipy's gaussian_kde"
    ),
    "degradation-onset": Benchmark(
        "benchmarks.degradation.onset", "onsets found and false ones in 50 simulated lives and their healthy twins"
    ),
    "lives": Benchmark(
        "benchmarks.degradation.lives",
        "every health indicator on bearings run to failure, on CWRU and on simulated screws",
        arguments=("--out", "{out}/lives.jsonl"),
        real_data=True,
    ),
    "growth": Benchmark(
        "benchmarks.growth.cost", "cost against rows and columns", arguments=("--plot", "{out}/growth.png")
    ),
    "run-time": Benchmark("benchmarks.pipeline.run_time", "time and memory of a whole run"),
    "serving": Benchmark(
        "benchmarks.serving.side_by_side", "the model server beside KServe's, FastAPI and bare uvicorn, on half a CPU"
    ),
    "serving-images": Benchmark("benchmarks.serving.images", "the model server beside FastAPI with torch, on images"),
    "serving-vibration": Benchmark(
        "benchmarks.serving.serving_vibration", "snapshots of machines at 100 a second on half a CPU"
    ),
    "serving-soak": Benchmark("benchmarks.serving.soak", "ten minutes of load while the model is replaced every 5 s"),
    "six-sets": Benchmark(
        "benchmarks.detection.six_sets",
        "F2 and PR-AUC of every strategy on six real sets (hours)",
        arguments=("--out", "{out}/six-sets.jsonl"),
        real_data=True,
    ),
}


def run(names: Sequence[str], out: Path) -> list[str]:
    """Run the named benchmarks, or all; returns the names of those that failed."""
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in names or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        print(f"\n## {name}: {benchmark.says}\n", flush=True)
        if benchmark.real_data and name not in names and not os.environ.get("RAREFAULT_DATA"):
            print("left out: RAREFAULT_DATA names no folder; ask for it by name to have the sets downloaded")
        elif subprocess.run(benchmark.command(out), env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode:
            failed.append(name)
    return failed


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(BENCHMARKS)}")
    parser.add_argument("--list", action="store_true", help="say what there is, and stop")
    parser.add_argument("--out", type=Path, default=Path("runs") / "benchmarks", help="for plots and raw results")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"unknown benchmarks {unknown}; known benchmarks: {', '.join(BENCHMARKS)}")
    if asked.list:
        for name, benchmark in BENCHMARKS.items():
            print(f"{name:16} {benchmark.says}")
        return
    failed = run(asked.names, asked.out)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
