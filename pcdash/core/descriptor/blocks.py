"""The table of feature blocks: what is computed, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor import (
    fits,
    harmonics,
    inertia,
    normals,
    pairs,
    pooled,
    slippage,
)
from pcdash.core.descriptor.surface import Surface

SIMILARITY = "rotation, translation, scale, reflection, order of the points"
TURNING = "rotation, translation, scale, order of the points; well defined for distinct axes"


@dataclass(frozen=True)
class Block:
    """A group of features.

    Attributes
    ----------
    count : int
        Number of features.
    compute : callable
        From the local geometry of B clouds to (B, count) float64, all finite.
    definition : str
        What the features are.
    source : str
        Where the idea comes from.
    invariances : str
        What the features do not depend on, for one and the same sample of points.
    """

    count: int
    compute: Callable[[Surface], NDArray[np.float64]]
    definition: str
    source: str
    invariances: str = SIMILARITY


BLOCKS: dict[str, Block] = {
    "summary": Block(
        8,
        pooled.summary,
        "Shares of flat, singly curved and other points; bandwidth; share set aside as isolated; "
        "spread of flatness at three scales.",
        "Surface classification by the local Gauss map (Horn 1984)",
    ),
    "levels": Block(
        175,
        pooled.levels,
        "Seven quantiles of each local invariant (flatness, linearity, mean-shift, convexity at "
        "four scales; density at two; bending; distance from the centre; support) and of the "
        "roughness at three scales.",
        "Eigenvalue features (Weinmann et al. 2015); mean-shift curvature (Clarenz et al. 2004)",
    ),
    "inertia": Block(
        24,
        inertia.inertia,
        "Ratios of principal spreads and extents, skewness and kurtosis along the axes, radial "
        "moments.",
        "Principal component analysis",
        TURNING,
    ),
    "radial": Block(
        7,
        inertia.radial,
        "Seven quantiles of the distance from the centre.",
        "Shell histograms (Ankerst et al. 1999)",
    ),
    "pairs": Block(
        107,
        pairs.pairs,
        "Histogram of distances between points; joint histograms of distance, angle between "
        "normals and angles between normals and chord; mean and deviation of the distances.",
        "Shape distributions (Osada et al. 2002); point-pair features (Wahl et al. 2003)",
    ),
    "gauss": Block(
        3,
        normals.gauss,
        "Eigenvalues of the second moment of the normals.",
        "Extended Gaussian image (Horn 1984)",
    ),
    "planes": Block(
        12,
        normals.planes,
        "Shares of six tangent planes that cover most of the points, and the angles of the first "
        "three.",
        "Greedy consensus (Schnabel et al. 2007)",
    ),
    "frame": Block(
        13,
        normals.frame,
        "How well the normals fit three orthogonal directions: mean fourth power, quantiles and "
        "shares of the largest component, shares of the axes.",
        "Fixed-point independent components (Hyvarinen 1999)",
    ),
    "slippage": Block(
        17,
        slippage.slippage,
        "Spectrum of the motions along which the surface slides in itself, plain and reweighted, "
        "and the pitch of the best one.",
        "Slippage analysis (Gelfand & Guibas 2004)",
    ),
    "harmonics": Block(
        105,
        harmonics.harmonics,
        "Power spectrum, degrees 0 to 6, of the density on five soft shells with cross terms.",
        "Spherical harmonics (Kazhdan et al. 2003); SOAP (Bartok et al. 2013)",
    ),
    "second_order": Block(
        434,
        pooled.second_order,
        "Mean, deviation and correlations of 28 local invariants.",
        "Second-order pooling (Carreira et al. 2012)",
        TURNING,
    ),
    "fits": Block(
        50,
        fits.fits,
        "log2 of the number of points looked at; costs, residuals and sizes of robust "
        "signed-distance fits of the five primitives, absolute and against the best.",
        "Levenberg-Marquardt on Geman-McClure costs (Geman & McClure 1985), several starts",
        "rotation, translation, scale, order of the points; up to the choice among equal minima",
    ),
}
"""A new block is a function of a `Surface` and an entry here; `DESCRIPTOR_VERSION` goes with it."""
