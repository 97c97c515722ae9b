"""From training images to a registered and deployed inspector: what both image pipelines do."""

from collections.abc import Mapping
from typing import Any

from kfp import dsl

from components.classify_images import classify_images
from components.compare_augmentations import compare_augmentations
from components.deploy import deploy
from components.evaluate_inspector import evaluate_inspector
from components.find_image_settings import find_image_settings
from components.ingest_images import ingest_images
from components.judge_images import judge_images
from components.plan_search import plan_search
from components.register_image_generators import register_image_generators
from components.register_inspector import register_inspector
from components.search_generator import search_generator
from components.synthesize_images import synthesize_images
from components.train_gan_images import train_gan_images
from pipelines._resources import (
    PARALLEL,
    accelerated,
    deploying,
    heavy,
    light,
    reading,
    remote,
    shared,
)
from pipelines.searching import run_of


def read(pipeline: str, given: Mapping[str, Any]) -> Any:
    """The task that reads the images and sets the test images aside."""
    wanted = (
        "data",
        "background",
        "group_column",
        "image_size",
        "channels",
        "limit_per_class",
        "data_params",
        "test_size",
        "folds",
        "preset",
        "seed",
        "fingerprint",
    )
    task = ingest_images(
        **{name: given[name] for name in wanted}, pipeline=pipeline, kubeflow_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER
    )
    return reading(light(task))


def learn(pipeline: str, ingested: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Wire the steps from the search to deploy; `ingested` is the task that read the images.

    `given` are the pipeline's parameters by name. Returns what a report reads, under the names of the report's inputs.
    """
    train, test, facts = (ingested.outputs[name] for name in ("train", "test", "facts"))
    common = {"pipeline": pipeline, "preset": given["preset"], "seed": given["seed"]}
    study = _search(train, common, given)
    compared = _compared(train, study, common, given)
    with dsl.ParallelFor(study.outputs["Output"], parallelism=PARALLEL) as source:
        trained = train_gan_images(
            train=train,
            study=study.outputs["study"],
            source=source,
            strategy_params=given["strategy_params"],
            checkpoints=given["checkpoints"],
            kubeflow_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            **common,
        )
        model = accelerated(heavy(trained)).outputs["model"]
        drawn = heavy(
            synthesize_images(
                train=train,
                model=model,
                pipeline=pipeline,
                preset=given["preset"],
                times=given["times"],
            )
        )
    judged = heavy(
        judge_images(
            train=train,
            models=dsl.Collected(trained.outputs["model"]),
            classical=given["classical"],
            fid_draws=given["fid_draws"],
            fid_network=given["fid_network"],
            checkpoints=given["checkpoints"],
            **common,
        )
    )
    made = {"train": train, "test": test}
    wanted = ("classical", "inspector", "inspector_params", "repeats", "times", "checkpoints")
    trial = {**{name: given[name] for name in wanted}, **common}
    classified = accelerated(
        heavy(
            classify_images(
                **made, models=dsl.Collected(trained.outputs["model"]), inspectors=given["inspectors"], **trial
            )
        )
    )
    evaluated = accelerated(
        heavy(
            evaluate_inspector(
                **made,
                models=dsl.Collected(trained.outputs["model"]),
                compared=compared.outputs["compared"],
                min_probability=given["min_probability"],
                **trial,
            )
        )
    )
    entered = remote(
        register_image_generators(
            facts=facts,
            models=dsl.Collected(trained.outputs["model"]),
            synthetic=dsl.Collected(drawn.outputs["synthetic"]),
            quality=judged.outputs["quality"],
            registry=given["registry"],
            **run_of(given),
        )
    )
    registered = remote(
        register_inspector(
            test=test,
            facts=facts,
            evaluation=evaluated.outputs["evaluation"],
            generators=entered.outputs["generators"],
            registry=given["registry"],
            inspector=given["inspector"],
            min_score=given["min_score"],
            tolerance=given["tolerance"],
            approve=given["approve"],
            seed=given["seed"],
            **run_of(given),
        )
    )
    deployed = deploying(
        deploy(
            evaluation=evaluated.outputs["evaluation"],
            train=train,
            registered=registered.outputs["registered"],
            registry=given["registry"],
            storage_uri=given["storage_uri"],
            params=given["deploy_params"],
        )
    )
    return {
        "facts": facts,
        "study": study.outputs["study"],
        "quality": judged.outputs["quality"],
        "classified": classified.outputs["classified"],
        "evaluation": evaluated.outputs["evaluation"],
        "versions": entered.outputs["generators"],
        "registered": registered.outputs["registered"],
        "ingest_record": ingested.outputs["metrics"],
        "search_record": study.outputs["metrics"],
        "compare_record": compared.outputs["metrics"],
        "train_records": dsl.Collected(trained.outputs["metrics"]),
        "synthesize_records": dsl.Collected(drawn.outputs["metrics"]),
        "judge_record": judged.outputs["metrics"],
        "classify_record": classified.outputs["metrics"],
        "evaluate_record": evaluated.outputs["metrics"],
        "generators_record": entered.outputs["metrics"],
        "register_record": registered.outputs["metrics"],
        "deploy_record": deployed.outputs["metrics"],
    }


def _search(train: Any, common: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """The task that finds the generator's settings: beside others on a cluster where search_pods is above 0."""
    search = {
        "pipeline": common["pipeline"],
        "preset": common["preset"],
        "generator": given["generator"],
        "params": given["generator_params"],
        "trials": given["trials"],
        "search_seconds": given["search_seconds"],
        "pods": given["search_pods"],
        "objective": given["search_objective"],
        "space": given["search_space"],
        "storage": given["search_storage"],
        "seed": given["seed"],
        **run_of(given),
    }
    planned = shared(light(plan_search(**search)))
    with dsl.ParallelFor(planned.outputs["Output"]) as worker:
        searched = shared(accelerated(heavy(search_generator(features=train, worker=worker, **search))))
    made = find_image_settings(
        train=train,
        workers=given["search_workers"],
        generators=given["generators"],
        strategies=given["strategies"],
        **search,
    )
    return shared(accelerated(heavy(made))).after(searched)


def _compared(train: Any, study: Any, common: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    wanted = (
        "strategies",
        "classical",
        "checkpoints",
        "strategy_params",
        "times",
        "inspector",
        "inspector_params",
        "folds",
        "fold_repeats",
    )
    task = compare_augmentations(
        train=train, study=study.outputs["study"], **{name: given[name] for name in wanted}, **common
    )
    return accelerated(heavy(task))
