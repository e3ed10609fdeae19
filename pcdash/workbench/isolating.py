"""Isolating the object of a cloud on view; what was there stays, so that it can be undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pcdash.core.cloud import PointCloud
from pcdash.core.isolate import IsolateParams, isolate

WHOLE, REMOVED, RECORD = "isolated_from", "removed_points", "isolation"
"""What the source of an isolated cloud holds: the ids of the cloud before and of the points that
are gone, and what was done, as JSON."""


def isolate_stored(
    cloud: PointCloud,
    keep: Callable[[PointCloud], str],
    cloud_id: str,
    params: IsolateParams,
) -> str:
    """Isolate the object of a stored cloud.

    Parameters
    ----------
    cloud : PointCloud
    keep : callable
        Stores a cloud and tells its id.
    cloud_id : str
        That of `cloud`.
    params : IsolateParams

    Returns
    -------
    str
        Id of the isolated cloud; `cloud_id` if there was nothing to remove.

    Raises
    ------
    InvalidCloud
    """
    found = isolate(cloud.points, params.crop, params.plane, params.cluster)
    if found.mask.all():
        return cloud_id
    removed = keep(PointCloud(cloud.points[~found.mask], cloud.name))
    about = {WHOLE: cloud_id, REMOVED: removed, RECORD: json.dumps(found.as_json())}
    return keep(PointCloud(cloud.points[found.mask], cloud.name, {**cloud.source, **about}))


def record_of(cloud: PointCloud) -> dict[str, Any] | None:
    """What was done to an isolated cloud, as `Isolation.as_json`; None for any other."""
    record = cloud.source.get(RECORD)
    return json.loads(record) if record is not None else None
