"""Clouds as small pictures: SVG, since a page bears a few 3D scenes and hundreds of these."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.figures.cloud import EYE

SIZE = 96
"""Width and height of the drawing, in its own units."""

_LAYERS = ((0.35, 2.0), (0.65, 2.4), (1.0, 2.8))
"""Opacity and width of the points: the farthest third, the middle one, the nearest."""


def thumbnail(points: NDArray[Any], colour: str) -> str:
    """Return a picture of a cloud as a ``data:`` address.

    Parameters
    ----------
    points : (k, 3) real, k >= 1
        A few hundred; centred or not, in any unit.
    colour : str
        Of CSS; never what a user has sent.

    Returns
    -------
    str
        Seen in parallel projection from where the 3D view's camera stands at first.
    """
    right, up, towards = _axes()
    cloud = np.asarray(points, dtype=np.float64)
    cloud = cloud - (cloud.min(axis=0) + cloud.max(axis=0)) / 2
    reach = float(np.linalg.norm(cloud, axis=1).max()) or 1.0
    flat = np.column_stack([cloud @ right, -(cloud @ up)]) / reach
    drawn = np.rint((0.47 * flat + 0.5) * SIZE).astype(int)
    order = np.argsort(cloud @ towards, kind="stable")
    paths = "".join(
        f'<path opacity="{opacity}" stroke-width="{width}" d="{_dots(drawn[part])}"/>'
        for (opacity, width), part in zip(_LAYERS, np.array_split(order, 3), strict=True)
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
        f'<g stroke="{colour}" stroke-linecap="round">{paths}</g></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _axes() -> tuple[NDArray[np.float64], ...]:
    """Unit vectors of the picture: to the right, up, and towards the eye."""
    towards = np.array(EYE) / np.linalg.norm(EYE)
    right = np.cross([0.0, 0.0, 1.0], towards)
    right /= np.linalg.norm(right)
    return right, np.cross(towards, right), towards


def _dots(places: NDArray[np.int_]) -> str:
    """A path of lines without length, whose round ends are dots."""
    return "".join(f"M{x} {y}h0" for x, y in places)
