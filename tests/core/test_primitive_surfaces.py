"""Distances to surfaces with open and closed ends, and how a fit descends on them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from pcdash.core.primitives import mesh, surfaces
from pcdash.core.primitives.distance import Solid, distance
from pcdash.core.primitives.ends import span
from pcdash.core.primitives.surfaces import Surface

Array = NDArray[np.float64]

SURFACES: dict[str, tuple[Surface, list[float]]] = {
    "sphere": (surfaces.sphere, [0.8]),
    "torus": (surfaces.torus, [0.8, 0.3]),
    "box": (surfaces.box, [-0.5, -0.7, -0.9, 0.6, 0.8, 1.0]),
    "box without a face": (surfaces.box, [-0.5, -0.7, -np.inf, 0.6, 0.8, 1.0]),
    "cylinder": (surfaces.revolved(bottom=True, top=True), [0.8, 0.8, -0.5, 0.7]),
    "pipe": (surfaces.revolved(bottom=False, top=False), [0.8, 0.8, -0.5, 0.7]),
    "cone": (surfaces.revolved(bottom=True, top=False, tip=True), [0.8, 0.0, -0.5, 0.7]),
    "funnel": (surfaces.revolved(bottom=False, top=False), [0.8, 0.3, -0.5, 0.7]),
    "bucket": (surfaces.revolved(bottom=True, top=True), [0.8, 0.3, -0.5, 0.7]),
}

SOLIDS = {
    "sphere": Solid("sphere", (0.8,)),
    "torus": Solid("torus", (0.8, 0.3)),
    "cylinder": Solid("revolved", (0.8, 0.8, 0.6)),
    "cone": Solid("revolved", (0.8, 0.0, 0.6)),
    "bucket": Solid("revolved", (0.8, 0.3, 0.6)),
}
"""The same surfaces where the training's own distances know them; the middle is at z = 0.1."""


@pytest.mark.parametrize("name", SURFACES)
def test_derivatives_agree_with_differences(name: str) -> None:
    surface, values = SURFACES[name]
    sizes, step = np.array(values), 1e-6
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (3, 500))
    found = surface(points, sizes)
    for k in range(3):
        shift = np.zeros((3, 1))
        shift[k] = step
        there, back = surface(points + shift, sizes), surface(points - shift, sizes)
        slope = (there.distance - back.distance) / (2 * step)
        assert_allclose(slope, found.gradient[k], atol=1e-6)
    for k in np.flatnonzero(np.isfinite(sizes)):
        grown, shrunk = sizes.copy(), sizes.copy()
        grown[k] += step
        shrunk[k] -= step
        slope = (surface(points, grown).distance - surface(points, shrunk).distance) / (2 * step)
        assert_allclose(slope, found.growth[k], atol=1e-6)


@pytest.mark.parametrize("name", SOLIDS)
def test_distances_are_those_of_the_training_solids(name: str) -> None:
    surface, values = SURFACES[name]
    probes = np.random.default_rng(1).uniform(-1.3, 1.3, (3, 400))
    middle = 0.1 if SOLIDS[name].kind == "revolved" else 0.0
    expected = distance(SOLIDS[name], probes[0], probes[1], probes[2] - middle)
    assert_allclose(np.abs(surface(probes, np.array(values)).distance), expected, atol=1e-9)


def test_an_open_end_goes_on_for_ever_and_a_closed_one_does_not() -> None:
    far = np.array([[0.8], [0.0], [5.0]])
    pipe, sizes = SURFACES["pipe"]
    assert abs(pipe(far, np.array(sizes)).distance[0]) < 1e-9
    cylinder, sizes = SURFACES["cylinder"]
    assert_allclose(cylinder(far, np.array(sizes)).distance[0], 4.3, atol=1e-9)


@pytest.mark.parametrize("sigma", [0.0, 0.02])
def test_an_even_density_ends_where_it_ends(sigma: float) -> None:
    rng = np.random.default_rng(2)
    missed = []
    for _ in range(20):
        places = rng.uniform(-1.0, 2.0, 400) + sigma * rng.standard_normal(400)
        low, high = span(places, (sigma, sigma))
        missed += [low + 1.0, high - 2.0]
        assert span(places, (sigma, sigma), low=-1.0)[0] == -1.0
    assert np.sqrt(np.mean(np.square(missed))) < 0.02
    assert abs(np.mean(missed)) < 0.01


def test_one_stray_point_does_not_move_the_end() -> None:
    places = np.append(np.random.default_rng(3).uniform(0.0, 1.0, 300), 1.5)
    assert span(places, (0.0, 0.0))[1] < 1.02


@pytest.mark.parametrize(
    ("drawn", "solid"),
    [
        (mesh.sphere(0.8), SOLIDS["sphere"]),
        (mesh.torus(0.8, 0.3), SOLIDS["torus"]),
        (mesh.box(np.full(3, -0.4), np.full(3, 0.4)), Solid("box", (0.4, 0.4, 0.4))),
        (
            mesh.revolved(np.array([0.8, 0.3, -0.6, 0.6]), bottom=True, top=True),
            SOLIDS["bucket"],
        ),
    ],
    ids=["sphere", "torus", "box", "bucket"],
)
def test_a_mesh_lies_on_its_surface_and_is_small(drawn: mesh.Mesh, solid: Solid) -> None:
    assert len(drawn.vertices) < 1500
    assert drawn.faces.min() == 0
    assert drawn.faces.max() == len(drawn.vertices) - 1
    assert distance(solid, *drawn.vertices.T).max() < 1e-9
    middle = drawn.vertices[drawn.faces].mean(axis=1)
    assert distance(solid, *middle.T).max() < 0.03, "triangles are no finer than that"
