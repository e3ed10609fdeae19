"""The descriptor's arithmetic against numpy's own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pcdash.core.descriptor import algebra
from pcdash.core.descriptor.kernel import moments
from pcdash.core.descriptor.pooling import Histograms, median, quantiles
from pcdash.core.descriptor.sample import normalise, shuffle
from pcdash.core.shapes import SHAPES


def _matrices() -> np.ndarray:
    rng = np.random.default_rng(0)
    square = rng.standard_normal((200, 3, 3))
    matrices = square @ square.transpose(0, 2, 1)
    matrices[0] = np.eye(3)
    matrices[1] = np.diag([2.0, 2.0, 5.0])
    matrices[2] = np.outer([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    return matrices


def _entries(matrices: np.ndarray) -> algebra.Symmetric:
    return np.stack(
        [matrices[:, i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))]
    )


def test_closed_form_eigenvalues_agree_with_lapack() -> None:
    matrices = _matrices()
    ours = algebra.eigenvalues(_entries(matrices)).T
    scale = np.abs(matrices).max(axis=(1, 2))[:, None]
    assert_allclose(ours / scale, np.linalg.eigvalsh(matrices) / scale, atol=1e-7)


def test_eigenvectors_are_unit_and_satisfy_their_equation() -> None:
    matrices = _matrices()[3:]
    entries = _entries(matrices)
    smallest = algebra.eigenvalues(entries)[0]
    vector = algebra.eigenvector(entries, smallest).T
    assert_allclose(np.linalg.norm(vector, axis=1), 1.0, atol=1e-12)
    scale = np.abs(matrices).max(axis=(1, 2))[:, None]
    residual = (matrices @ vector[:, :, None])[:, :, 0] - smallest[:, None] * vector
    assert np.abs(residual / scale).max() < 1e-6


def test_an_isotropic_matrix_has_some_eigenvector() -> None:
    entries = _entries(np.eye(3)[None])
    assert_allclose(algebra.eigenvector(entries, np.ones(1))[:, 0], [0, 0, 1])


def test_cross_products() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 4, 3, 5))
    assert_allclose(algebra.cross(a, b), np.cross(a, b, axis=1))


def test_quantiles_and_medians_over_the_points_that_count() -> None:
    rng = np.random.default_rng(2)
    values = rng.standard_normal((3, 2, 51))
    mask = rng.random((3, 51)) < 0.6
    levels = np.array([0.0, 0.3, 0.5, 1.0])
    for got, chosen in (
        (quantiles(values, mask, levels), mask),
        (quantiles(values, None, levels), None),
    ):
        for b in range(3):
            rows = values[b] if chosen is None else values[b][:, chosen[b]]
            assert_allclose(got[b], np.quantile(rows, levels, axis=1).T, atol=1e-12)
    upper = [np.sort(values[b, 0, mask[b]])[mask[b].sum() // 2] for b in range(3)]
    assert_allclose(median(values[:, 0], mask), upper)
    assert_allclose(median(values[:, 0], None), np.median(values[:, 0], axis=1))


def test_histograms_agree_with_numpy() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 1, (2, 4, 300))
    mask = rng.random((4, 300)) < 0.7
    for chosen in (None, mask):
        histograms = Histograms(chosen)
        first = histograms.axis(x, 0, 1, 4)
        histograms.line(y, 0, 2, 8)
        histograms.add(first, histograms.axis(y, 0, 1, 3))
        counts = histograms.counts()
        assert counts.shape == (4, 8 + 12)
        for b in range(4):
            rows = slice(None) if chosen is None else chosen[b]
            line = np.histogram(y[b, rows], 8, (0, 2))[0]
            joint = np.histogram2d(x[b, rows], y[b, rows], (4, 3), ((0, 1), (0, 1)))[0]
            expected = np.concatenate([line, joint.ravel()]) / line.sum()
            assert_allclose(counts[b], expected, atol=1e-12)


def test_values_beyond_the_ends_fall_into_the_end_bins() -> None:
    histograms = Histograms(None)
    histograms.line(np.array([[-5.0, 0.1, 0.9, 7.0]]), 0, 1, 2)
    assert_allclose(histograms.counts(), [[0.5, 0.5]])


@pytest.mark.parametrize("clutter", [0, 40])
def test_local_moments_are_sums_over_the_points_that_count(clutter: int) -> None:
    rng = np.random.default_rng(5)
    cloud = np.concatenate([SHAPES["torus"](1, 600, rng)[0], rng.uniform(-2, 2, (clutter, 3))])
    sample = normalise(shuffle(cloud)[None])
    found = moments(sample)
    assert (sample.mask & ~found.mask).any()
    points = sample.points[0].T.astype(np.float64)
    queries = found.sums.shape[-1]
    distance2 = ((points[:queries, None] - points) ** 2).sum(axis=2)
    base = np.maximum(1 - distance2 / (64 * found.bandwidth[0] ** 2), 0)
    x, y, z = points.T
    terms = np.stack([np.ones(len(x)), x, y, z, x * x, y * y, z * z, x * y, x * z, y * z])
    for scale, power in enumerate((64, 32, 16, 4)):
        expected = terms @ (base**power * found.mask[0]).T
        assert_allclose(found.sums[:, 0, scale], expected, atol=2e-3)
    assert_allclose(found.kernel[0], base[:, :queries] ** 32, atol=1e-4)
