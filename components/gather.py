"""Fetch the champion, and read the line's table and the new batches under their contract."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def gather(
    data: str,
    batches: list,
    label: str,
    positive: str,
    group_column: str,
    time_column: str,
    drop_columns: list,
    data_params: dict,
    window_share: float,
    registry: str,
    fingerprint: str,
    run_id: str,
    train: dsl.Output[dsl.Dataset],
    test: dsl.Output[dsl.Dataset],
    facts: dsl.Output[dsl.Artifact],
    recent: dsl.Output[dsl.Dataset],
    champion: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Fetch the champion, and read the line's table and the new batches.

    The run's ids are only there so that each run looks at the batches and the registry as they are now.
    """
    from rarefault import steps

    numbers = steps.gather(
        data,
        batches,
        train.path,
        test.path,
        facts.path,
        recent.path,
        champion.path,
        record=metrics.path,
        registry=registry,
        label=label,
        positive=positive,
        group_column=group_column,
        time_column=time_column,
        drop_columns=drop_columns,
        data_params=data_params,
        window_share=window_share,
        fingerprint=fingerprint,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
