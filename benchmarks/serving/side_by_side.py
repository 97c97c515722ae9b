"""Ours beside bare uvicorn, KServe's own server and FastAPI, each held to half a CPU; then ours in every protocol.

    python -m benchmarks.serving.side_by_side [--rounds 5] [--seconds 3]

Logistic regression on 66 features, one row a request. Every round starts every contestant anew, one after the other;
the figures are medians over the rounds, ratios are medians of each round's ratio. A client in a process of its own
checks every answer, byte for byte, against one whose probabilities were compared with the classifier's. Start is from
the beginning of the process to the first 200 of its readiness address. On a busy machine trust the CPU time of a
request: the rate is 0.5 CPU over it where the server gets its half.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.printing import machine, markdown, verdict
from benchmarks.serving.bodies import FORMS, v1
from benchmarks.serving.contestants import BARE, CONTESTANTS, FASTAPI, KSERVE, OURS, ours
from benchmarks.serving.limit import limited
from benchmarks.serving.measured import CORES, MEGABYTES, Burst, free_port, serving
from benchmarks.serving.models import KINDS, Made, gearbox_table, make, with_all_digits

RATE, CONNECTIONS, PACED_CONNECTIONS, MANY = 200, 32, 20, 1000
WARM = 0.5  # seconds of load before anything is measured


@dataclass(frozen=True)
class Figures:
    """One contestant in one round."""

    flat_out: Burst
    paced: Burst
    ready: float
    ready_cpu: float
    megabytes: float


def one_round(name: str, folder: Path, made: Made, seconds: float, log: Path) -> Figures:
    port = free_port()
    command = ours(name) if name in KINDS else CONTESTANTS[name]
    requests = [v1(made, row, 1) for row in range(16)]
    with serving(command(folder, port), port, log) as server:
        answers = server.checked_answers(requests)
        server.burst(requests, WARM, CONNECTIONS, answers=answers)
        flat_out = server.burst(requests, seconds, CONNECTIONS, answers=answers)
        paced = server.burst(requests, seconds, PACED_CONNECTIONS, RATE, answers)
        found = Figures(flat_out, paced, server.ready, server.ready_cpu, server.megabytes())
    failures = {**flat_out.failures, **paced.failures}
    if failures:
        raise RuntimeError(f"{name}: {failures}")
    return found


Forms = dict[tuple[str, str], Burst]
"""(what is sent, protocol) -> what came of it; of one round."""
ONE, SHORT, LONG = "1 row", f"{MANY:,} rows, 4 decimals", f"{MANY:,} rows, all digits"


def forms_round(folder: Path, made: Made, precise: Made, seconds: float, log: Path, backwards: bool) -> Forms:
    """Ours in every protocol, one row and many, in one process. The digits matter to JSON only.

    Every other round goes backwards, so that no protocol is always the first.
    """
    sent = {ONE: (made, 1, 16, CONNECTIONS), SHORT: (made, MANY, 1, 4), LONG: (precise, MANY, 1, 4)}
    port, found = free_port(), {}
    with serving(ours("linear")(folder, port), port, log) as server:
        for what, (rows, n, variants, connections) in sent.items():
            for name, form in reversed(FORMS.items()) if backwards else FORMS.items():
                requests = [form(rows, row, n) for row in range(variants)]
                server.burst(requests, WARM, connections)
                found[what, name] = server.burst(requests, seconds, connections)
                if found[what, name].failures:
                    raise RuntimeError(f"{name}, {what}: {found[what, name].failures}")
    return {(what, name): found[what, name] for what in sent for name in FORMS}


def contestants_table(rounds: Mapping[str, Sequence[Figures]]) -> str:
    """The medians of every contestant."""
    rows = []
    for name, figures in rounds.items():
        rows.append(
            [
                name,
                f"{median(f.flat_out.rps for f in figures):,.0f}",
                f"{median(f.flat_out.cpu_us for f in figures):,.0f}",
                f"{median(f.flat_out.rps_at_limit for f in figures):,.0f}",
                f"{median(f.paced.ms['95'] for f in figures):.1f}",
                f"{median(f.paced.cpu_us for f in figures):,.0f}",
                f"{median(f.megabytes for f in figures):,.0f}",
                f"{median(f.ready for f in figures):.2f}",
                f"{median(f.ready_cpu for f in figures):.2f}",
            ]
        )
    header = [
        "server, one row of 66 features",
        "requests/s",
        "CPU a request, us",
        f"{CORES:g} CPU / CPU a request, /s",
        f"p95 at {RATE}/s, ms",
        f"CPU a request at {RATE}/s, us",
        "memory after, MB",
        "ready, s",
        "CPU until ready, s",
    ]
    return markdown(header, rows)


def targets_table(rounds: Mapping[str, Sequence[Figures]], forms: Sequence[Forms]) -> str:
    """What must be reached. Rates are compared by CPU time a request, round by round."""

    def cost(name: str) -> list[float]:
        return [figures.flat_out.cpu_us for figures in rounds[name]]

    def ratio(over: Sequence[float], under: Sequence[float]) -> float:
        return median(a / b for a, b in zip(over, under, strict=True))

    def form(what: str, name: str) -> list[float]:
        return [found[what, name].cpu_us for found in forms]

    mine, rows = rounds[OURS], []

    def add(what: str, found: float, least: float, at_least: bool = True, digits: int = 2) -> None:
        met = found >= least if at_least else found <= least
        word = "at least" if at_least else "at most"
        rows.append([what, f"{found:.{digits}f}", f"{word} {least:g}", verdict(met)])

    if KSERVE in rounds:
        add("rate, over kserve's", ratio(cost(KSERVE), cost(OURS)), 20, digits=1)
    if BARE in rounds:
        add("rate, over bare uvicorn's", ratio(cost(BARE), cost(OURS)), 0.75)
    if FASTAPI in rounds:
        rows.append(["rate, over FastAPI's", f"{ratio(cost(FASTAPI), cost(OURS)):.2f}", "", ""])
    add(f"p95 at {RATE}/s, ms", median(f.paced.ms["95"] for f in mine), 10, at_least=False, digits=1)
    add("ready, s", median(f.ready for f in mine), 0.6, at_least=False)
    add("memory, MB", median(f.megabytes for f in mine), 60, at_least=False, digits=0)
    add("V2 JSON over V1, one row, rate", ratio(form(ONE, "V1"), form(ONE, "V2 JSON")), 0.9)
    for what in (SHORT, LONG):
        for name in ("V2 JSON", "V1"):
            found = ratio(form(what, name), form(what, "V2 binary"))
            add(f"V2 binary over {name}, {what}, rate", found, 8, digits=1)
    if "boosting" in rounds:
        add("ready, ONNX (gradient boosting), s", median(f.ready for f in rounds["boosting"]), 0.8, at_least=False)
        add("memory, ONNX, MB", median(f.megabytes for f in rounds["boosting"]), 90, at_least=False, digits=0)
    return markdown(["what must be reached", "found", "target", ""], rows)


def forms_table(forms: Sequence[Forms]) -> str:
    """The medians of every protocol."""
    rows = []
    for what, name in forms[0]:
        bursts = [found[what, name] for found in forms]
        rate, n = median(burst.rps for burst in bursts), 1 if what == ONE else MANY
        cost = median(burst.cpu_us for burst in bursts)
        rows.append([f"{name}, {what}", f"{rate:,.0f}", f"{rate * n:,.0f}", f"{cost:,.0f}"])
    return markdown(["ours", "requests/s", "rows/s", "CPU a request, us"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each stretch of load (default: 3)")
    parser.add_argument("--only", nargs="+", choices=[*CONTESTANTS, *KINDS], help="contestants; default: all")
    asked = parser.parse_args(arguments)
    chosen = [name for name in (*CONTESTANTS, "additive", "boosting") if not asked.only or name in (*asked.only, OURS)]
    with tempfile.TemporaryDirectory() as place:
        folder, table = Path(place), gearbox_table(2 * MANY)
        made = {kind: make(kind, table, folder / kind) for kind in KINDS}
        precise = make("linear", table, folder / "precise", asked=with_all_digits(table))
        log = folder / "server.log"
        rounds: dict[str, list[Figures]] = {name: [] for name in chosen}
        forms = []
        for number in range(asked.rounds):
            for name in chosen:
                rounds[name].append(one_round(name, folder, made.get(name, made["linear"]), asked.seconds, log))
            forms.append(forms_round(folder, made["linear"], precise, asked.seconds, log, number % 2 == 1))
    print_all(rounds, forms, asked.rounds)


def print_all(rounds: Mapping[str, Sequence[Figures]], forms: Sequence[Forms], n: int) -> None:
    with limited(CORES, MEGABYTES) as limit:
        how = limit.says(CORES, MEGABYTES)
    print(f"{machine()}; {how}; medians of {n} rounds\n")
    renamed = {"additive": "ours, additive curves", "boosting": "ours, gradient boosting (ONNX)"}
    print(contestants_table({renamed.get(name, name): figures for name, figures in rounds.items()}) + "\n")
    print(forms_table(forms) + "\n")
    print(targets_table(rounds, forms))
    busiest = max(burst.client_cpu for figures in rounds.values() for f in figures for burst in (f.flat_out, f.paced))
    print(f"\nThe client used at most {busiest:.0%} of a core.")


if __name__ == "__main__":
    main()
