import json

import pytest

from rarefault import steps

FAST_GAN = {"epochs": 20, "neurons": 32, "latent": 16, "layers": 1}


@pytest.fixture(scope="session")
def line(tmp_path_factory):
    """The steps up to the filter, run once on 400 simulated rows."""
    folder = tmp_path_factory.mktemp("line")

    def at(name):
        return str(folder / name)

    steps.ingest(
        "gearbox-line",
        at("train"),
        at("test"),
        at("facts"),
        record=at("ingest.record"),
        data_params={"n_rows": 400},
    )
    steps.preprocess(at("train"), at("features"), at("plan.json"), record=at("preprocess.record"), strategies=["smote"])
    steps.train_gan(at("features"), at("facts"), at("gan"), record=at("gan.record"), params=FAST_GAN, trials=0)
    steps.synthesize(at("features"), at("gan"), at("synthetic"), record=at("synthesize.record"))
    steps.kmeans_filter(at("features"), [at("synthetic")], at("kept"), record=at("filter.record"))
    return at


@pytest.fixture(scope="session")
def trained(line):
    """The tuned baseline, SMOTE and the paper's strategy on the same rows."""
    options = {"folds": 3, "repeats": 1}
    steps.train_classifier(
        line("features"), line("baseline"), record=line("baseline.record"), strategy="tuned-threshold", **options
    )
    for strategy in ("smote", "wgan-kmeans"):
        steps.train_classifier(
            line("features"),
            line(strategy),
            record=line(f"{strategy}.record"),
            strategy=strategy,
            baseline=line("baseline"),
            kept=line("kept"),
            generator=line("gan"),
            **options,
        )
    return [line("baseline"), line("smote"), line("wgan-kmeans")]


@pytest.fixture(scope="session")
def evaluated(line, trained):
    """The evaluation of the trained strategies."""
    steps.evaluate(line("test"), line("features"), trained, line("evaluation"), record=line("evaluate.record"))
    return line("evaluation")


def read(path):
    with open(path) as file:
        return json.load(file)
