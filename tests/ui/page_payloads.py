"""What the browser sends for each callback of the page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dash import Dash

ENDPOINT = "/demo/_dash-update-component"


@lru_cache(maxsize=1)
def defaults(page: Dash) -> dict[tuple[str, str], Any]:
    """What the browser would send before anybody has touched anything."""
    found = {}
    for one in page.layout._traverse():
        identifier = getattr(one, "id", None)
        for prop in getattr(one, "_prop_names", ()):
            if identifier is not None:
                value = getattr(one, prop, None)
                is_plain = not hasattr(value, "to_plotly_json") and prop != "children"
                found[identifier, prop] = value if is_plain else None
    return found


def payload(page: Dash, callback_id: str, values: dict[tuple[str, str], Any]) -> dict[str, Any]:
    spec = page.callback_map[callback_id]
    known = defaults(page) | values

    def filled(one: dict[str, str]) -> dict[str, Any]:
        key = (one["id"], one["property"])
        return {"id": one["id"], "property": one["property"], "value": known.get(key)}

    outputs = spec["output"]
    listed = outputs if isinstance(outputs, list | tuple) else [outputs]
    flat = [{"id": o.component_id, "property": o.component_property} for o in listed]
    return {
        "output": callback_id,
        "outputs": flat if isinstance(outputs, list | tuple) else flat[0],
        "inputs": [filled(one) for one in spec["inputs"]],
        "state": [filled(one) for one in spec["state"]],
        "changedPropIds": [f"{identifier}.{prop}" for identifier, prop in values],
    }
