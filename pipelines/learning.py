"""From training rows to a registered and deployed classifier: what every pipeline does that trains one."""

from collections.abc import Mapping
from typing import Any

from kfp import dsl

from components.deploy import deploy
from components.evaluate import evaluate
from components.find_generator import find_generator
from components.kmeans_filter import kmeans_filter
from components.load_generator import load_generator
from components.preprocess import preprocess
from components.register import register
from components.register_generator import register_generator
from components.same_version import same_version
from components.synthesize import synthesize
from components.train_classifier import train_classifier
from pipelines._resources import PARALLEL, deploying, heavy, light, remote
from pipelines.searching import run_of, trained

GENERATOR = "wgan"
_TRAINING = (
    "classifier",
    "classifier_params",
    "strategy_params",
    "beta",
    "cost_ratio",
    "folds",
    "repeats",
    "gate_lift",
    "gate_recall",
    "seed",
)


def learn(train: Any, test: Any, facts: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Wire the steps from preprocess to deploy; train, test and facts are artifacts as `ingest` leaves them.

    `given` are the pipeline's parameters by name. Returns what a report reads, under the names of the report's inputs.
    """
    registry, seed = given["registry"], given["seed"]
    cleaned = light(preprocess(train=train, strategies=given["strategies"], classifier=given["classifier"]))
    features = cleaned.outputs["features"]
    found, loaded = _generator(features, facts, given)
    generator, version = loaded.outputs["model"], loaded.outputs["registered"]
    shards = {"shards": given.get("synthesis_shards", 1)}
    with dsl.ParallelFor(loaded.outputs["Output"]) as shard:
        drawn = light(synthesize(features=features, model=generator, shard=shard, **shards))
    gates = {"gate_lift": given["gate_lift"], "gate_recall": given["gate_recall"]}
    synthetic = dsl.Collected(drawn.outputs["synthetic"])
    filtered = light(kmeans_filter(features=features, synthetic=synthetic, seed=seed, **gates))
    training = {"features": features, **{name: given[name] for name in _TRAINING}}
    baseline = heavy(train_classifier(strategy="tuned-threshold", **training))
    with dsl.ParallelFor(cleaned.outputs["Output"], parallelism=PARALLEL) as strategy:
        rival = heavy(
            train_classifier(
                strategy=strategy,
                baseline=baseline.outputs["trained"],
                kept=filtered.outputs["kept"],
                generator=generator,
                **training,
            )
        )
    judged = light(
        evaluate(
            test=test,
            features=features,
            baseline=baseline.outputs["trained"],
            trained=dsl.Collected(rival.outputs["trained"]),
            beta=given["beta"],
            cost_ratio=given["cost_ratio"],
            min_probability=given["min_probability"],
            seed=seed,
        )
    )
    entry = remote(
        register(
            test=test,
            facts=facts,
            evaluation=judged.outputs["evaluation"],
            generator=version,
            registry=registry,
            **run_of(given),
            classifier=given["classifier"],
            min_recall=given["min_recall"],
            tolerance=given["tolerance"],
            beta=given["beta"],
            cost_ratio=given["cost_ratio"],
            approve=given["approve"],
            seed=seed,
        )
    )
    deployed = deploying(
        deploy(
            evaluation=judged.outputs["evaluation"],
            train=train,
            registered=entry.outputs["registered"],
            registry=registry,
            storage_uri=given["storage_uri"],
            params=given["deploy_params"],
        )
    )
    return {
        "plan": cleaned.outputs["plan"],
        "evaluation": judged.outputs["evaluation"],
        "kept": filtered.outputs["kept"],
        "generator": version,
        "generator_model": generator,
        "registered": entry.outputs["registered"],
        "preprocess_record": cleaned.outputs["metrics"],
        "find_record": found.outputs["metrics"],
        "generator_record": loaded.outputs["metrics"],
        "synthesize_records": dsl.Collected(drawn.outputs["metrics"]),
        "filter_record": filtered.outputs["metrics"],
        "baseline_record": baseline.outputs["metrics"],
        "strategy_records": dsl.Collected(rival.outputs["metrics"]),
        "evaluate_record": judged.outputs["metrics"],
        "register_record": entry.outputs["metrics"],
        "deploy_record": deployed.outputs["metrics"],
    }


def _generator(features: Any, facts: Any, given: Mapping[str, Any]) -> tuple[Any, Any]:
    """The tasks that looked for a registered generator and that brought one here, trained now where none was found."""
    registry = given["registry"]
    found = remote(
        find_generator(
            features=features,
            facts=facts,
            generator=GENERATOR,
            params=given["generator_params"],
            reuse=given["reuse_generator"],
            registry=registry,
            **run_of(given),
        )
    )
    with dsl.If(found.outputs["Output"] == ""):
        made = trained(features, facts, GENERATOR, given)
        entered = remote(
            register_generator(
                features=features,
                facts=facts,
                model=made.outputs["model"],
                training=made.outputs["metrics"],
                registry=registry,
                **run_of(given),
            )
        )
    with dsl.Else():
        kept_version = light(same_version(version=found.outputs["Output"]))
    loaded = remote(
        load_generator(
            features=features,
            generator=GENERATOR,
            found=found.outputs["Output"],
            version=dsl.OneOf(entered.outputs["Output"], kept_version.outputs["Output"]),
            registry=registry,
            shards=given.get("synthesis_shards", 1),
        )
    )
    return found, loaded
