import numpy as np
import pytest
from scipy.linalg import sqrtm
from sklearn.metrics.pairwise import polynomial_kernel

from rarefault.metrics.images.frechet import (
    distances,
    frechet_distance,
    kernel_distance,
    precision_recall,
)


def rows(n: int, d: int, seed: int = 0, shift: float = 0.0) -> np.ndarray:
    """Non-negative and correlated, as the features of a network are."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(n, d)) @ np.random.default_rng(9).normal(size=(d, d)) / np.sqrt(d)
    return np.maximum(mixed + shift, 0.0)


def by_definition(a: np.ndarray, b: np.ndarray) -> float:
    A, B = np.cov(a.T), np.cov(b.T)
    root = sqrtm(A @ B)
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(A + B) - 2 * np.trace(root).real)


@pytest.mark.filterwarnings("ignore:Matrix is singular")
@pytest.mark.parametrize(("n", "m", "d"), [(500, 400, 64), (200, 60, 64), (60, 50, 128), (3, 2, 40), (40, 300, 40)])
def test_frechet_is_the_definition_by_scipys_root(n, m, d):
    a, b = rows(n, d, 1), rows(m, d, 2, 0.3)
    assert frechet_distance(a, b) == pytest.approx(by_definition(a, b), rel=1e-3, abs=1e-3)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b), rel=1e-9)


def test_frechet_of_a_reference_value():
    angles = np.arange(8)[:, None] * np.arange(1, 6)[None, :]
    assert frechet_distance(np.sin(angles), np.cos(angles)) == pytest.approx(0.78166, abs=1e-3)
    assert by_definition(np.sin(angles), np.cos(angles)) == pytest.approx(0.78166, abs=1e-3)


def test_frechet_of_diagonal_gaussians_is_the_closed_form():
    rng = np.random.default_rng(0)
    n, d = 400, 6
    z, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, d))]))
    z = z[:, 1:] * np.sqrt(n - 1)  # mean 0, covariance I, exactly
    (mean_a, mean_b), (scale_a, scale_b) = rng.normal(size=(2, d)), rng.uniform(0.5, 2, size=(2, d))
    expected = ((mean_a - mean_b) ** 2).sum() + ((scale_a - scale_b) ** 2).sum()
    assert frechet_distance(mean_a + z * scale_a, mean_b + z * scale_b) == pytest.approx(expected, rel=1e-10)


def test_a_set_is_no_distance_from_itself():
    for n, d in ((30, 200), (200, 30), (2, 5)):
        assert frechet_distance(rows(n, d), rows(n, d)) == pytest.approx(0.0, abs=1e-9)
        assert frechet_distance(rows(n, d), rows(n, d)) >= 0
    assert frechet_distance(np.ones((4, 3)), np.ones((5, 3))) == 0
    assert frechet_distance(np.ones((4, 3)), np.full((5, 3), 3.0)) == pytest.approx(12.0)


def test_few_images_bias_the_frechet_distance_upwards_but_not_the_kernel_distance():
    a, b = rows(2000, 50, 1), rows(2000, 50, 2)
    assert frechet_distance(a[:40], b[:40]) > 10 * frechet_distance(a, b)
    of_few = [kernel_distance(a[k : k + 40], b[k : k + 40]) for k in range(0, 2000, 40)]
    assert np.mean(of_few) == pytest.approx(0, abs=3 * np.std(of_few) / np.sqrt(len(of_few)))


def test_kernel_distance_is_its_definition():
    a, b = rows(7, 5, 1), rows(9, 5, 2, 0.5)

    def mean_off_diagonal(k: np.ndarray) -> float:
        return k[~np.eye(len(k), dtype=bool)].mean()

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return polynomial_kernel(x, y, degree=3, coef0=1)

    expected = mean_off_diagonal(kernel(a, a)) + mean_off_diagonal(kernel(b, b)) - 2 * kernel(a, b).mean()
    assert kernel_distance(a, b) == pytest.approx(expected)


def test_precision_and_recall_by_hand():
    real = np.array([[0.0], [1.0], [2.0], [3.0], [10.0]])  # reach: 3, 2, 2, 3, 9
    made = np.array([[0.5], [0.6], [0.7], [0.8], [30.0]])
    precision, recall = precision_recall(real, made)
    assert precision == pytest.approx(0.8)
    assert recall == pytest.approx(0.8)  # 30 reaches to 0.6, and 0.8 from 0.5 to 1.1
    assert precision_recall(real, made[:4])[1] == pytest.approx(0.2)  # they reach from 0.2 to 1.1
    assert precision_recall(real, real) == (1.0, 1.0)


def test_distances_are_euclidean():
    a, b = rows(6, 30, 1), rows(4, 30, 2)
    expected = np.linalg.norm(a[:, None] - b[None], axis=2)
    np.testing.assert_allclose(distances(a, b), expected)
    assert (np.diag(distances(a, a)) == 0).all()


@pytest.mark.parametrize("function", [frechet_distance, kernel_distance, precision_recall])
def test_what_has_no_distance_is_refused(function):
    good = rows(5, 4)
    with pytest.raises(ValueError, match=r"at least 2 images, got \(1, 4\)"):
        function(good, good[:1])
    with pytest.raises(ValueError, match="at least 2 images"):
        function(np.empty((0, 4)), good)
    with pytest.raises(ValueError, match="finite"):
        function(np.where(np.eye(5, 4) == 1, np.nan, good), good)
    with pytest.raises(ValueError, match="as many features, got 4 and 3"):
        function(good, good[:, :3])
