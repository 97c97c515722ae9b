"""What a degradation run says in words: for the maintainer, and on the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rarefault.report import roles
from rarefault.report.formats import clean, count, finite, number, percent, plain, quantity, seconds

Values = Mapping[str, Any]
_TO_DO = {
    "healthy": "Watch it: the alarm stands although the last snapshots look healthy again.",
    "slight": "Plan an inspection and have the spare part ready.",
    "severe": "Inspect it now, and stop it before it fails.",
}
_MOST_NAMED = 4


def machine_sentence(machine: Values) -> str:
    """Since when a machine is worn, how badly, and what to do."""
    name = clean(machine["name"], 60)
    if machine["onset"] is None:
        return plain(f"{name}: no sign of wear in {count(machine['snapshots'])} snapshots. Go on.")
    since = f"wear since snapshot {machine['onset']}{_at(machine)}"
    alarm = "" if machine["alarm"] == machine["onset"] else f", alarm at snapshot {machine['alarm']}"
    now = f"at the end {machine['state']}, degree of degradation {percent(machine['degree'])}"
    return plain(f"{name}: {since}{alarm}; {now}. {_TO_DO[machine['state']]}")


def _at(machine: Values) -> str:
    """The file and the time of the onset, as far as they are known."""
    file, hours = machine["onset_file"], machine["onset_hours"]
    known = [clean(file, 80)] if file else []
    known += [f"{quantity(hours, 'h')} after the start"] if finite(hours) else []
    return f" ({', '.join(known)})" if known else ""


def finding(machines: Sequence[Values]) -> str:
    """The first sentence of the report: the one machine, or how many are worn and which are worst."""
    if len(machines) == 1:
        return machine_sentence(machines[0])
    worn = sorted((m for m in machines if m["onset"] is not None), key=lambda m: -m["degree"])
    if not worn:
        return f"None of {len(machines)} machines shows wear. Go on."
    named = ", ".join(f"{clean(m['name'], 40)} ({m['state']}, {percent(m['degree'])})" for m in worn[:_MOST_NAMED])
    more = f" and {len(worn) - _MOST_NAMED} more" if len(worn) > _MOST_NAMED else ""
    are = "is" if len(worn) == 1 else "are"
    return plain(f"{len(worn)} of {len(machines)} machines {are} worn: {named}{more}. {_TO_DO[worn[0]['state']]}")


def facts_of(result: Values) -> Iterator[tuple[str, str]]:
    """(what, text) of the first lines on the terminal: run, data, finding, threshold, false alarms, model."""
    data, limit, model = result["data"], result["threshold"], result["model"]
    spent = sum(step["seconds"] for step in result["steps"] if not step["cached"])
    simulated = " (simulated)" if roles.is_simulated(data["notes"]) else ""
    counts = f"{data['snapshots']} snapshots of {data['machines']} machine{'s'[: data['machines'] != 1]}"
    yield "Run", f"{result['pipeline']} {clean(result['run_id'], 80)}, {seconds(spent)}"
    yield "Data", f"{clean(data['name'], 80)}{simulated}: {counts}, {data['healthy_snapshots']} of them to learn from"
    yield "Finding", clean(result["finding"], 800)
    yield "Indicator", f"{clean(result['indicator']['title'])}; threshold {quantity(limit['value'])}"
    yield "Healthy", clean(result["false_alarms"]["sentence"])
    yield "Model", f"{clean(model['name'])} version {clean(model['version'])}, {model['alias']}: {clean(model['why'])}"
    yield "Address", clean(model["uri"])


COLUMNS = ("", "indicator", "monotonicity", "trendability", "robustness", "product", "false alarms", "onset")


def rows_of(result: Values) -> Iterator[tuple[str, ...]]:
    """A line for each indicator of the comparison."""
    for row in result["rivals"]:
        yield (
            "*" if row["name"] == result["indicator"]["name"] else "",
            clean(row["name"], 30),
            *(number(row[key]).replace("\u2013", "-") for key in ("monotonicity", "trendability", "robustness")),
            number(row["product"]).replace("\u2013", "-"),
            plain(percent(row["false_alarms"])).replace("\u2013", "-"),
            onset_of(row),
        )


def onset_of(row: Values) -> str:
    """Where an indicator found the onset: the snapshot for one machine, on how many for several."""
    if len(row["onsets"]) == 1:
        found = row["onsets"][0]["onset"]
        return "none" if found is None else str(found)
    return f"{row['found']} of {len(row['onsets'])}" if row["onsets"] else "-"
