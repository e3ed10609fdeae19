"""Distances to the primitives, and the fits that rest on them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from pcdash.core.corruption.solids import surface_points
from pcdash.core.primitives.distance import Solid, distance
from pcdash.core.primitives.fields import evaluate
from pcdash.core.primitives.fit import KINDS, QUICK, THOROUGH, Effort, Fit, fit
from pcdash.core.primitives.starts import even_axes, even_frames

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


ALL_KINDS = (2, 2, 2, 2, 2)


def _distance(local: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    return evaluate(local, sizes, ALL_KINDS, slopes=False).distance


def test_derivatives_agree_with_differences() -> None:
    rng = np.random.default_rng(1)
    local = rng.uniform(-1.5, 1.5, (1, 10, 3, 400))
    sizes = rng.uniform(0.3, 1.0, (1, 10, 3))
    field = evaluate(local, sizes, ALL_KINDS, slopes=True)
    assert_array_equal(field.distance, _distance(local, sizes))
    slopes = field.slopes
    assert slopes is not None
    step = 1e-6
    by_place, by_size = np.empty_like(local), np.empty_like(local)
    for k in range(3):
        shift, grow = np.zeros((3, 1)), np.zeros(3)
        shift[k] = grow[k] = step
        there, back = _distance(local + shift, sizes), _distance(local - shift, sizes)
        by_place[:, :, k] = (there - back) / (2 * step)
        larger, smaller = sizes * np.exp(grow), sizes * np.exp(-grow)
        growth = (_distance(local, larger) - _distance(local, smaller)) / (2 * step)
        by_size[:, :, k] = growth
    # On the creases of a distance field the differences mean nothing.
    smooth = np.abs(np.linalg.norm(by_place, axis=2) - 1) < 1e-4
    assert smooth.mean(axis=2).min() > 0.97
    for ours, theirs in ((slopes.gradient, by_place), (slopes.growth, by_size)):
        difference = np.abs(ours - theirs).max(axis=2)
        assert difference[smooth].max() < 5e-3


@pytest.mark.parametrize(
    ("number", "solid", "size"),
    [
        (0, "box", [1.0, 0.6, 0.3]),
        (2, "cylinder", [0.8, 0.0, 0.5]),
        (4, "cone", [0.8, 0.0, 0.7]),
        (6, "torus", [0.8, 0.0, 0.25]),
        (8, "sphere", [0.0, 0.0, 0.9]),
    ],
)
def test_distances_are_those_of_the_training_solids(
    number: int, solid: str, size: list[float]
) -> None:
    probes = np.random.default_rng(2).uniform(-1.3, 1.3, (3, 500))
    local = np.broadcast_to(probes, (1, 10, 3, 500))
    found = _distance(local, np.broadcast_to(size, (1, 10, 3)))[0, number]
    assert_allclose(np.abs(found), distance(SOLIDS[solid], *probes), atol=1e-5)


def _place(solid: Solid, n: int, seed: int) -> tuple[NDArray[np.float64], float]:
    """Points in a random pose, centred, of rms radius 1; and the factor on lengths."""
    rng = np.random.default_rng(seed)
    points = surface_points(solid, n, rng) @ Rotation.random(rng=rng).as_matrix().T
    points -= points.mean(axis=0)
    scale = float(np.sqrt((points * points).sum(axis=1).mean()))
    return (points / scale).T, 1 / scale


def _search(points: NDArray[np.float64], effort: Effort = THOROUGH) -> Fit:
    """Fit (B, 3, n) from poses that know nothing."""
    batch = len(points)
    boxes = np.broadcast_to(even_frames(), (batch, *even_frames().shape))
    axes = np.broadcast_to(even_axes(), (batch, *even_axes().shape))
    return fit(points, boxes, axes, effort)


TRUE = {
    "cube": (SOLIDS["box"], [1.0, 0.6, 0.3]),
    "cylinder": (SOLIDS["cylinder"], [0.8, 0.0, 0.5]),
    "cone": (SOLIDS["cone"], [0.8, 0.0, 0.7]),
    "torus": (SOLIDS["torus"], [0.8, 0.0, 0.25]),
    "sphere": (SOLIDS["sphere"], [0.0, 0.0, 0.9]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_fits_recover_the_sizes_of_clean_clouds(kind: str) -> None:
    solid, size = TRUE[kind]
    placed = [_place(solid, 64, seed) for seed in range(12)]
    found = _search(np.stack([cloud for cloud, _ in placed]))
    row = KINDS.index(kind)
    expected = np.array([factor for _, factor in placed])[:, None] * np.array(size)
    good = np.isclose(found.sizes[:, row], expected, rtol=0.02, atol=1e-9).all(axis=1)
    assert good.mean() >= 0.75, "most starts must lead to the true shape"
    assert np.median(found.residual[good, row]) < 5e-3
    assert (found.cost[good].argmin(axis=1) == row).all()


@pytest.mark.parametrize("kind", KINDS)
def test_few_steps_are_enough_from_about_the_right_pose(kind: str) -> None:
    solid, size = TRUE[kind]
    rng = np.random.default_rng(5)
    points = surface_points(solid, 96, rng) + 0.01 * rng.standard_normal((96, 3))
    scale = np.sqrt((points**2).sum(axis=1).mean())
    tilt = Rotation.from_rotvec([0.08, -0.06, 0.05]).as_matrix()
    found = fit((points / scale).T[None], tilt[None, None], tilt[None, :, 2][:, None], QUICK)
    row = KINDS.index(kind)
    assert found.cost[0].argmin() == row
    assert_allclose(found.sizes[0, row] * scale, size, rtol=0.1, atol=0.03)


def test_clouds_of_a_batch_do_not_meet() -> None:
    clouds = [_place(TRUE[kind][0], 40, 8)[0] for kind in KINDS]
    together = _search(np.stack(clouds))
    for number, points in enumerate(clouds):
        assert_allclose(together.cost[number], _search(points[None]).cost[0], atol=1e-6)
