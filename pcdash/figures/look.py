"""What all figures have in common: types, colours, arrays, backgrounds."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.shapes import SHAPES

Figure = dict[str, Any]
"""A plotly figure: ``{"data": [...], "layout": {...}}``."""

Coordinates = NDArray[np.float64]

TRANSPARENT = "rgba(0,0,0,0)"
MUTED = "#828a93"
"""Grey that reads on white and on black."""

FAINT = "#545c66"
"""For what stands back on the dark stage; opaque, since see-through points add up to white."""

CLASS_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#b8a800", "#999999")
"""Okabe and Ito's set for the colour-blind, without the vermilion that reads as an error."""


def class_colour(name: str, classes: Sequence[str]) -> str:
    """Return a class' colour: fixed for the built-in shapes, by place for a user's own classes."""
    order = list(SHAPES) if name in SHAPES else list(classes)
    return CLASS_COLOURS[order.index(name) % len(CLASS_COLOURS)]


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


def plain(values: Any) -> list[float]:
    """Return what `typed` has packed, or a list as it is."""
    if isinstance(values, dict):
        packed = base64.b64decode(values["bdata"])
        return [float(value) for value in np.frombuffer(packed, dtype="<f4")]
    return list(values)
