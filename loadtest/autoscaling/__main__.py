"""How many replicas a load leads to, and which response times result: a simulation of the autoscalers' own rules.

    python -m loadtest.autoscaling --rps 200 --cpu-ms 1.0            this load, every autoscaler
    python -m loadtest.autoscaling --rps 200 2000 10000 --cpu-ms 0.05 --autoscaler hpa
    python -m loadtest.autoscaling --stages 120:50 300:400 600:50 --cpu-ms 5 --plot pods.png
    python -m loadtest.autoscaling --case paper                       200 RPS, 4 pods, p95 56 ms: from what?
    python -m loadtest.autoscaling --case ours                        this project's server, at its measured cost

--cpu-ms is what one request costs the server in CPU time: `python -m benchmarks serving` measures it; from outside it
is CPU seconds used (for example container_cpu_usage_seconds_total) over requests served. A replica is one thread with
a queue under a CPU limit enforced in periods of 100 ms, as Linux does; the cost of requests varies (--spread).

Autoscalers: kpa-concurrency and kpa-rps (Knative: windows of 60 s and 6 s, panic at 200 %, utilisation 70 %, an
evaluation every 2 s) and hpa (Kubernetes on CPU at 80 %, every 15 s, tolerance 10 %, at most 4 pods or 100 % up in
15 s, down after 300 s). Left out: lag of the metrics pipeline, nodes without room, scaling to zero, failing pods.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from loadtest.autoscaling.cases import INFERRED, SHOWN_MS, TOLD, TRIED_MS, answer_rows, our_case, paper_case
from loadtest.autoscaling.cluster import Cluster, Rule, Trace, simulate
from loadtest.autoscaling.knative import KnativeSettings
from loadtest.autoscaling.kubernetes import HorizontalSettings
from loadtest.autoscaling.load import Load
from loadtest.autoscaling.picture import draw
from loadtest.tables import text_table

AUTOSCALERS = ("kpa-concurrency", "kpa-rps", "hpa")


def stage(text: str) -> tuple[float, float]:
    """SECONDS:RPS."""
    seconds, colon, rps = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"a stage is SECONDS:RPS, for example 300:200, got {text!r}")
    return float(seconds), float(rps)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    summary, _, details = (__doc__ or "").partition("\n")
    made = argparse.ArgumentParser(
        prog="python -m loadtest.autoscaling",
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--case", choices=["paper", "ours"], help="a named question, settings aside")
    load = made.add_argument_group("load")
    load.add_argument("--rps", type=float, nargs="+", default=[200.0], help="requests/s; several are tried one by one")
    load.add_argument(
        "--stages", type=stage, nargs="+", metavar="SECONDS:RPS", help="instead of --rps: one load in steps"
    )
    load.add_argument("--minutes", type=float, default=5.0, help="length with --rps (default: 5)")
    load.add_argument("--ramp", type=float, default=20.0, help="seconds of linear change at each step (default: 20)")
    load.add_argument("--users", type=int, help="as many users who wait for their answers; without: an open stream")
    load.add_argument("--arrivals", choices=["poisson", "regular"], default="poisson", help="of the open stream")
    pods = made.add_argument_group("pods")
    pods.add_argument("--cpu-ms", type=float, default=1.0, help="CPU time of a request, ms (default: 1)")
    pods.add_argument("--spread", type=float, default=0.5, help="standard deviation over mean of it (default: 0.5)")
    pods.add_argument("--limit", type=float, default=0.5, help="CPU limit and request of a pod, cores (default: 0.5)")
    pods.add_argument("--start", type=float, default=5.0, help="seconds until a new pod is ready (default: 5)")
    pods.add_argument("--hop-ms", type=float, default=0.0, help="what ingress and proxies add, ms (default: 0)")
    rule = made.add_argument_group("autoscaler")
    rule.add_argument("--autoscaler", choices=AUTOSCALERS, nargs="+", default=list(AUTOSCALERS), help="default: all")
    rule.add_argument(
        "--target", type=float, help="of one pod, for Knative: requests in flight (100) or requests/s (200)"
    )
    rule.add_argument("--utilisation", type=float, help="share of the target, or of CPU: 0.7 for Knative, 0.8 for HPA")
    rule.add_argument("--min", type=int, default=1, dest="fewest", help="replicas (default: 1)")
    rule.add_argument("--max", type=int, default=10, dest="most", help="replicas (default: 10)")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--plot", type=Path, metavar="FILE", help="pods and p95 over time as a PNG file")
    made.add_argument("--json", type=Path, metavar="FILE", help="the table as JSON")
    return made


def rules(asked: argparse.Namespace) -> dict[str, Rule]:
    """The autoscalers asked for, by name; raises ValueError for settings that make no sense."""
    bounds = {"min_replicas": asked.fewest, "max_replicas": asked.most}
    shared = bounds if asked.utilisation is None else {**bounds, "utilisation": asked.utilisation}
    known: dict[str, Rule] = {
        "kpa-concurrency": KnativeSettings(metric="concurrency", target=asked.target, **shared),
        "kpa-rps": KnativeSettings(metric="rps", target=asked.target, **shared),
        "hpa": HorizontalSettings(**shared),
    }
    return {name: known[name] for name in asked.autoscaler}


def loads(asked: argparse.Namespace) -> dict[str, Load]:
    """The loads asked for, by what they are called in the table."""
    shared = {"ramp": asked.ramp, "users": asked.users, "arrivals": asked.arrivals}
    if asked.stages:
        return {" ".join(f"{s:g}:{r:g}" for s, r in asked.stages): Load(stages=tuple(asked.stages), **shared)}
    return {f"{rps:g}": Load(stages=((asked.minutes * 60, rps),), **shared) for rps in asked.rps}


HEADER = [
    "requests/s",
    "autoscaler",
    "pods",
    "most",
    "settled at, s",
    "p95 late, ms",
    "p95 whole run, ms",
    "answered in time, %",
]


def row(load: str, autoscaler: str, trace: Trace) -> list[str]:
    """p95 late: of the last quarter of the run, when the pods are there."""
    swings = "" if trace.fewest_settled == trace.last else f" ({trace.fewest_settled} to {trace.most}, swings)"
    late, whole = trace.steady_percentile(95), trace.percentile(95)
    in_time = int((trace.times + trace.latencies / 1000 <= trace.seconds + 1).sum())
    answered = 100 * in_time / max(1, len(trace.times))
    return [
        load, autoscaler, f"{trace.last}{swings}", str(trace.most), f"{trace.settled_at:.0f}",
        f"{late:.3g}", f"{whole:.3g}", f"{answered:.1f}",
    ]  # fmt: skip


def answer(asked: argparse.Namespace) -> tuple[list[list[str]], dict[str, Trace]]:
    """Every load with every autoscaler: the table's rows, and the traces by name."""
    cluster = Cluster(asked.cpu_ms, asked.spread, asked.limit, asked.start, asked.hop_ms)
    rows, traces = [], {}
    for load_name, load in loads(asked).items():
        for rule_name, rule in rules(asked).items():
            trace = simulate(cluster, rule, load, asked.seed)
            rows.append(row(load_name, rule_name, trace))
            traces[f"{rule_name}, {load_name} requests/s"] = trace
    return rows, traces


