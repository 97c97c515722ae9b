"""From a machine's vibration to the degree of its degradation: only healthy snapshots are learned from."""

from kfp import dsl

from components.report_degradation import report_degradation
from pipelines import vibration
from pipelines._resources import LIMITS, light, watched
from pipelines.searching import run_of

NAME = "degradation"


@dsl.pipeline(name=NAME, pipeline_config=LIMITS)
def degradation(
    data: str = "ball-screw-life",
    healthy: str = "",
    rate: float = 0.0,
    channels: list = [],
    machines: list = [],
    data_params: dict = {},
    indicator: str = "vae",
    indicator_params: dict = {},
    window: int = 25,
    slide: int = 1,
    confidence: float = 0.999,
    assessment_params: dict = {},
    rivals: list = [],
    held_out: float = 0.2,
    trials: int = 0,
    search_seconds: float = 0.0,
    search_workers: int = 2,
    search_objective: str = "healthy-spread",
    search_space: dict = {},
    search_storage: str = "",
    search_pods: int = 0,
    max_false_alarms: float = 0.02,
    tolerance: float = 0.0,
    max_delay: int = 5,
    approve: bool = True,
    storage_uri: str = "",
    deploy_params: dict = {},
    registry: str = "",
    seed: int = 0,
    fingerprint: str = "",
    run_id: str = "",
    attempt: float = 0.0,
):
    """Learn what a machine sounds like when it is healthy, and tell since when and how far it is worn.

    Args:
        data: A catalogue name (ball-screw-life, femto, femto:Bearing1_1, cwru), or a folder with a folder for each
            machine and a file for each snapshot (CSV, text, NumPy, WAV), on a cluster below /data.
        healthy: Which snapshots are healthy and may be learned from: a number N means the first N of each machine; or
            a file that lists them (CSV with machine and snapshot, or JSON); empty means the first fifth, or what the
            data set itself says.
        rate: Samples a second, in Hz, where the files do not say it.
        channels: The channels to use, by name; empty means all.
        machines: The machines to use, by name; empty means all.
        data_params: Settings of a simulated data set, such as {"machines": 3}.
        indicator: vae (the paper's) or a baseline: rms, kurtosis, related-similarity, som-mqe, pca-residual,
            isolation-forest.
        indicator_params: Settings of the indicator, such as {"latent": 3}.
        window: Snapshots in the sliding window (the paper's k), at least 2.
        slide: By how many snapshots the window moves (the paper's s), at least 1.
        confidence: Share of healthy snapshots that the threshold V leaves below it; the paper's 0.999.
        assessment_params: Further settings of threshold, degree and alarm, such as {"severe": 0.7}.
        rivals: Indicators to compare with on the same snapshots; empty means all that there are.
        held_out: Share of the healthy snapshots, the last ones of each machine, on which the false alarms of a second
            model of the same kind are measured, between 0 and 0.5.
        trials: Trials of the search for the indicator's settings; 0 trains with the settings as they are.
        search_seconds: If above 0, no trial starts after this time.
        search_workers: Processes that search side by side; with up to 4 the result does not depend on it.
        search_objective: healthy-spread (how unsteady the indicator is on healthy snapshots that a trial did not learn
            from) or healthy-error (how large it is there).
        search_space: Bounds in place of the indicator's own, such as {"window": [16, 64]}.
        search_storage: Where the search is kept while it runs: a database address, or a file's path; empty means the
            cluster's database, if there is one.
        search_pods: On a cluster, so many steps search side by side on the cluster's database; 0 searches in one step.
        max_false_alarms: A model of which surely more than this share of held-out healthy snapshots lie beyond the
            threshold (the lower end of the 95 % interval), or that raises an alarm there, does not become champion.
        tolerance: By how much the share of false alarms of a new champion may exceed the current one's.
        max_delay: How many snapshots later than the current champion a new one may find the onset on the same lives.
        approve: Let a model that passes the gates become champion; if false it waits for an engineer.
        storage_uri: Where the cluster finds the exported model, such as s3://models/{name}/{version}; empty means
            where the registry keeps it, or s3://rarefault/NAME/VERSION if a cluster cannot read there.
        deploy_params: Settings of the deployment, such as {"mode": "Knative", "namespace": "line-1"}.
        registry: The MLflow address; empty means the cluster's MLflow, or sqlite and a folder on this machine.
        seed: The same seed, data and versions give the same numbers.
        fingerprint: The SHA-256 of the data and of the file of healthy snapshots, checked if given; it also tells
            changed signals from cached ones.
        run_id: What the registered version is tagged with; leave empty, Kubeflow's own id is taken then.
        attempt: When this attempt began, in seconds since 1970; leave at 0.
    """
    given = dict(locals())
    with watched(NAME, run_id):
        learned = vibration.learn(vibration.read(given), given)
        light(report_degradation(**learned, **{**given, **run_of(given)}))
