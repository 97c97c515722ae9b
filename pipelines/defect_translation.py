"""From surface images with and without defects to a registered inspector, with defects painted on clean surfaces."""

from kfp import dsl

from components.report_translation import report_translation
from pipelines import imaging
from pipelines._resources import LIMITS, light, watched
from pipelines.searching import run_of

NAME = "defect-translation"


@dsl.pipeline(name=NAME, pipeline_config=LIMITS)
def defect_translation(
    data: str = "steel-surface",
    background: str = "",
    group_column: str = "",
    image_size: int = 0,
    channels: int = 0,
    limit_per_class: dict = {},
    data_params: dict = {},
    test_size: float = 0.3,
    preset: str = "quick",
    classical: list = ["flip", "rotation", "translation", "noise"],
    generator: str = "pegan",
    generator_params: dict = {},
    generators: list = ["pegan", "stargan", "cyclegan", "dcgan", "lsgan"],
    strategies: list = [],
    strategy_params: dict = {},
    times: float = 0.0,
    inspector: str = "resnet18",
    inspectors: list = ["resnet18", "mobilenet-v2"],
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
    """Paint defects on images of clean surfaces with PE-GAN and others, and prove whether that helps an inspector.

    Args:
        data: A catalogue name (steel-surface, ball-screw-surface, neu-patches64, ballscrew), or a folder of images
            with a folder for each class, on a cluster below /data.
        background: The class without a defect; empty takes the catalogue's, or the folder named background, intact,
            good or the like. The translators need it.
        group_column: Column of the folder's index file: images with the same value (a position, a strip) never stand
            on both sides of a split.
        image_size: Height and width that images are brought to, in pixels, a multiple of 32; 0 takes the preset's.
        channels: 1 (grey) or 3 (RGB); 0 takes the preset's.
        limit_per_class: At most so many images of a class, drawn by the seed, such as {"rust": 30, "*": 200} ("*":
            every other class); empty takes the preset's, or all.
        data_params: Settings of a simulated data set, such as {"per_class": 100}.
        test_size: Share of the images that is set aside for the proof, between 0 and 1; the paper's split is 7 : 3.
        preset: quick (minutes on two CPU cores) or paper (the paper's networks and loops, for a GPU).
        classical: Methods of classical augmentation, where it is among the strategies.
        generator: The generator whose settings a search may change, one of `generators`.
        generator_params: Its settings in place of the preset's, such as {"loops": 300}.
        generators: The generators that are trained and compared; an unknown name is answered with all that there are.
        strategies: Which of them are compared with the real images alone on the inner folds; empty takes the
            preset's.
        strategy_params: Settings of the other generators, such as {"stargan": {"loops": 300}}.
        times: Generated images for each real one of a defect class; 0 takes the preset's (the paper's 3).
        inspector: The inspector that is compared on the inner folds and registered, one of `inspectors`.
        inspectors: The inspectors that are trained on the real images and on real and generated ones.
        inspector_params: Settings of the inspectors in place of the preset's, such as {"epochs": 20}.
        repeats: How often each inspector is trained with another seed; 0 takes the preset's.
        folds: Inner folds, at least 2; 0 takes the preset's.
        fold_repeats: How often the inner folds are drawn anew; 0 takes the preset's.
        min_probability: How sure the inner folds must be that a strategy beats the real images alone to replace them.
        fid_draws: How often the Fréchet distance is measured on newly generated images; 0 takes the preset's.
        fid_network: The network whose features are compared: efficientnet-lite0, or inception-v3 where its weights
            are there.
        trials: Trials of the search; 0 trains with the settings as they are.
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
        learned = imaging.learn(NAME, ingested, given)
        light(report_translation(**learned, **{**given, **run_of(given)}))
