"""From new batches to a decision, and from the decision to a challenger that has to beat the champion."""

from typing import Any

from kfp import dsl

from components.decide import decide
from components.gather import gather
from components.monitor import monitor
from components.report_retraining import report_retraining
from pipelines._resources import LIMITS, asking, light, reading, watched
from pipelines.learning import learn
from pipelines.searching import run_of

_READ = (
    "data",
    "batches",
    "label",
    "positive",
    "group_column",
    "time_column",
    "drop_columns",
    "data_params",
    "window_share",
    "registry",
    "fingerprint",
)
_WATCH = ("drift_level", "drift_rows", "max_drop", "beta", "seed")
_POLICY = ("force", "retrain_on_drift", "retrain_on_drop", "max_age_days")


def _steps(given: dict[str, Any]) -> None:
    """Wire the steps; `given` are the pipeline's parameters by name."""
    read = reading(asking(gather(**_of(given, _READ), **run_of(given))))
    facts, champion = read.outputs["facts"], read.outputs["champion"]
    watch = light(monitor(recent=read.outputs["recent"], champion=champion, **_of(given, _WATCH)))
    findings = watch.outputs["findings"]
    decided = light(decide(findings=findings, facts=facts, champion=champion, **_of(given, _POLICY)))
    seen = {
        "facts": facts,
        "champion": champion,
        "findings": findings,
        "decision": decided.outputs["decision"],
        "gather_record": read.outputs["metrics"],
        "monitor_record": watch.outputs["metrics"],
        "decide_record": decided.outputs["metrics"],
        **given,
        **run_of(given),
    }
    with dsl.If(decided.outputs["Output"] == "retrain"):
        light(report_retraining(**learn(read.outputs["train"], read.outputs["test"], facts, given), **seen))
    with dsl.Else():
        light(report_retraining(**seen))


def _of(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names}


