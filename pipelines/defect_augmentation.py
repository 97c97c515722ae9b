"""From surface images with few defects to a registered inspector, with DCGAN and classical augmentation compared."""

from kfp import dsl

from components.report_augmentation import report_augmentation
from pipelines import imaging
from pipelines._resources import LIMITS, light, watched
from pipelines.searching import run_of

NAME = "defect-augmentation"


@dsl.pipeline(name=NAME, pipeline_config=LIMITS)
def defect_augmentation(
    data: str = "ball-screw-surface",
    background: str = "",
    group_column: str = "",
    image_size: int = 0,
    channels: int = 0,
    limit_per_class: dict = {},
    data_params: dict = {},
    test_size: float = 0.25,
    preset: str = "quick",
    classical: list = ["flip", "rotation", "translation", "noise"],
    generator: str = "dcgan",
    generator_params: dict = {},
    strategies: list = [],
    strategy_params: dict = {},
    inspector: str = "table5-cnn",
    inspector_params: dict = {},
    repeats: int = 0,
    folds: int = 0,
    fold_repeats: int = 0,
    min_probability: float = 0.95,
    fid_draws: int = 0,
    fid_network: str = "efficientnet-lite0",
    trials: int = 0,
    search_seconds: float = 0.0,
    search_workers: int = 2,
    search_objective: str = "frechet",
    search_space: dict = {},
    search_storage: str = "",
    search_pods: int = 0,
    checkpoints: str = "",
    min_score: float = 0.5,
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
    """Augment images of rare surface defects with GANs and classical methods, and prove whether that helps.

    Args:
        data: A catalogue name (ball-screw-surface, steel-surface, ballscrew, neu-det), or a folder of images with a
            folder for each class, on a cluster below /data.
        background: The class without a defect; empty takes the catalogue's, or the folder named background, intact,
            good or the like.
        group_column: Column of the folder's index file: images with the same value (a position, a strip) never stand
            on both sides of a split.
        image_size: Height and width that images are brought to, in pixels, a multiple of 32; 0 takes the preset's.
        channels: 1 (grey) or 3 (RGB); 0 takes the preset's.
        limit_per_class: At most so many images of a class, drawn by the seed, such as {"rust": 30, "*": 200} ("*":
            every other class); empty takes the preset's, or all.
        data_params: Settings of a simulated data set, such as {"per_class": 100}.
        test_size: Share of the images that is set aside for the proof, between 0 and 1.
        preset: quick (minutes on two CPU cores) or paper (the paper's networks and loops, for a GPU).
        classical: Methods of classical augmentation: flip, rotation, translation, noise, amplify, elastic,
            brightness, blur, edge.
        generator: dcgan or lsgan; an unknown name is answered with all that there are.
        generator_params: Settings of the generator in place of the preset's, such as {"loops": 300}.
        strategies: What is compared on the inner folds with the untouched images; empty means classical, the
            generator, and both together.
        strategy_params: Settings of other generators among the strategies, such as {"lsgan": {"loops": 300}}.
        inspector: table5-cnn (the paper's), resnet18 or mobilenet-v2.
        inspector_params: Settings of the inspector in place of the preset's, such as {"epochs": 20}.
        repeats: How often each classification task is repeated with another seed; 0 takes the preset's.
        folds: Inner folds, at least 2; 0 takes the preset's.
        fold_repeats: How often the inner folds are drawn anew; 0 takes the preset's.
        min_probability: How sure the inner folds must be that a strategy beats the untouched images to replace them.
        fid_draws: How often the Fréchet distance is measured on newly generated images; 0 takes the preset's.
        fid_network: The network whose features are compared: efficientnet-lite0, or inception-v3 where its weights
            are there.
        trials: Trials of the generator search; 0 trains with the settings as they are.
        search_seconds: If above 0, no trial starts after this time.
        search_workers: Processes that search side by side; with up to 4 the result does not depend on it.
        search_objective: frechet (distance to real images that a trial has not seen) or inner-f1.
        search_space: Bounds in place of the generator's own, such as {"lr": [1e-4, 1e-3]}.
        search_storage: Where the search is kept while it runs: a database address, or a file's path; empty means the
            cluster's database, if there is one.
        search_pods: On a cluster, so many steps search side by side on the cluster's database; 0 searches in one step.
        checkpoints: A folder where trainings keep their state, so that one that was killed goes on; empty means that
            it starts anew (locally the run's work folder is taken).
        min_score: A new model needs this macro F1 on the test images to become champion.
        tolerance: How much macro F1 a new champion may lose against the current one on the same test images.
        approve: Let a model that passes the gates become champion; if false it waits for an engineer.
        storage_uri: Where the cluster finds the exported model, such as s3://models/{name}/{version}; empty means
            where the registry keeps it, or s3://rarefault/NAME/VERSION if a cluster cannot read there.
        deploy_params: Settings of the deployment, such as {"mode": "Knative", "namespace": "line-1"}.
        registry: The MLflow address; empty means the cluster's MLflow, or sqlite and a folder on this machine.
        seed: The same seed, data and versions give the same numbers.
        fingerprint: The data's SHA-256, checked if given; it also tells changed images from cached ones.
        run_id: What the registered versions are tagged with; leave empty, Kubeflow's own id is taken then.
        attempt: When this attempt began, in seconds since 1970; leave at 0.
    """
    given = dict(locals())
    with watched(NAME, run_id):
        ingested = imaging.read(NAME, given)
        learned = imaging.learn(NAME, ingested, {**given, "inspectors": [], "generators": [], "times": 0.0})
        light(report_augmentation(**learned, **{**given, **run_of(given)}))
