"""Search, train and register a generator, apart from any classifier."""

from typing import Any

from kfp import dsl

from components.evaluate_generator import evaluate_generator
from components.ingest import ingest
from components.preprocess import preprocess
from components.register_generator import register_generator
from components.report_generator import report_generator
from pipelines._resources import LIMITS, light, reading, remote, watched
from pipelines.searching import run_of, trained

_READ = (
    "data",
    "label",
    "positive",
    "group_column",
    "time_column",
    "drop_columns",
    "data_params",
    "test_size",
    "seed",
    "fingerprint",
)


def _steps(given: dict[str, Any]) -> None:
    """Wire the steps; `given` are the pipeline's parameters by name."""
    read = light(
        ingest(
            **{name: given[name] for name in _READ},
            folds=0,
            kubeflow_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        )
    )
    reading(read)
    facts = read.outputs["facts"]
    cleaned = light(preprocess(train=read.outputs["train"], strategies=[], classifier="logistic-regression"))
    features = cleaned.outputs["features"]
    made = trained(features, facts, given["generator"], given)
    model = made.outputs["model"]
    entered = remote(
        register_generator(
            features=features,
            facts=facts,
            model=model,
            training=made.outputs["metrics"],
            registry=given["registry"],
            **run_of(given),
        )
    )
    judged = light(evaluate_generator(test=read.outputs["test"], features=features, model=model, seed=given["seed"]))
    light(
        report_generator(
            facts=facts,
            plan=cleaned.outputs["plan"],
            version=entered.outputs["Output"],
            generator_model=model,
            similarity=judged.outputs["similarity"],
            ingest_record=read.outputs["metrics"],
            preprocess_record=cleaned.outputs["metrics"],
            train_record=made.outputs["metrics"],
            register_record=entered.outputs["metrics"],
            evaluate_record=judged.outputs["metrics"],
            **{**given, **run_of(given)},
        )
    )


@dsl.pipeline(name="train-generator", pipeline_config=LIMITS)
def train_generator(
    data: str = "gearbox-line",
    label: str = "",
    positive: str = "",
    group_column: str = "",
    time_column: str = "",
    drop_columns: list = [],
    data_params: dict = {},
    test_size: float = 0.25,
    generator: str = "wgan",
    generator_params: dict = {},
    trials: int = 20,
    search_seconds: float = 0.0,
    search_workers: int = 2,
    search_objective: str = "wasserstein",
    search_space: dict = {},
    search_storage: str = "",
    search_pods: int = 0,
    registry: str = "",
    seed: int = 0,
    fingerprint: str = "",
    run_id: str = "",
    attempt: float = 0.0,
):
    """Search the best settings of a generator, train it and register it; fault-detection then finds it.

    Args:
        data: A catalogue name (gearbox-line, secom, steel-plates, ai4i2020), or a CSV or Parquet file: its path, on a
            cluster below /data, or s3://BUCKET/KEY.
        label: The label's column; empty takes the catalogue's.
        positive: The label's value for a faulty part; empty takes the catalogue's, or for a file the usual words
            for a fault, else the rarer class.
        group_column: Rows with the same value (a batch, a machine) never stand on both sides of a split.
        time_column: Set aside the latest rows by this column instead of rows drawn at random.
        drop_columns: Columns that must not be learned from.
        data_params: Settings of a simulated data set, such as {"n_rows": 2000, "drift": 1.0}.
        test_size: Share of the rows that is set aside and never learned from, between 0 and 1.
        generator: wgan, conditional-wgan, ctgan or another; an unknown name is answered with all that there are.
        generator_params: Settings that the search leaves alone, such as {"n_critic": 5}.
        trials: Trials of the search; 0 trains with the defaults.
        search_seconds: If above 0, no trial starts after this time.
        search_workers: Processes that search side by side; with up to 4 the result does not depend on it.
        search_objective: wasserstein (on the fault class) or inner-f2.
        search_space: Bounds in place of the paper's, such as {"layers": [1, 2]}.
        search_storage: Where the search is kept while it runs: a database address, or a file's path; empty means the
            cluster's database, if there is one.
        search_pods: On a cluster, so many steps search side by side on the cluster's database; 0 searches in one step.
        registry: The MLflow address; empty means the cluster's MLflow, or sqlite and a folder on this machine.
        seed: The same seed, data and versions give the same numbers.
        fingerprint: The file's SHA-256, checked if given; it also tells a changed file from a cached one.
        run_id: What the registered version is tagged with; leave empty, Kubeflow's own id is taken then.
        attempt: When this attempt began, in seconds since 1970; leave at 0.
    """
    given = dict(locals())
    with watched("train-generator", run_id):
        _steps(given)