@dsl.pipeline(name="retrain", pipeline_config=LIMITS)
def retrain(
    data: str = "gearbox-line",
    batches: list = [],
    label: str = "",
    positive: str = "",
    group_column: str = "",
    time_column: str = "",
    drop_columns: list = [],
    data_params: dict = {},
    force: bool = False,
    retrain_on_drift: bool = True,
    drift_level: float = 0.01,
    drift_rows: int = 1000,
    retrain_on_drop: bool = True,
    max_drop: float = 0.0,
    max_age_days: float = 0.0,
    window_share: float = 0.5,
    classifier: str = "logistic-regression",
    classifier_params: dict = {},
    beta: float = 2.0,
    cost_ratio: float = 0.0,
    strategies: list = [],
    strategy_params: dict = {},
    min_probability: float = 0.95,
    folds: int = 5,
    repeats: int = 2,
    reuse_generator: bool = False,
    generator_params: dict = {},
    trials: int = 5,
    search_seconds: float = 0.0,
    search_workers: int = 2,
    search_objective: str = "wasserstein",
    search_space: dict = {"layers": [1, 2], "neurons": [32, 128], "epochs": [50, 200]},
    search_storage: str = "",
    search_pods: int = 0,
    synthesis_shards: int = 1,
    gate_lift: float = 1.5,
    gate_recall: float = 0.5,
    min_recall: float = 0.5,
    tolerance: float = 0.0,
    approve: bool = True,
    storage_uri: str = "",
    deploy_params: dict = {},
    registry: str = "",
    seed: int = 0,
    fingerprint: str = "",
    run_id: str = "",
    attempt: float = 0.0,
):
    """Watch a line and retrain its champion when the new rows ask for it: drift, worse figures, age, or an engineer.

    Args:
        data: The table that the champion was trained on: a catalogue name, or a CSV or Parquet file: its path, on a
            cluster below /data, or s3://BUCKET/KEY.
        batches: Files and folders of rows made since, the oldest first, on a cluster below /data or at s3://BUCKET/KEY;
            their label column may be missing or have gaps.
        label: The label's column; empty takes the catalogue's.
        positive: The label's value for a faulty part; empty takes the catalogue's, or for a file the usual words
            for a fault, else the rarer class.
        group_column: Rows with the same value (a batch, a machine) never stand on both sides of a split.
        time_column: Gives the order of the rows of the batches; without it, the order of the files' names.
        drop_columns: Columns that must not be learned from, such as results of a later test.
        data_params: Settings of a simulated data set, such as {"n_rows": 2000, "drift": 1.0}.
        force: Retrain whatever the new rows say.
        retrain_on_drift: Retrain when the new rows have drifted from the champion's training rows.
        drift_level: Chance of a false alarm of the drift test in a run, all features together.
        drift_rows: How many of the newest rows are tested for drift; the newest half of them is tested by itself too.
        retrain_on_drop: Retrain when the champion's F-beta on new labelled rows has dropped.
        max_drop: It has dropped if the whole 95 % interval of the change lies below minus this.
        max_age_days: Retrain when the champion is older; 0 sets no limit.
        window_share: Share of the new labelled rows, the newest, on which challenger and champion are compared.
        classifier: logistic-regression (its coefficients can be read), decision-tree, svm or gradient-boosting.
        classifier_params: Settings of the classifier, such as {"C": 0.5}.
        beta: The threshold is tuned for F-beta; 2 counts a missed fault more than a false alarm.
        cost_ratio: If above 0, the threshold is tuned for cost instead: what a missed fault costs in false alarms.
        strategies: What is compared with the tuned baseline, also any generator by its name; empty means everything
            that fits of those that are compared by default.
        strategy_params: Settings of the strategies' generators, such as {"ctgan": {"epochs": 300}}.
        min_probability: How sure the inner folds must be that a strategy beats the tuned baseline to replace it.
        folds: Inner folds, at least 2.
        repeats: How often the inner folds are drawn anew.
        reuse_generator: Use a registered generator that fits, instead of training one on the new rows too.
        generator_params: Settings of the WGAN that the search leaves alone, such as {"n_critic": 5}.
        trials: Trials of the generator search; 0 trains with the defaults.
        search_seconds: If above 0, no trial starts after this time.
        search_workers: Processes that search side by side; with up to 4 the result does not depend on it.
        search_objective: wasserstein (on the fault class) or inner-f2.
        search_space: Bounds in place of the paper's; here small, for a quick search. train-generator searches them all.
        search_storage: Where the search is kept while it runs: a database address, or a file's path; empty means the
            cluster's database, if there is one.
        search_pods: On a cluster, so many steps search side by side on the cluster's database; 0 searches in one step.
        synthesis_shards: In how many steps side by side the synthetic rows are drawn; the rows are the same.
        gate_lift: The fault cluster must hold this many times the base rate of faults.
        gate_recall: The fault cluster must hold this share of all faults.
        min_recall: The challenger needs this recall on the untouched window to become champion.
        tolerance: How much F-beta the challenger may lose against the champion on the untouched window.
        approve: Let a challenger that passes become champion; if false it waits for an engineer.
        storage_uri: Where the cluster finds the exported model, such as s3://models/{name}/{version}; empty means
            where the registry keeps it, or s3://rarefault/NAME/VERSION if a cluster cannot read there.
        deploy_params: Settings of the deployment, such as {"mode": "Knative", "namespace": "line-1"}.
        registry: The MLflow address; empty means the cluster's MLflow, or sqlite and a folder on this machine.
        seed: The same seed, data and versions give the same numbers.
        fingerprint: The file's SHA-256, checked if given; it also tells a changed file from a cached one.
        run_id: What the registered versions are tagged with; leave empty, Kubeflow's own id is taken then.
        attempt: When this attempt began, in seconds since 1970; leave at 0.
    """
    given = dict(locals())
    with watched("retrain", run_id):
        _steps(given)
