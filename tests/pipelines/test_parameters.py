"""What a person types after --set: checked before anything starts."""

import pytest

from pipelines.checks import check
from pipelines.parameters import parse
from rarefault.errors import InputError


def test_a_whole_number_will_do_where_a_fraction_is_expected():
    values = parse("fault-detection", ["cost_ratio=20", "folds=3"])
    assert values == {"cost_ratio": 20.0, "folds": 3}
    assert [type(value) for value in values.values()] == [float, int]


@pytest.mark.parametrize("text", ["beta=NaN", "beta=Infinity", "beta=true", "folds=3.5", "strategies=3", "approve=yes"])
def test_a_value_of_another_type_is_refused(text):
    with pytest.raises(InputError, match=f"--set {text}: .* takes "):
        parse("fault-detection", [text])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"beta": -1.0}, "beta is -1.0; accepted: a number from"),
        ({"test_size": 1.5}, "test_size is 1.5; accepted: a share"),
        ({"folds": 1}, "folds is 1; accepted: a whole number from 2"),
        ({"seed": -1}, "seed is -1; accepted"),
        ({"classifier": "forest"}, "known classifiers: .*svm"),
        ({"classifier_params": {"CC": 1}}, "known settings: .*'C'"),
        ({"classifier": "svm", "classifier_params": {"C": -1}}, "C must be > 0"),
        ({"strategies": ["smoot"]}, "known strategies: .*'smote'"),
        ({"strategies": ["mixed-vote"]}, "is for classifier 'gradient-boosting'"),
        ({"strategy_params": {"smoot": {}}}, "known generators: .*smote"),
        ({"strategy_params": {"smote": 3}}, "strategy_params are settings by generator"),
        ({"strategy_params": {"smote": {"k_neighbors": "x"}}}, "k_neighbors must be of type int"),
        ({"generator": "gan"}, "known generators: .*wgan"),
        ({"generator_params": {"epochs": "many"}}, "epochs must be of type int"),
        ({"search_workers": 65}, "search_workers is 65; accepted: a whole number from 1 to 64"),
        ({"search_objective": "loss"}, r"objective must be one of \['wasserstein', 'inner-f2'"),
        ({"search_space": {"depth": [1, 2]}}, "no searched setting 'depth'"),
        ({"search_space": {"layers": ["a", "b"]}}, "bounds of layers must be .* whole numbers"),
        ({"search_space": {"layers": [1.5, 2]}}, "bounds of layers must be .* whole numbers"),
        ({"search_space": {"lr": [0, 0.01]}}, "bounds of lr must be .* numbers above 0"),
        ({"registry": "here"}, "is not an MLflow address"),
        ({"deploy_params": {"replicas": 3}}, "known settings: .*'max_replicas'"),
        ({"deploy_params": {"mode": "Serverless"}}, "mode must be one of"),
        ({"storage_uri": "minio://models/1"}, "storage_uri must begin with .*write s3://"),
    ],
)
def test_what_no_data_could_make_good_is_refused_in_one_line(values, said):
    with pytest.raises(InputError, match=said) as refusal:
        check(values)
    assert "\n" not in str(refusal.value)


def test_sound_parameters_pass():
    check(
        {"data": "x.csv", "beta": 1.0, "classifier": "svm", "classifier_params": {"C": 2.0}, "strategies": ["adasyn"]}
    )
