"""The scans of the fold: taken in, listed. What a browser says of them is not believed."""

from __future__ import annotations

import time
from typing import Any

from dash import ctx, no_update
from dash.exceptions import PreventUpdate

from pcdash.core.trust.likeness import FEWEST_SCANS, MOST_SCANS
from pcdash.errors import Busy, PcdashError, Refused
from pcdash.ui.imitating.ids import CLEAR
from pcdash.ui.imitating.parts import scan_list
from pcdash.workbench import Workbench

_READING_SECONDS = 0.2
"""For how long one callback reads files; the rest is for the next."""

_MOST_UPLOADS = 500
_MOST_TEXT = 200


def take_in(workbench: Workbench, *, uploads: Any, held: Any, **_again: Any) -> dict[str, Any]:
    """Read uploads that were not read yet, for a moment; what cannot be read is said and left.

    While the server is busy they wait: the browser asks again as long as any are left.
    """
    read, scans = _read(held), scans_of(held)
    sent = _uploads(uploads)
    if ctx.triggered_id == CLEAR:
        everything = {"read": [one["id"] for one in sent], "scans": []}
        return {"scans": everything, "message": "", "left": None}
    new = [one for one in sent if one["id"] not in read]
    if not new:
        raise PreventUpdate
    wrong, until = [], time.monotonic() + _READING_SECONDS
    done = 0
    while done < len(new) and time.monotonic() < until:
        one = new[done]
        try:
            scans.append(_taken_in(workbench, one, len(scans)))
        except Busy:
            break
        except PcdashError as error:
            wrong.append(error.message)
        read.append(one["id"])
        done += 1
    return {
        "scans": {"read": read, "scans": scans},
        "message": " ".join(wrong) if wrong else no_update,
        # The time as well: the same number twice would be no change, and nobody would go on.
        "left": {"left": len(new) - done, "at": until},
    }


def show_scans(*, held: Any) -> dict[str, Any]:
    """List the scans, also those from before a reload, and say whether there are enough of them."""
    scans = scans_of(held)
    lacking = FEWEST_SCANS - len(scans)
    why = f"Add {FEWEST_SCANS} scans at least" if lacking > 0 else ""
    return {
        "list": scan_list(scans),
        "write": {"disabled": lacking > 0, "title": why},
        "no_clear": not scans,
        "open": True if scans else no_update,
    }


def _taken_in(workbench: Workbench, upload: dict[str, str], number: int) -> dict[str, str]:
    """Read one upload and keep its cloud; what it is like in a few words."""
    if number >= MOST_SCANS:
        raise Refused(f"{upload['name']}: more than {MOST_SCANS} scans.")
    cloud = workbench.open_upload(upload["id"])
    with workbench.turns.taken():
        quality = workbench.scans.quality(cloud.points)
    said = quality.summary() if quality is not None else f"{len(cloud):,} points"
    return {"id": workbench.keep(cloud), "name": cloud.name, "said": said}


def _uploads(value: Any) -> list[dict[str, str]]:
    """The uploads that a browser names."""
    files = value.get("files") if isinstance(value, dict) else None
    return _rows(files, ("id", "name"))[:_MOST_UPLOADS]


def scans_of(held: Any) -> list[dict[str, str]]:
    """The scans of the page's store, as far as they can be some."""
    rows = held.get("scans") if isinstance(held, dict) else None
    return _rows(rows, ("id", "name", "said"))[:MOST_SCANS]


def _read(held: Any) -> list[str]:
    ids = held.get("read") if isinstance(held, dict) else None
    return (
        [one for one in ids if isinstance(one, str)][-_MOST_UPLOADS:]
        if isinstance(ids, list)
        else []
    )


def _rows(value: Any, keys: tuple[str, ...]) -> list[dict[str, str]]:
    """What of a browser's list has a text under each of the keys."""
    rows = value if isinstance(value, list) else []
    plain = [row for row in rows if isinstance(row, dict)]
    return [
        {key: row[key][:_MOST_TEXT] for key in keys}
        for row in plain
        if all(isinstance(row.get(key), str) for key in keys)
    ]
