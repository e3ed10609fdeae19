"""A fitted surface in the scene of its cloud."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.figures.look import Coordinates, typed


def surface_trace(
    frame: tuple[Coordinates, float], vertices: Coordinates, faces: NDArray[np.intp], colour: str
) -> dict[str, Any]:
    """Return a translucent surface to be drawn into the scene of its cloud.

    Parameters
    ----------
    frame : (3,) float, float
        Centre and unit of the scene; see `view_frame`.
    vertices : (v, 3) float
        In the cloud's own unit and frame.
    faces : (f, 3) int
        Rows of `vertices`.
    colour : str
        As ``#rrggbb``.
    """
    centre, unit = frame
    x, y, z = (typed(column) for column in ((vertices - centre) / unit).T)
    i, j, k = (column.tolist() for column in faces.T)
    return {
        "type": "mesh3d",
        "x": x,
        "y": y,
        "z": z,
        "i": i,
        "j": j,
        "k": k,
        "color": colour,
        "opacity": 0.35,
        "flatshading": True,
        "lighting": {"ambient": 0.75, "diffuse": 0.5, "specular": 0.1},
        "hoverinfo": "skip",
        "showlegend": False,
    }
