"""The benchmark's camera, held against the equations of the shapes in `tests/camera.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from pcdash.core.benchmark import CONDITIONS
from pcdash.core.benchmark.camera import SURFACES, lay_out, look, nearest
from pcdash.core.benchmark.clouds import view
from pcdash.core.cloud import Points

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import camera

FAR = 3.5
SIZES = {
    "sphere": [(1.0, 1.0, 1.0)],
    "cube": [(1.0, 1.0, 1.0), (3.0, 1.0, 1 / 3)],
    "cylinder": [(1.0, 1.0, 3.0), (1.0, 1.0, 1 / 3)],
    "cone": [(1.0, 1.0, 3.0), (1.0, 1.0, 1 / 3)],
    "torus": [(1.0, 1.0, 1 / 6), (1.0, 1.0, 2 / 3)],
}
CASES = [(shape, sizes) for shape, several in SIZES.items() for sizes in several]


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _cells(points: Points, pixels: int) -> set[tuple[int, int]]:
    """Column and row of each point in the image that just holds the bounding sphere."""
    place = points[:, :2] / points[:, 2:] * np.sqrt(FAR**2 - 1)
    return set(map(tuple, np.floor((place + 1) * pixels / 2).astype(int).tolist()))


@pytest.mark.parametrize(("shape", "sizes"), CASES)
@pytest.mark.parametrize("pixels", [40, 16])
def test_what_is_seen_is_what_a_ray_meets_first(
    shape: str, sizes: tuple[float, float, float], pixels: int
) -> None:
    surface = lay_out(shape, np.array(sizes), pixels)
    radius = np.linalg.norm(surface, axis=1).max()
    assert np.abs(surface).max() == 1.0
    # The same proportions in the words of the equations, in the surface's own unit.
    a, b, c = sizes
    largest = {"cube": max(sizes), "cylinder": max(1, c), "cone": max(1, c), "torus": 1 + c}
    scale = 1 / largest.get(shape, 1.0)
    known = {"sphere": (1.0,), "cube": (a, b, c)}.get(shape, (1.0, c))
    behind = []
    for seed in range(10):
        turn = Rotation.random(rng=_rng(seed))
        away = np.array([0.0, 0.0, FAR * radius])
        seen = nearest(turn.apply(surface) + away, pixels, FAR)
        reach = np.linalg.norm(seen, axis=1)
        eye, rays = turn.inv().apply(-away), turn.inv().apply(seen / reach[:, None])
        # A thousandth smaller, so that few rays pass by the outline.
        hits = camera.HITS[shape](eye, rays, 0.999 * scale * np.array(known))
        met = np.isfinite(hits)
        assert met.mean() > 0.8
        behind.append((reach - hits)[met] / radius)
    depth = np.concatenate(behind)
    assert depth.max() < 0.12  # a far side would lie farther back
    assert np.mean(np.abs(depth) < 0.02) > 0.98


@pytest.mark.parametrize("pixels", [40, 16])
def test_a_sphere_fills_the_pixels_that_rays_hit_and_those_on_its_rim(pixels: int) -> None:
    seen = look(
        lay_out("sphere", np.ones(3), pixels), _rng(), pixels=pixels, noise=0.0, distance=FAR
    )
    # Points of a convex shape that face the camera: their normals point towards it.
    outwards = seen - [0.0, 0.0, FAR]
    assert_allclose(np.linalg.norm(outwards, axis=1), 1.0, atol=1e-3)
    assert np.einsum("ij,ij->i", outwards, seen).max() < 0.02
    ours = _cells(seen, pixels)
    rays = _cells(camera.look("sphere", _rng(), pixels=pixels, noise=0.0, distance=FAR), pixels)
    assert rays <= ours
    middle = pixels / 2
    for column, row in ours - rays:
        distance = np.hypot(column + 0.5 - middle, row + 0.5 - middle)
        assert middle - 0.01 < distance < middle + np.sqrt(0.5)


def test_noise_goes_along_the_rays() -> None:
    surface = lay_out("cube", np.array([1.0, 0.5, 0.4]), 40)
    still, noisy = (
        look(surface, _rng(5), pixels=40, noise=noise, distance=FAR) for noise in (0.0, 0.02)
    )
    radius = np.linalg.norm(surface, axis=1).max()
    lengths = [np.linalg.norm(points, axis=1) for points in (still, noisy)]
    assert_allclose(still / lengths[0][:, None], noisy / lengths[1][:, None], atol=1e-12)
    assert np.std(lengths[1] - lengths[0]) == pytest.approx(0.02 * radius, rel=0.15)


def test_views_of_too_few_points_are_drawn_again() -> None:
    rng = _rng(1)
    sizes = [len(view("cone", rng, pixels=12, fewest=30)) for _ in range(200)]
    assert 30 <= min(sizes) < 40


def test_all_at_once_from_one_side_has_its_points_and_its_clutter() -> None:
    make = CONDITIONS["all at once, seen from one side"].make
    rng = _rng(2)
    sizes = [len(make(shape, rng)) for shape in SURFACES for _ in range(20)]
    assert min(sizes) >= 64
    assert 400 < max(sizes) <= 512
