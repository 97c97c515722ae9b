"""Read a data set, check its contract, and set the test rows aside."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def ingest(
    data: str,
    label: str,
    positive: str,
    group_column: str,
    time_column: str,
    drop_columns: list,
    data_params: dict,
    test_size: float,
    folds: int,
    seed: int,
    fingerprint: str,
    train: dsl.Output[dsl.Dataset],
    test: dsl.Output[dsl.Dataset],
    facts: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Read a data set, check its contract, and set the test rows aside.

    kubeflow_run is only there so that a run on a cluster reads the data as they are now.
    """
    from rarefault import steps

    numbers = steps.ingest(
        data,
        train.path,
        test.path,
        facts.path,
        record=metrics.path,
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
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
