"""One object out of a scan that holds more: crop, remove what it stands on, keep the largest group.

Whatever is decided is decided on a sample in units of the scan's size, and applied to all points:
the result does not depend on unit, place or pose (but for a crop box, which has the scan's axes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field
from scipy.spatial import cKDTree

from pcdash.core.cloud import MIN_POINTS, Points, check_cloud
from pcdash.core.clusters import NEIGHBOURS, grouped, linking_radius
from pcdash.core.params import Params
from pcdash.core.support import Plane, find_support, reaches_among
from pcdash.errors import InvalidCloud

Mask = NDArray[np.bool_]
Limit = Annotated[float, Field(allow_inf_nan=False)] | None

_FITTED_ON = 4_000
_GROUPED = 16_000
"""Points of the samples in which the plane and the groups are looked for."""


def _ascending(limits: tuple[Limit, Limit]) -> tuple[Limit, Limit]:
    low, high = limits
    if low is not None and high is not None and low > high:
        raise ValueError("the first limit must not exceed the second")
    return limits


# JSON hands over arrays; only the container is lenient.
Limits = Annotated[tuple[Limit, Limit], Field(strict=False), AfterValidator(_ascending)]


class CropBox(Params):
    """What is looked at, in the scan's unit and along its axes; null: no limit."""

    x: Limits = Field((None, None), description="Least and largest x.")
    y: Limits = Field((None, None), description="Least and largest y.")
    z: Limits = Field((None, None), description="Least and largest z.")


class IsolateParams(Params):
    """How the object is taken out of a scan."""

    crop: CropBox | None = Field(None, description="Box to look at; null: the whole scan.")
    plane: bool = Field(True, description="Whether the plane that it stands on is removed.")
    cluster: bool = Field(True, description="Whether only the largest group of points is kept.")


@dataclass(frozen=True)
class Step:
    """What one step has done.

    Attributes
    ----------
    name : {"crop", "plane", "cluster"}
    removed : int
        Points that were there before and are not any more.
    said : str
        The same in a sentence.
    threshold : float or None
        In the scan's unit: distance up to which a point belongs to the plane, or distance across
        which points belong to one group.
    plane : tuple of 4 floats or None
        a, b, c, d of ``a x + b y + c z = d`` in the scan's frame; (a, b, c) is a unit vector that
        points to the object.
    extent : tuple of 2 floats or None
        Length and width of what is seen of the plane, in the scan's unit.
    """

    name: str
    removed: int
    said: str
    threshold: float | None = None
    plane: tuple[float, float, float, float] | None = None
    extent: tuple[float, float] | None = None


@dataclass(frozen=True)
class Isolation:
    """Which points of a scan are the object, and what became of the others.

    Attributes
    ----------
    mask : (n,) bool
        Points that are kept; at least 16.
    steps : tuple of Step
    """

    mask: Mask
    steps: tuple[Step, ...]

    @property
    def kept(self) -> int:
        """Number of points that are kept."""
        return int(np.count_nonzero(self.mask))

    def as_json(self) -> dict[str, Any]:
        """The record that goes with a result; no points are in it."""
        return {
            "kept": self.kept,
            "removed": len(self.mask) - self.kept,
            "steps": [asdict(step) for step in self.steps],
        }


def isolate(
    points: Points,
    crop: CropBox | None = None,
    plane: bool = True,
    cluster: bool = True,
    seed: int = 0,
) -> Isolation:
    """Find the object in a scan of it with its surroundings.

    It is taken to be the largest group of points above the plane that things stand on; a scan of
    nothing but an object stays as it is.

    Parameters
    ----------
    points : (n, 3) float64, 16 <= n <= 2,000,000
        A cloud that `pcdash.core.cloud.check_cloud` has accepted.
    crop : CropBox, optional
        What lies outside is removed first, and looked at again only where no plane is found inside.
    plane, cluster : bool
        Whether the supporting plane is removed, and whether only the largest group is kept.
    seed : int
        Of the samples.

    Raises
    ------
    InvalidCloud
        If fewer than 16 points would be left, or all on one spot or line.
    """
    rng = np.random.default_rng(seed)
    steps: list[Callable[[Points], tuple[Mask, Step]]] = [
        *([partial(_crop, box=crop)] if crop is not None else []),
        *([partial(_plane, scan=points, rng=rng)] if plane else []),
        *([partial(_cluster, rng=rng)] if cluster else []),
    ]
    mask = np.ones(len(points), np.bool_)
    done = []
    for step in steps:
        stays, made = step(points[mask])
        mask[mask] = stays
        done.append(made)
        if (left := int(np.count_nonzero(stays))) < MIN_POINTS:
            raise _refused(f"{left:,} of {len(points):,} points, and at least 16 are needed", done)
    try:
        check_cloud(points[mask])
    except InvalidCloud as error:
        raise _refused(f"no object: {error.message}", done) from None
    return Isolation(mask, tuple(done))


def _refused(what: str, done: list[Step]) -> InvalidCloud:
    said = " ".join([f"isolating the object leaves {what}.", *(one.said for one in done)])
    return InvalidCloud(said, field="isolate")


