"""Counters and their Prometheus text."""

import os
import resource
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from serving.server.kinds import Served

BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the latency histogram, in seconds."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_STARTED = time.time()


class Traffic:
    """The requests of one model over one protocol."""

    __slots__ = ("buckets", "ok", "seconds", "statuses")

    def __init__(self) -> None:
        self.ok = 0
        self.statuses: dict[int, int] = defaultdict(int)
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def answered(self, seconds: float) -> None:
        """A 200 that took so long."""
        self.ok += 1
        self.seconds += seconds
        self.buckets[bisect_left(BOUNDS, seconds)] += 1

    def refused(self, status: int) -> None:
        """Any other status."""
        self.statuses[status] += 1


class Metrics:
    """Everything that is counted, by model name; counts go on when a model's version changes."""

    def __init__(self) -> None:
        self._traffic: dict[tuple[str, str], Traffic] = {}
        self._retired: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(int))
        self.reloads: dict[tuple[str, str], int] = defaultdict(int)
        self.log_dropped = 0

    def traffic(self, model: str, protocol: str) -> Traffic:
        """The counters of one model and protocol, the same ones whenever asked."""
        return self._traffic.setdefault((model, protocol), Traffic())

    def retire(self, model: Served) -> None:
        """Keep the counts of a version that is served no longer."""
        counts = self._retired[model.name]
        for key, n in model.kind.counts(model).items():
            counts[key] += n

    def text(self, models: Mapping[str, Served], ready: bool) -> bytes:
        """The exposition, in Prometheus' text format 0.0.4."""
        lines = [*self._requests(), *self._rows(models), *_about(models), *_drifts(models), *_process(ready)]
        lines += _machines(models)
        lines += family(
            "rarefault_reloads_total",
            "counter",
            "Model folders read, by result",
            (({"model": name, "result": result}, n) for (name, result), n in self.reloads.items()),
        )
        about = "Requests left out of the log"
        lines += family("rarefault_request_log_dropped_total", "counter", about, [({}, self.log_dropped)])
        return ("\n".join(lines) + "\n").encode()

    def _requests(self) -> list[str]:
        counts, times = [], []
        for (model, protocol), traffic in self._traffic.items():
            labels = {"model": model, "protocol": protocol}
            for status, n in sorted({200: traffic.ok, **traffic.statuses}.items()):
                counts.append((labels | {"status": str(status)}, n))
            times += _histogram("rarefault_request_seconds", labels, BOUNDS, traffic.buckets, traffic.seconds)
        head = family("rarefault_requests_total", "counter", "Requests answered", counts)
        about = "Time from the whole request to its answer, of accepted requests"
        return head + family("rarefault_request_seconds", "histogram", about, ()) + times

    def _rows(self, models: Mapping[str, Served]) -> list[str]:
        totals: dict[str, dict[tuple[str, str], float]] = {name: dict(of) for name, of in self._retired.items()}
        for name, model in models.items():
            counts = totals.setdefault(name, {})
            for key, n in model.kind.counts(model).items():
                counts[key] = counts.get(key, 0) + n
        lines = []
        for kind, (metric, label, about) in _FAMILIES.items():
            values = [
                ({"model": name, label: of}, n)
                for name, counts in totals.items()
                for (family, of), n in counts.items()
                if family == kind
            ]
            lines += family(metric, "counter", about, values)
        return lines + _confidences(totals)


_FAMILIES = {
    "class": ("rarefault_predictions_total", "label", "Rows, images or snapshots scored, by the label they got"),
    "outside": ("rarefault_out_of_range_total", "feature", "Values outside the range seen in training"),
    "filled": ("rarefault_missing_filled_total", "feature", "Missing values that were filled"),
    "snapshot": ("rarefault_snapshots_total", "result", "Snapshots of machines that were answered"),
    "forgotten": ("rarefault_machines_forgotten_total", "result", "Machines that gave way to new ones"),
}


def _about(models: Mapping[str, Served]) -> list[str]:
    versions = [({"model": name, "version": model.version}, 1) for name, model in models.items()]
    return family("rarefault_model_info", "gauge", "The version that is served", versions)


def _drifts(models: Mapping[str, Served]) -> list[str]:
    indices, rows = [], []
    for name, model in models.items():
        counted, found = model.kind.drift(model)
        rows.append(({"model": name}, round(counted, 3)))
        indices += [({"model": name, "feature": feature}, psi) for feature, psi in found.items()]
    return [
        *family("rarefault_drift_psi", "gauge", "Population stability index of recent rows against training", indices),
        *family("rarefault_drift_rows", "gauge", "Recent rows behind the index, old ones faded", rows),
    ]


def _machines(models: Mapping[str, Served]) -> list[str]:
    """Of the models of vibration: the last answer of each machine."""
    values: dict[str, list[tuple[dict[str, str], float]]] = {}
    for name, model in models.items():
        found = {} if model.kind.machines is None else model.kind.machines(model)
        for metric, of in found.items():
            rows = [({"model": name, "machine": machine}, value) for machine, value in of.items()]
            values.setdefault(metric, []).extend(rows)
    if not values:
        return []
    from serving.server.vibration.observation import GAUGES

    return [line for metric, rows in values.items() for line in family(metric, "gauge", GAUGES[metric], rows)]


def _confidences(totals: Mapping[str, Mapping[tuple[str, str], float]]) -> list[str]:
    """Of the models that count them: how sure they were of the labels they gave."""
    metric, lines = "rarefault_confidence", []
    for name, counts in totals.items():
        found = {float(bound): n for (family, bound), n in counts.items() if family == "confidence"}
        if found:
            total = counts["confidence sum", ""]
            lines += _histogram(metric, {"model": name}, tuple(found)[:-1], list(found.values()), total)
    return [*family(metric, "histogram", "Probability of the label that an image got", ()), *lines] if lines else []


def _process(ready: bool) -> list[str]:
    with open("/proc/self/statm", "rb") as memory:
        resident = int(memory.read().split()[1]) * _PAGE
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return [
        *family("rarefault_ready", "gauge", "1 while requests are accepted", [({}, int(ready))]),
        *family("process_resident_memory_bytes", "gauge", "Resident memory", [({}, resident)]),
        *family("process_cpu_seconds_total", "counter", "CPU time", [({}, usage.ru_utime + usage.ru_stime)]),
        *family("process_start_time_seconds", "gauge", "Start, in Unix time", [({}, _STARTED)]),
    ]


def _histogram(
    metric: str, labels: dict[str, str], bounds: Sequence[float], buckets: Sequence[float], total: float
) -> list[str]:
    """buckets: one more than the bounds; total: the sum of what was counted."""
    n: float = 0
    lines = []
    for bound, of in zip((*map(str, bounds), "+Inf"), buckets, strict=True):
        n += of
        lines.append(_line(f"{metric}_bucket", labels | {"le": bound}, n))
    return [*lines, _line(f"{metric}_sum", labels, total), _line(f"{metric}_count", labels, n)]


def family(metric: str, kind: str, about: str, values: Iterable[tuple[dict[str, str], float]]) -> list[str]:
    """The lines of one metric: its values by their labels."""
    return [f"# HELP {metric} {about}.", f"# TYPE {metric} {kind}", *(_line(metric, *value) for value in values)]


def _line(metric: str, labels: dict[str, str], value: float) -> str:
    inner = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
    return f"{metric}{{{inner}}} {value}" if inner else f"{metric} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
