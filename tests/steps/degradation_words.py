"""Steps of the pipeline degradation on small simulated lives, in a folder."""

import json
from pathlib import Path

from rarefault import steps
from rarefault.datasets.signals.signal_set import SignalSet

SMALL = {"snapshots": 80, "samples": 256, "onset": 55, "onset_jitter": 3, "healthy": 40, "machines": 2}
QUICK = {"steps": 60}


class Place:
    """A folder in which the steps find what earlier ones left, each by the name of its artifact."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.registry = f"sqlite:///{root}/mlflow.db"

    def at(self, name: str) -> str:
        return str(self.root / name)

    def json(self, name: str):
        return json.loads((self.root / name).read_text())

    def signals(self) -> SignalSet:
        return SignalSet.read(self.at("signals"))

    def run(self, step: str, *artifacts: str, **given) -> dict[str, float]:
        return getattr(steps, step)(*map(self.at, artifacts), record=self.at(f"record-{step}"), **given)

    def ingest(self, data: str = "ball-screw-life", **given):
        place = {"record": self.at("record-ingest_signals"), "params": SMALL, **given}
        return steps.ingest_signals(data, self.at("signals"), **place)

    def find(self, **given):
        return self.run("find_indicator_settings", "signals", "study.json", **{"params": QUICK, **given})

    def learn(self, indicator: str = "rms", params=None, **assessment):
        """From the search to the assessed lives."""
        self.find(indicator=indicator, params=params or {})
        self.run("train_indicator", "signals", "study.json", "indicator")
        self.run("fit_threshold", "indicator", "model", **assessment)
        return self.run("assess_life", "signals", "model", "life", "life.csv")

    def evaluate(self, **given):
        given = {"rivals": ["kurtosis"], "held_out": 0.5, **given}
        return self.run("evaluate_degradation", "signals", "model", "life", "evaluation", **given)

    def register(self, run_id: str, **given):
        given = {"registry": self.registry, "run_id": run_id, "settings": {"seed": 0}, **given}
        self.run("register_degradation", "signals", "evaluation", "registered.json", **given)
        return self.json("registered.json")

    def report(self, **given):
        inputs = {"data": "ball-screw-life", "seed": 0, "window": 25}
        artifacts = ("signals", "study.json", "life", "evaluation", "registered.json")
        names = ("ingest_signals", "find_indicator_settings", "train_indicator", "fit_threshold", "assess_life")
        records = [self.at(f"record-{name}") for name in names]
        return steps.report_degradation(
            *map(self.at, artifacts),
            records,
            self.at("result.json"),
            self.at("report.html"),
            record=self.at("record-report"),
            **{"inputs": inputs, "run_id": "7", **given},
        )
