"""What a scan measures: the primitive that fits it best, in the scan's own unit and frame.

A search over many poses in single precision (`poses`) finds where each primitive may lie; what is
promising is refined in double precision with all points (`refine`, `kinds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.cloud import Points
from pcdash.core.primitives.caveats import Evidence, caveats
from pcdash.core.primitives.dimensions import covered, mesh_of, sizes_of, solid_of
from pcdash.core.primitives.fit import KINDS
from pcdash.core.primitives.found import Found
from pcdash.core.primitives.kinds import FITTERS
from pcdash.core.primitives.mesh import Mesh
from pcdash.core.primitives.poses import Guess, find_poses
from pcdash.core.primitives.refine import costs
from pcdash.errors import InvalidInput

Array = NDArray[np.float64]

MOST_POINTS = 4096
"""Points that are fitted: of more, so many chosen at random, always the same ones."""

REVOLVED = ("cylinder", "cone", "torus")
"""Kinds that have an axis: every line through a sphere's centre is one, and a box has none."""

_IN_QUESTION = 4.0
"""Kinds whose quick fit costs up to this many times as much as the best one's are refined."""


@dataclass(frozen=True)
class Readout:
    """A primitive as it lies in the scan; lengths are in the scan's unit.

    Attributes
    ----------
    kind : str
        One of `pcdash.core.primitives.fit.KINDS`; a cube is a box of any edges.
    centre : (3,) float64
        Middle of its height; of a torus and a sphere the centre.
    directions : (3, 3) float64
        Unit vectors as rows: of a box along its edges, the longest first; of what revolves the
        third is the axis, of a cone towards its tip.
    sizes, errors : mapping of str to float
        Named as in `dimensions.DIMENSIONS`, with standard errors: what the scatter of the points
        leaves open if each errs by itself. What was not seen is in no error.
    turn_error : float
        Standard error of the axis, or of a box's edges, in degrees; 0 for a sphere.
    ratio : float or None
        Shortest over longest edge, height over diameter, tube over ring radius.
    rms, median : float
        Root mean square distance of the points that lie on the surface; median distance of all.
    inliers, coverage : float
        Share of the points that lie on the surface, and of the surface that has points: in [0, 1].
    unseen : tuple of str
        Faces without points: there the shape is open, or was not seen.
    rivals : mapping of str to float
        Median distance of some points from a quick fit of each kind.
    flatness : float
        Standard deviation of the points across their flattest direction, over that along their
        longest.
    n_points : int
        Points that were fitted.
    mesh : Mesh
    """

    kind: str
    centre: Array
    directions: Array
    sizes: Mapping[str, float]
    errors: Mapping[str, float]
    turn_error: float
    ratio: float | None
    rms: float
    median: float
    inliers: float
    coverage: float
    unseen: tuple[str, ...]
    rivals: Mapping[str, float]
    flatness: float
    n_points: int
    mesh: Mesh

    @property
    def axis(self) -> Array | None:
        """Unit vector (3,) that the shape revolves about; None for boxes and spheres."""
        return self.directions[2] if self.kind in REVOLVED else None

    @property
    def apex(self) -> Array | None:
        """Where a cone's mantle meets its axis, (3,), cut off or not.

        None for the others, and where the mantle is that of a cylinder.
        """
        if self.kind != "cone":
            return None
        low, high, height = (self.sizes[name] for name in ("radius", "top_radius", "height"))
        if low == high:
            return None
        up = height * (low / (low - high) - 0.5)
        return np.asarray(self.centre + up * self.directions[2])

    @property
    def caveats(self) -> tuple[str, ...]:
        """Why not to trust it, in sentences; empty: the errors may be believed."""
        seen = self.inliers, self.coverage, self.unseen
        return caveats(Evidence(self.kind, *seen, self.rivals, self.flatness))

    def surface(self) -> tuple[Array, NDArray[np.intp]]:
        """Vertices (v, 3), v < 1,500, and faces (f, 3) of the surface, to be drawn."""
        return self.mesh.vertices, self.mesh.faces

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values, without the mesh."""
        apex, axis = self.apex, self.axis
        return {
            "kind": self.kind,
            "centre": self.centre.tolist(),
            "axis": None if axis is None else axis.tolist(),
            "apex": None if apex is None else apex.tolist(),
            "edges": self.directions.tolist() if self.kind == "cube" else None,
            "sizes": dict(self.sizes),
            "errors": dict(self.errors),
            "turn_error_deg": self.turn_error,
            "ratio": self.ratio,
            "residual": {"rms": self.rms, "median": self.median},
            "inliers": self.inliers,
            "coverage": self.coverage,
            "unseen": list(self.unseen),
            "rivals": dict(self.rivals),
            "n_points": self.n_points,
            "caveats": list(self.caveats),
        }


def read_out(points: Points, kind: str | None = None) -> Readout:
    """Fit a primitive to a cloud and read its sizes.

    Parameters
    ----------
    points : (n, 3) float64, n >= 16
        Any unit and offset; accepted by `pcdash.core.cloud.check_cloud`.
    kind : str, optional
        One of `pcdash.core.primitives.fit.KINDS`; None: the one that fits best.

    Raises
    ------
    InvalidInput
        If there is no such kind.
    InvalidCloud
        If there is no shape in the points.
    """
    if kind is not None and kind not in KINDS:
        raise InvalidInput(f"kind must be one of {', '.join(KINDS)}", field="kind")
    place, origin, unit = _normal(_some(points))
    guesses = find_poses(place)
    limit = _IN_QUESTION * min(guess.cost for guess in guesses.values())
    kinds = [k for k in KINDS if guesses[k].cost <= limit] if kind is None else [kind]
    best = _cheapest([_refined(place, name, guesses[name]) for name in kinds])
    rivals = {name: unit * guess.median for name, guess in guesses.items()}
    return _told(best, place, origin, unit, rivals)


def _some(points: Points) -> Points:
    if len(points) <= MOST_POINTS:
        return points
    chosen = np.random.default_rng(0).choice(len(points), MOST_POINTS, replace=False)
    return points[np.sort(chosen)]


def _normal(points: Points) -> tuple[Array, Array, float]:
    """Points (3, n) about the origin, of median radius 1; what was the origin, and the unit."""
    place = np.ascontiguousarray(points.T)
    origin = place[:, 0].copy()
    place = place - origin[:, None]
    size = float(np.abs(place).max())
    place /= size
    middle = np.median(place, axis=1)
    place -= middle[:, None]
    radius = np.sqrt(np.einsum("kn,kn->n", place, place))
    unit = float(np.median(radius))
    if unit < 1e-3:  # more than half of the points may coincide
        unit = float(radius.mean())
    return place / unit, origin + size * middle, size * unit


def _refined(place: Array, kind: str, guess: Guess) -> Found:
    return _cheapest([FITTERS[kind](place, pose) for pose in guess.poses])


def _cheapest(fits: Sequence[Found]) -> Found:
    """The best fit; those with more parameters have to pay for them (Schwarz 1978)."""
    price = np.log(len(fits[0].fit.own))
    cost = costs([found.fit for found in fits])
    paid = [c + price * found.parameters for c, found in zip(cost, fits, strict=True)]
    return fits[int(np.argmin(paid))]


def _flatness(place: Array) -> float:
    spectrum = np.linalg.eigvalsh(np.cov(place))
    return float(np.sqrt(max(spectrum[0], 0.0) / spectrum[2]))


def _told(
    found: Found, place: Array, origin: Array, unit: float, rivals: Mapping[str, float]
) -> Readout:
    """Back to the scan's unit and frame."""
    pose, fit, drawn = found.fit.pose, found.fit, mesh_of(found)
    sizes, errors, ratio = sizes_of(found, unit)
    turn = float(fit.covariance.diagonal()[:3].sum())
    return Readout(
        kind=found.kind,
        centre=origin + unit * (pose.centre + pose.frame @ solid_of(found)[1]),
        directions=found.directions,
        sizes=sizes,
        errors=errors,
        turn_error=float(np.degrees(np.sqrt(max(turn, 0.0)))),
        ratio=ratio,
        rms=unit * fit.sigma,
        median=unit * float(np.median(np.abs(fit.found.distance))),
        inliers=float(fit.own.mean()),
        coverage=covered(found, place),
        unseen=found.unseen,
        rivals=rivals,
        flatness=_flatness(place),
        n_points=place.shape[1],
        mesh=Mesh(origin + unit * (pose.centre + drawn.vertices @ pose.frame.T), drawn.faces),
    )
