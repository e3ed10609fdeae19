"""When not to trust a read-out: every doubt as a plain sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

COVERED = 0.85
"""Share of the surface with points below which the rest is called guessed."""

OWN = 0.9
"""Share of the points on the surface below which the others are mentioned."""

FLAT = 0.005
"""Deviation across the flattest direction over that along the longest below which the points tell
of a plane, and of nothing that has a thickness."""

RIVAL = 1.2
"""Another kind whose median distance is less than this many times as large fits about as well."""


@dataclass(frozen=True)
class Evidence:
    """What a read-out rests on; see `pcdash.core.primitives.readout.Readout`."""

    kind: str
    inliers: float
    coverage: float
    unseen: tuple[str, ...]
    rivals: Mapping[str, float]
    flatness: float = 1.0


def _flat(found: Evidence) -> str | None:
    if found.flatness >= FLAT:
        return None
    return "The points lie on a plane: no solid is seen, and no size across it may be believed."


def _uncovered(found: Evidence) -> str | None:
    if found.coverage >= COVERED:
        return None
    return (
        f"Points cover {found.coverage:.0%} of the fitted surface; the rest of it is a guess, "
        "and its sizes rest on one side."
    )


def _open(found: Evidence) -> str | None:
    if not found.unseen:
        return None
    faces = (
        f"{len(found.unseen)} of 6 faces" if found.kind == "cube" else " and ".join(found.unseen)
    )
    return (
        f"No points on the {faces}: open there, or not seen; it is read as far as the points reach."
    )


def _strays(found: Evidence) -> str | None:
    if found.inliers >= OWN:
        return None
    return f"{1 - found.inliers:.0%} of the points do not lie on this surface."


def _rivals(found: Evidence) -> str | None:
    own = found.rivals[found.kind]
    near = [k for k, other in found.rivals.items() if k != found.kind and other < RIVAL * own]
    if not near:
        return None
    verb = "fits" if len(near) == 1 else "fit"
    return f"A {' and a '.join(near)} {verb} the points about as well."


CAVEATS: tuple[Callable[[Evidence], str | None], ...] = (
    _flat,
    _uncovered,
    _open,
    _strays,
    _rivals,
)
"""Doubts, the gravest first; each says None where it does not apply."""


def caveats(found: Evidence) -> tuple[str, ...]:
    """All doubts about a read-out; none: its errors may be believed."""
    return tuple(said for doubt in CAVEATS if (said := doubt(found)) is not None)
