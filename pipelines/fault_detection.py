"""From a table with few faulty parts to a registered, explained classifier."""

from kfp import dsl

from components.ingest import ingest
from components.report import report
from pipelines._resources import LIMITS, light, reading, watched
from pipelines.learning import learn
from pipelines.searching import run_of


@dsl.pipeline(name="fault-detection", pipeline_config=LIMITS)
def fault_detection(
    data: str = "gearbox-line",
    label: str = "",
    positive: str = "",
    group_column: str = "",
    time_column: str = "",
    drop_columns: list = [],
    data_params: dict = {},
    test_size: float = 0.25,
    classifier: str = "logistic-regression",
    classifier_params: dict = {},
    beta: float = 2.0,
    cost_ratio: float = 0.0,
    strategies: list = [],
    strategy_params: dict = {},
    min_probability: float = 0.95,
    folds: int = 5,
    repeats: int = 2,
    reuse_generator: bool = True,
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
    """Teach a classifier to find faulty parts when faults are rare, and prove whether synthetic faults help.

    Args:
        data: A catalogue name (gearbox-line, secom, steel-plates, ai4i2020), or a CSV or Parquet file: its path, on a
            cluster below /data, or s3://BUCKET/KEY.
        label: The label's column; empty takes the catalogue's.
        positive: The label's value for a faulty part; empty takes the catalogue's, or for a file the usual words
            for a fault, else the rarer class.
        group_column: Rows with the same value (a batch, a machine) never stand on both sides of a split.
        time_column: Test on the latest rows by this column instead of on rows drawn at random.
        drop_columns: Columns that must not be learned from, such as results of a later test.
        data_params: Settings of a simulated data set, such as {"n_rows": 2000, "drift": 1.0}.
        test_size: Share of the rows that is set aside for the proof, between 0 and 1.
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
        reuse_generator: Use the newest registered generator that fits (and has generator_params), instead of training
            one.
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
        min_recall: A new model needs this recall on the test rows to become champion.
        tolerance: How much F-beta a new champion may lose against the current one on the same test rows.
        approve: Let a model that passes the gates become champion; if false it waits for an engineer.
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
    with watched("fault-detection", run_id):
        read = light(
            ingest(
                data=data,
                label=label,
                positive=positive,
                group_column=group_column,
                time_column=time_column,
                drop_columns=drop_columns,
                data_params=data_params,
                test_size=test_size,
                folds=folds,
                seed=seed,
                fingerprint=fingerprint,
                kubeflow_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            )
        )
        reading(read)
        facts = read.outputs["facts"]
        learned = learn(read.outputs["train"], read.outputs["test"], facts, given)
        light(
            report(
                facts=facts,
                ingest_record=read.outputs["metrics"],
                **learned,
                **{**given, **run_of(given)},
            )
        )
