"""Every health indicator on real and simulated lives, each through the same assessment: the comparison in one table.

    python -m benchmarks.degradation.lives [--indicators NAME ...] [--out FILE.jsonl]

Needs femto and cwru in the folder named by RAREFAULT_DATA. Monotonicity (M) and trendability (T) are those of the
trailing mean of the assessment's window, the same for all: of single snapshots they are lost in noise (column "raw").
They are taken on the scale on which the assessment compares indicators, the logarithm, so that a power (VAERE) and an
amplitude (RMS) count alike; the column "in own unit" has M x T without it.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.printing import machine, markdown, verdict
from rarefault.datasets.signals.loading import load_signals
from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation import INDICATORS
from rarefault.degradation.baselines.liu import recognise
from rarefault.degradation.comparison import compare
from rarefault.degradation.model import DegradationModel
from rarefault.metrics.prognostics import share

FEMTO = ("femto:Bearing1_1", "femto:Bearing2_2", "femto:Bearing3_1")
SIMULATED = "ball-screw-life"
SEEDS = (0, 1, 2)
VARIANTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in INDICATORS},
    "related-similarity of raw samples": ("related-similarity", {"sequence": "signal"}),
}
OURS = "vae"
HEADER = (
    "indicator",
    "M x T",
    "M",
    "T",
    "in own unit",
    "robustness",
    "raw M x T",
    "held-out beyond V",
    "onset (alarm)",
    "severity",
    "s",
)
Row = dict[str, Any]


def rows_of(signals: SignalSet, names: Sequence[str]) -> list[Row]:
    """A row of `compare` for each indicator, with the seconds that learning and assessing took."""
    rows = []
    for name in names:
        indicator, params = VARIANTS[name]
        began = time.perf_counter()
        model = DegradationModel.fit(signals, indicator, params)
        rows += [{**row, "seconds": time.perf_counter() - began} for row in compare(signals, {name: model})]
    return rows


def number(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def onsets(row: Row) -> str:
    """Each machine's onset and alarm, with how far the onset is from the truth, and "!" where it is false."""
    said = []
    for life in row["machines"].values():
        error = "" if life["onset_error"] is None else f" {life['onset_error']:+d}"
        false = "!" if life["false_onset"] else ""
        said.append("none" if life["onset"] is None else f"{life['onset']} ({life['alarm']}){error}{false}")
    return ", ".join(said)


def cells(row: Row) -> list[str]:
    even, alarms, states = row["smoothed"], row["false_alarms"], row["severity"]
    found = [number(row["scaled"][key]) for key in ("product", "monotonicity", "trendability")]
    found += [number(even["product"]), number(even["robustness"])]
    beyond = f"{alarms['count']}/{alarms['of']}"
    severity = "–" if states is None else f"{states['accuracy']['value']:.1%} ({states['balanced']:.1%})"
    return [row["name"], *found, number(row["product"], 4), beyond, onsets(row), severity, f"{row['seconds']:.1f}"]


def liu(signals: SignalSet) -> str:
    """What Liu's method finds, knowing the whole life."""
    said = []
    for name in signals.names:
        found = recognise(signals.of(name))
        rates = [number(state["value"]) for state in found.table()["states"].values()]
        said.append(f"{name}: slight from {found.slight}, severe from {found.severe}, recognised {'/'.join(rates)}")
    return "Liu (whole life known): " + "; ".join(said)


def _known(name: str, life: Row) -> str:
    truth = "" if life["true_onset"] is None else f", true onset {life['true_onset']}"
    held = f", {life['held_out']} healthy ones held out"
    return f"{name} of {life['snapshots']} snapshots{held}, RMS twice the healthy at {life['level_twice']}{truth}"


