"""Pooling of the per-query invariants: quantiles, second order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcdash.core.descriptor.pooling import concatenate, quantiles
from pcdash.core.descriptor.surface import Surface

Float = NDArray[np.float64]


def table(surface: Surface) -> Float:
    """The per-query invariants (B, 28, q).

    At four scales: flatness, linearity, mean-shift, convexity; density at two scales; bending (2);
    distance from the centre and support; |coordinate| and |normal| along the three principal axes.
    """
    q = surface.inside.shape[1]
    place = np.abs(surface.principal[:, :, :q]).astype(np.float64)
    turn = np.abs(surface.axes.transpose(0, 2, 1) @ surface.normal)
    scalars = np.stack([surface.query_radius, surface.support], axis=1)
    return np.concatenate(
        [
            surface.flatness,
            surface.linearity,
            surface.offset,
            surface.convexity,
            surface.density,
            surface.bending,
            scalars,
            place,
            turn,
        ],
        axis=1,
    )


def summary(surface: Surface) -> Float:
    """Shares of flat, one-way curved and other queries; bandwidth; rejected; spreads (8)."""
    large, small = surface.bending[:, 0], surface.bending[:, 1]
    flat = large < 0.1414
    rolled = ~flat & (small < 0.5 * large)
    weight = surface.weight
    shares = [(kind * weight).sum(axis=1) for kind in (flat, rolled)]
    chosen = surface.flatness[:, [0, 1, 3]]
    mean = np.einsum("bsq,bq->bs", chosen, weight)
    spread = np.einsum("bsq,bq->bs", (chosen - mean[:, :, None]) ** 2, weight)
    return concatenate(
        [*shares, 1 - shares[0] - shares[1], surface.bandwidth, surface.rejected, np.sqrt(spread)]
    )


def levels(surface: Surface) -> Float:
    """Seven quantiles of every local invariant and of the roughness at three scales (175)."""
    rows = np.concatenate([surface.once(table)[:, :22], surface.roughness], axis=1)
    return concatenate([quantiles(rows, surface.query_mask)])


_UPPER = np.triu_indices(28, 1)


def second_order(surface: Surface) -> Float:
    """Mean, deviation and correlations of the 28 invariants (Carreira et al. 2012) (28+28+378)."""
    rows = surface.once(table)
    weight = surface.weight[:, None]
    mean = (rows * weight).sum(axis=2)
    centred = rows - mean[:, :, None]
    covariance = (centred * weight) @ centred.transpose(0, 2, 1)
    deviation = np.sqrt(np.maximum(np.einsum("bkk->bk", covariance), 0)) + 1e-6
    correlation = covariance / deviation[:, :, None] / deviation[:, None]
    return concatenate([mean, deviation, correlation[:, _UPPER[0], _UPPER[1]]])
