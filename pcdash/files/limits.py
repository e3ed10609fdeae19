"""How much a file may hold before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from pcdash.core.cloud import MAX_POINTS

MEBIBYTE = 2**20


@dataclass(frozen=True)
class ReadLimits:
    """Bounds that hold for every format; beyond one of them a file is too large.

    Attributes
    ----------
    max_bytes : int, or None for no bound
        Size of the file as it lies on disk.
    max_points : int
        Points a file may hold, before missing returns are dropped.
    max_unpacked : int
        Bytes that compressed contents (NPZ, LAZ, compressed PCD) may unpack to.
    """

    max_bytes: int | None = 64 * MEBIBYTE
    max_points: int = MAX_POINTS
    max_unpacked: int = 256 * MEBIBYTE
