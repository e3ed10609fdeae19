"""What all figures have in common: types, colours, arrays, backgrounds."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

Figure = dict[str, Any]
"""A plotly figure: ``{"data": [...], "layout": {...}}``."""

Coordinates = NDArray[np.float64]

TRANSPARENT = "rgba(0,0,0,0)"
MUTED = "#828a93"
"""Grey that reads on white and on black."""


def plain_look() -> Figure:
    """Return the layout's part that lets the page's theme through."""
    return {
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": MUTED},
    }


def typed(values: Coordinates) -> dict[str, str]:
    """Return `values` as plotly.js' typed array: float32, base64."""
    return {
        "dtype": "f4",
        "bdata": base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode(),
    }