def show(title: str, signals: SignalSet, names: Sequence[str]) -> list[Row]:
    rows = rows_of(signals, names)
    known = [_known(name, life) for name, life in rows[0]["machines"].items()]
    print(f"\n### {title}\n\n{int(signals.healthy.sum())} snapshots declared healthy; {'; '.join(known)}\n")
    print(markdown(HEADER, [cells(row) for row in rows]))
    print("\n" + liu(signals), flush=True)
    return rows


def judged(lives: Mapping[str, list[Row]], name: str) -> tuple[int, int, int, int]:
    """On how many femto lives an indicator has a better M x T than all others, as compared and in its own unit; an
    onset before the level has doubled; and no alarm in the held-out healthy part."""
    best = {"scaled": 0, "smoothed": 0}
    early = clean = 0
    for rows in lives.values():
        own = next(row for row in rows if row["name"] == name)
        life = next(iter(own["machines"].values()))
        for way in best:
            best[way] += all(own[way]["product"] > row[way]["product"] for row in rows if row["name"] != name)
        early += life["onset"] is not None and life["onset"] < (life["level_twice"] or life["snapshots"])
        clean += not life["false_onset"]
    return best["scaled"], best["smoothed"], early, clean


def femto_verdicts(lives: Mapping[str, list[Row]], names: Sequence[str]) -> None:
    header = ("indicator", "best M x T", "best in own unit", "onset before the level doubles", "no false onset")
    table = [[name, *map(str, judged(lives, name))] for name in names]
    print(f"\n### femto, of {len(lives)} lives\n")
    print(markdown(header, table))
    best, plain, early, clean = judged(lives, OURS)
    print(f"\n{OURS}: better M x T than every baseline on two lives of three: {verdict(best >= 2)}")
    print(f"{OURS}: the same in each indicator's own unit: {verdict(plain >= 2)}")
    print(f"{OURS}: onset before RMS passes twice its healthy level on all: {verdict(early == len(lives))}")
    print(f"{OURS}: no false onset in the healthy part that was not learned from: {verdict(clean == len(lives))}")
    for life, rows in lives.items():
        for way, words in (("scaled", "the best M x T"), ("smoothed", "in its own unit")):
            winner = max(rows, key=lambda row, way=way: row[way]["product"])
            print(f"{life}: {words}: {winner['name']}, {number(winner[way]['product'])}")


def false_alarms(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Held-out healthy snapshots beyond the threshold, summed over the sets whose truth is known."""
    table = []
    for name in names:
        alarms = [row["false_alarms"] for row in rows if row["name"] == name]
        total = share(sum(each["count"] for each in alarms), sum(each["of"] for each in alarms))
        interval = f"{total['low']:.2%} to {total['high']:.2%}"
        table.append([name, f"{total['count']}/{total['of']}", f"{total['value']:.2%}", interval])
    print("\n### Healthy snapshots never learned from beyond V, cwru and simulated (promised: 0.1%)\n")
    print(markdown(("indicator", "beyond V", "share", "95% interval"), table))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.degradation.lives")
    parser.add_argument("--indicators", nargs="+", metavar="NAME", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--out", type=Path, help="every row of numbers, as JSON lines")
    asked = parser.parse_args(arguments)
    names = asked.indicators if OURS in asked.indicators else [OURS, *asked.indicators]
    print(machine())
    found = {data: show(data, load_signals(data), names) for data in FEMTO}
    femto_verdicts(found, names)
    found["cwru"] = show("cwru", load_signals("cwru"), names)
    for seed in SEEDS:
        title = f"{SIMULATED}, seed {seed} (simulated)"
        found[title] = show(title, load_signals(SIMULATED, seed=seed), names)
    for seed in SEEDS:
        title = f"{SIMULATED}, seed {seed}, never damaged (simulated)"
        found[title] = show(title, load_signals(SIMULATED, params={"damage": False}, seed=seed), names)
    false_alarms([row for data, rows in found.items() if data not in FEMTO for row in rows], names)
    if asked.out is not None:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({"data": data, **row}) for data, rows in found.items() for row in rows]
        asked.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