def print_paper(asked: argparse.Namespace) -> tuple[list[str], list[list[str]], dict[str, Trace]]:
    """Print what the paper tells and leaves open; returns the table's header and rows, and the traces by name."""
    answers = paper_case(seed=asked.seed)
    header = ["autoscaler", "CPU ms a request that fits", "pods", "p95, ms", "why"]
    rows = answer_rows(answers)
    print("Told by the paper: " + "; ".join(TOLD) + ".")
    print("Not told, inferred or assumed here: " + "; ".join(INFERRED) + ".\n")
    print(text_table(header, rows))
    print(
        f"\nTried: {TRIED_MS[0]:g} to {TRIED_MS[-1]:g} ms. Pods and p95 (of the last quarter) are those of the highest"
        f" cost that fits, or of {SHOWN_MS:g} ms where none does. Near the ends of a range the seed decides."
    )
    return header, rows, {a.guess.says: a.trace for a in answers}


def print_ours(asked: argparse.Namespace) -> tuple[list[str], list[list[str]], dict[str, Trace]]:
    """Print how this project's server would be scaled; returns the table's header and rows, and the traces by name."""
    header, rows, traces = [*HEADER[:2], "CPU ms a request", *HEADER[2:]], [], {}
    for rps, cpu_ms, name, trace in our_case(seed=asked.seed):
        load, autoscaler, *figures = row(f"{rps:,.0f}", name, trace)
        rows.append([load, autoscaler, f"{cpu_ms:g}", *figures])
        traces[f"{name}, {load} requests/s"] = trace
    print("This project's server, one row of 66 features, pods of 0.5 CPU, 1 to 10.\n")
    print(text_table(header, rows))
    return header, rows, traces


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer on standard output; exit code 2 for settings that make no sense."""
    made = parser()
    asked = made.parse_args(arguments)
    try:
        if asked.case == "ours":
            header, rows, traces = print_ours(asked)
            title = "This project's server, pods of 0.5 CPU"
        elif asked.case == "paper":
            header, rows, traces = print_paper(asked)
            title = "The paper's load, 200 requests/s from 20 users"
        else:
            header, (rows, traces) = HEADER, answer(asked)
            print(f"CPU {asked.cpu_ms:g} ms a request; pods of {asked.limit:g} CPU, {asked.fewest} to {asked.most}\n")
            print(text_table(header, rows))
            title = f"CPU {asked.cpu_ms:g} ms a request, pods of {asked.limit:g} CPU"
    except ValueError as refused:
        made.error(str(refused))
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps([dict(zip(header, cells, strict=True)) for cells in rows], indent=1) + "\n")
    if asked.plot:
        draw(traces, title, asked.plot)


if __name__ == "__main__":
    main()
