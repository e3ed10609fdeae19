"""Distances to the primitives, and the fits that rest on them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from pcdash.core.corruption.solids import surface_points
from pcdash.core.primitives import fields
from pcdash.core.primitives.distance import Solid, distance
from pcdash.core.primitives.fit import KINDS, fit

SOLIDS = {
    "sphere": Solid("sphere", (0.9,)),
    "box": Solid("box", (1.0, 0.6, 0.3)),
    "cylinder": Solid("revolved", (0.8, 0.8, 0.5)),
    "open cylinder": Solid("revolved", (0.8, 0.8, 0.5), bottom=False, top=False),
    "cone": Solid("revolved", (0.8, 0.0, 0.7)),
    "blunt cone": Solid("revolved", (0.8, 0.3, 0.7)),
    "torus": Solid("torus", (0.8, 0.25)),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_distances_are_those_to_the_nearest_of_very_many_surface_points(name: str) -> None:
    rng = np.random.default_rng(0)
    solid = SOLIDS[name]
    surface = surface_points(solid, 200_000, rng)
    probes = rng.uniform(-1.3, 1.3, (500, 3))
    nearest, _ = cKDTree(surface).query(probes)
    assert_allclose(distance(solid, *probes.T), nearest, atol=0.02)
    assert distance(solid, *surface.T).max() < 1e-9
    assert np.linalg.norm(surface, axis=1).max() <= solid.reach + 1e-12


def _numeric(field: object, local: NDArray[np.float64], size: NDArray[np.float64]) -> tuple:
    """Central differences of a field's distance by coordinates and log sizes."""
    step = 1e-6
    by_place, by_size = [], []
    for k in range(3):
        shift = np.zeros((1, 3, 1))
        shift[:, k] = step
        by_place.append((field(local + shift, size) - field(local - shift, size)) / (2 * step))
        grow = np.zeros((1, 3))
        grow[:, k] = step
        larger, smaller = size * np.exp(grow), size * np.exp(-grow)
        by_size.append((field(local, larger) - field(local, smaller)) / (2 * step))
    return np.stack(by_place, axis=1), np.stack(by_size, axis=1)


@pytest.mark.parametrize(
    ("profile", "size"),
    [
        (None, [0.9, 0.6, 0.4]),
        ([1.0, 0.0], [0.8, 0.6, 1.0]),
        ([0.0, 0.0], [0.8, 0.6, 1.0]),
        ([0.0, 1.0], [0.8, 0.3, 1.0]),
    ],
    ids=["box", "cylinder", "cone", "torus"],
)
def test_derivatives_agree_with_differences(profile: list[float] | None, size: list[float]) -> None:
    def field(local: NDArray[np.float64], sizes: NDArray[np.float64]) -> fields.Field:
        if profile is None:
            return fields.box(local, sizes)
        return fields.revolved(local, sizes, np.array([profile]))

    local = np.random.default_rng(1).uniform(-1.5, 1.5, (1, 3, 400))
    sizes = np.array([size])
    _, gradient, growth = field(local, sizes)
    by_place, by_size = _numeric(lambda p, s: field(p, s)[0], local, sizes)
    # On the creases of a distance field the differences mean nothing.
    smooth = np.abs(np.linalg.norm(by_place, axis=1) - 1) < 1e-4
    assert smooth.mean() > 0.97
    for ours, theirs in ((gradient, by_place), (growth, by_size)):
        assert_allclose(
            ours.transpose(0, 2, 1)[smooth], theirs.transpose(0, 2, 1)[smooth], atol=1e-4
        )


def _place(solid: Solid, n: int, seed: int) -> tuple[NDArray[np.float64], float]:
    """Points in a random pose, centred, of rms radius 1; and the factor on lengths."""
    rng = np.random.default_rng(seed)
    points = surface_points(solid, n, rng) @ Rotation.random(rng=rng).as_matrix().T
    points -= points.mean(axis=0)
    scale = float(np.sqrt((points * points).sum(axis=1).mean()))
    return (points / scale).T, 1 / scale


TRUE = {
    "sphere": (SOLIDS["sphere"], [0.9, 0.9, 0.9]),
    "cube": (SOLIDS["box"], [1.0, 0.6, 0.3]),
    "cylinder": (SOLIDS["cylinder"], [0.8, 0.5, 0.0]),
    "cone": (SOLIDS["cone"], [0.8, 0.7, 0.0]),
    "torus": (SOLIDS["torus"], [0.8, 0.25, 0.0]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_fits_recover_the_sizes_of_clean_clouds(kind: str) -> None:
    solid, size = TRUE[kind]
    placed = [_place(solid, 64, seed) for seed in range(12)]
    points = np.stack([cloud for cloud, _ in placed])
    axes = np.broadcast_to(np.eye(3), (len(placed), 3, 3))
    found = fit(points, np.ones(points.shape[::2]), axes)
    row = KINDS.index(kind)
    expected = np.array([factor for _, factor in placed])[:, None] * np.array(size)
    good = np.isclose(found.sizes[:, row], expected, rtol=0.02, atol=1e-9).all(axis=1)
    assert good.mean() >= 0.75, "most starts must lead to the true shape"
    assert np.median(found.residual[good, row]) < 5e-3
    assert (found.cost[good].argmin(axis=1) == row).all()


def test_points_of_weight_zero_do_not_count() -> None:
    points, _ = _place(SOLIDS["cone"], 48, 3)
    padded = np.concatenate([points, 9.0 * np.ones((3, 10))], axis=1)
    weight = np.repeat([1.0, 0.0], [48, 10])
    axes = np.eye(3)[None]
    small = fit(points[None], np.ones((1, 48)), axes)
    large = fit(padded[None], weight[None], axes)
    assert_allclose(large.cost, small.cost, atol=0.02)
    assert large.cost[0].argmin() == KINDS.index("cone")


def test_clouds_of_a_batch_do_not_meet() -> None:
    clouds = [_place(TRUE[kind][0], 40, 8)[0] for kind in KINDS]
    axes = np.broadcast_to(np.eye(3), (5, 3, 3))
    together = fit(np.stack(clouds), np.ones((5, 40)), axes)
    for number, points in enumerate(clouds):
        alone = fit(points[None], np.ones((1, 40)), axes[:1])
        assert_allclose(together.cost[number], alone.cost[0], atol=1e-6)