def _crop(points: Points, box: CropBox) -> tuple[Mask, Step]:
    inside = np.ones(len(points), np.bool_)
    for column, (low, high) in zip(points.T, (box.x, box.y, box.z), strict=True):
        inside &= column >= (-np.inf if low is None else low)
        inside &= column <= (np.inf if high is None else high)
    removed = len(points) - int(np.count_nonzero(inside))
    return inside, Step("crop", removed, f"The crop box leaves {_counted(removed)} out.")


def _plane(points: Points, scan: Points, rng: np.random.Generator) -> tuple[Mask, Step]:
    """Everything up to the plane's upper side goes: nothing that stands on it is below.

    A tight crop leaves so little of a table that it is not told from a face of the object: then
    the whole scan is asked.
    """
    found, whole = _support(points, rng), False
    if found is None and len(points) < len(scan):
        found, whole = _support(scan, rng), True
    if found is None or (whole and not _belongs(found, points, rng)):
        said = "No plane was found that the object stands on"
        said += "." if found is None else ", or hardly any of it is in the crop box."
        return np.ones(len(points), np.bool_), Step("plane", 0, said)
    height, plane = found.height(points), found.plane
    above = height > plane.tolerance
    removed = len(points) - int(np.count_nonzero(above))
    beneath = int(np.count_nonzero(height < -plane.tolerance))
    threshold = plane.tolerance * found.unit
    said = ", which only the whole scan shows," if whole else ""
    said = f"The plane below{said} was removed: {_counted(removed - beneath)} within"
    said += f" {threshold:.3g}" + (f", and {_counted(beneath)} beneath it." if beneath else ".")
    a, b, c = plane.normal.tolist()
    where = a, b, c, plane.offset * found.unit + float(plane.normal @ found.centre)
    return above, Step("plane", removed, said, threshold, where, found.extent)


@dataclass(frozen=True)
class _Support:
    """A plane, in units of the points that it was found in."""

    plane: Plane
    centre: Points
    unit: float
    extent: tuple[float, float]

    def height(self, points: Points) -> NDArray[np.float64]:
        return self.plane.height((points - self.centre) / self.unit)


def _support(points: Points, rng: np.random.Generator) -> _Support | None:
    place, centre, unit = _scaled(points)
    sample = _sample(place, _FITTED_ON, rng)
    plane = find_support(sample, rng)
    if plane is None:
        return None
    seen = plane.along(sample[np.abs(plane.height(sample)) <= plane.tolerance]) * unit
    return _Support(plane, centre, unit, _extent(seen))


def _belongs(found: _Support, points: Points, rng: np.random.Generator) -> bool:
    """Whether some of the plane of the whole scan is among these points, and something on it."""
    if np.count_nonzero(found.height(points) > found.plane.tolerance) < MIN_POINTS:
        return False
    sample = _sample((points - found.centre) / found.unit, _FITTED_ON, rng)
    return reaches_among(found.plane, sample)


def _cluster(points: Points, rng: np.random.Generator) -> tuple[Mask, Step]:
    place, _, unit = _scaled(points)
    sample = _sample(place, _GROUPED, rng)
    if len(sample) <= NEIGHBOURS:
        said = "So few different points are one group."
        return np.ones(len(points), np.bool_), Step("cluster", 0, said)
    radius = linking_radius(sample)
    labels = np.append(grouped(sample, radius), -1)
    # Points that are not in the sample, but near to it, belong where the nearest one does.
    _, nearest = cKDTree(sample).query(place, distance_upper_bound=radius)
    group = labels[nearest]
    sizes = np.bincount(group[group >= 0])
    kept = group == sizes.argmax()
    removed = len(points) - int(np.count_nonzero(kept))
    others = int(np.count_nonzero(sizes >= MIN_POINTS)) - 1
    hang = "hangs" if removed == 1 else "hang"
    said = f"Removed: {_counted(removed)} that {hang} together with no others."
    if not removed:
        said = "All points hang together."
    elif others > 0:
        said = f"The largest of {others + 1} groups was kept, and {_counted(removed)} removed."
    return kept, Step("cluster", removed, said, radius * unit)


def _scaled(points: Points) -> tuple[Points, Points, float]:
    """Points within [-1, 1], what was subtracted and the unit they are in."""
    rows = np.ascontiguousarray(points.T)
    low, high = rows.min(axis=1), rows.max(axis=1)
    centre = low / 2 + high / 2
    unit = float((high - low).max()) / 2 or 1.0
    return (points - centre) / unit, centre, unit


def _sample(place: Points, most: int, rng: np.random.Generator) -> Points:
    """At most so many different points, in the order of the scan, which no turning changes."""
    if len(place) > most:
        place = place[np.sort(rng.choice(len(place), most, replace=False))]
    return place[np.sort(np.unique(place, axis=0, return_index=True)[1])]


def _extent(seen: NDArray[np.float64]) -> tuple[float, float]:
    """Length and width of points (n, 2), but for the outermost hundredth on each side."""
    local = seen - seen.mean(axis=0)
    axes = np.linalg.svd(local, full_matrices=False)[2]
    low, high = np.quantile(local @ axes.T, [0.01, 0.99], axis=0)
    length, width = (high - low).tolist()
    return length, width


def _counted(number: int) -> str:
    return f"{number:,} point{'' if number == 1 else 's'}"
