"""What the browser sends for each callback of the page."""

from __future__ import annotations

import json
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


Values = dict[tuple[str, str], Any]


def call(
    page: Dash, trigger: tuple[str, str], values: Any = None, *, output: str = "", held: Any = None
) -> Any:
    """Send the callback that `trigger` starts, and return what changes on the page."""
    found = [
        name
        for name, spec in page.callback_map.items()
        if "callback" in spec
        and any((one["id"], one["property"]) == trigger for one in spec["inputs"])
        and output in name
    ]
    assert len(found) == 1, found
    body = payload(page, found[0], {trigger: 1} | (values or {}), held)
    answer = page.server.test_client().post(ENDPOINT, json=body)
    if answer.status_code == 204:
        return {}
    assert answer.status_code == 200, answer.data
    result = json.loads(answer.data)
    return result.get("response", {}) | result.get("sideUpdate", {})


def text_of(changes: Any) -> str:
    return json.dumps(changes, ensure_ascii=False)


def payload(
    page: Dash, callback_id: str, values: Values, held: Values | None = None
) -> dict[str, Any]:
    """A call in which `values` have just changed, and `held` were there before."""
    spec = page.callback_map[callback_id]
    known = defaults(page) | (held or {}) | values

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
