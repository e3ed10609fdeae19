"""What is asked for again and again, but seldom changes, is not drawn again.

A browser that puts a list in the place of the same list loses what is going on in it: a click
between press and release, the focus, a text that is being selected.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from dash import Output, no_update
from dash.development.base_component import Component


def drawn_into(place: str, store: str) -> dict[str, Output]:
    """Return what `unless_drawn` fills: the children of `place`, and a store for their mark."""
    return {"content": Output(place, "children"), "drawn": Output(store, "data")}


def unless_drawn(content: Any, drawn: Any) -> dict[str, Any]:
    """Return new content with its mark, or what leaves both as they are.

    Parameters
    ----------
    content : Component or list of Component
    drawn : Any
        The mark of what is on the page, as the browser sends it; None at first.

    Returns
    -------
    dict
        ``content``, and ``drawn``, a digest of it.
    """
    plain = json.dumps(content, default=Component.to_plotly_json)
    mark = hashlib.sha256(plain.encode()).hexdigest()[:16]
    if mark == drawn:
        return {"content": no_update, "drawn": no_update}
    return {"content": content, "drawn": mark}
