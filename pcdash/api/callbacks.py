"""What Dash leaves open: it trusts the payloads of its callbacks and answers forged ones with 500.

A payload names a callback and brings the values of exactly the inputs and states that the callback
was registered with.  Anything else never came from the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import dash
from dash.exceptions import DependencyException
from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound

from pcdash.api.guards import allow_scripts
from pcdash.api.problems import answer_problem

ENDPOINT = "_dash-update-component"
ANY_PATH = "<path:path>"
"""Dash's rule for whatever no other rule takes."""

_KEYS = frozenset({"id", "property", "value", "allow_optional"})
_ONE, _MANY = (["MATCH"],), (["ALL"], ["ALLSMALLER"])
"""How Dash writes wildcards into ids: those that stand for one component, and for a list."""


def install_dash_guards(server: Flask, dash_app: dash.Dash) -> None:
    """Check callback payloads, allow the page's inline scripts, answer unknown paths with 404.

    Call it after every callback has been registered.
    """
    prefix = dash_app.config.routes_pathname_prefix
    path, any_path = prefix + ENDPOINT, prefix + ANY_PATH
    allow_scripts(server, tuple(dash_app.csp_hashes()))

    def check_path() -> None:
        # Dash answers anything below its prefix with the page, but the page is in one place: its
        # tabs are in the URL's hash.
        if request.path != path and request.url_rule and request.url_rule.rule == any_path:
            raise NotFound

    def check_payload() -> None:
        if request.path != path:
            return
        if request.method != "POST":
            # Dash's catch-all would answer with the page.
            raise MethodNotAllowed(["POST"])
        if not is_genuine(request.get_json(), dash_app.callback_map):
            raise BadRequest("This is no callback of the page; reload it.")

    server.before_request(check_path)
    server.before_request(check_payload)
    server.register_error_handler(DependencyException, _no_such_asset)


def is_genuine(payload: object, callbacks: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether `payload` is a call of one of `callbacks` as the page sends it.

    Parameters
    ----------
    payload : object
        Parsed JSON.
    callbacks : mapping
        ``dash_app.callback_map``.
    """
    output = payload.get("output") if isinstance(payload, dict) else None
    callback = callbacks.get(output) if isinstance(output, str) else None
    if not isinstance(payload, dict) or callback is None or "callback" not in callback:
        return False  # unknown, or one that runs in the browser
    inputs = [_dependency(**_named(spec)) for spec in callback["inputs"]]
    states = [_dependency(**_named(spec)) for spec in callback["state"]]
    return (
        _all_match(payload.get("inputs", []), inputs)
        and _all_match(payload.get("state", []), states)
        and _outputs_match(payload.get("outputs"), callback)
        and _all_changed(payload.get("changedPropIds", []), inputs)
    )


@dataclass(frozen=True)
class _Dependency:
    """One input, state or output as it was registered.

    Attributes
    ----------
    id : str or dict
        A dict may hold wildcards such as ``["ALL"]``.
    property : str
    many : bool
        Whether a wildcard makes it a list of components.
    """

    id: str | dict[str, Any]
    property: str
    many: bool

    def matches(self, given: object) -> bool:
        """Whether `given` has the shape and the ids of this dependency."""
        if self.many:
            return isinstance(given, list) and all(self.matches_one(one) for one in given)
        return self.matches_one(given)

    def matches_one(self, given: object) -> bool:
        """Whether `given` is one component's property that this dependency covers."""
        return (
            isinstance(given, dict)
            and given.keys() <= _KEYS
            and isinstance(given.get("property"), str)
            # Outputs that several callbacks share carry a hash behind the property's name.
            and given["property"].split("@")[0] == self.property
            and self.covers(given.get("id"))
        )

    def covers(self, given: object) -> bool:
        """Whether `given` is an id that this dependency names or its wildcards stand for."""
        if isinstance(self.id, str) or not isinstance(given, dict):
            return given == self.id
        return given.keys() == self.id.keys() and all(
            isinstance(given[key], str | int | float)
            if wanted in (*_ONE, *_MANY)
            else given[key] == wanted
            for key, wanted in self.id.items()
        )


@lru_cache(maxsize=1024)
def _dependency(id: str, property: str) -> _Dependency:
    """Parse what Dash has registered: patterns are JSON objects in a string."""
    if not id.startswith("{"):
        return _Dependency(id, property, many=False)
    pattern = json.loads(id)
    return _Dependency(pattern, property, many=any(v in _MANY for v in pattern.values()))


def _named(spec: Mapping[str, Any]) -> dict[str, str]:
    return {"id": spec["id"], "property": spec["property"]}


def _all_match(given: object, wanted: list[_Dependency]) -> bool:
    return (
        isinstance(given, list)
        and len(given) == len(wanted)
        and all(want.matches(one) for want, one in zip(wanted, given, strict=True))
    )


def _outputs_match(given: object, callback: Mapping[str, Any]) -> bool:
    if callback.get("no_output"):
        return given is None or given == []
    outputs = callback["output"]
    several = isinstance(outputs, list | tuple)
    wanted = [
        _dependency(output.component_id_str(), output.component_property)
        for output in (outputs if several else [outputs])
    ]
    return _all_match(given if several else [given], wanted)


def _all_changed(given: object, inputs: list[_Dependency]) -> bool:
    """Whether `given` lists inputs as ``id.property``; a removed component may be among them."""
    return isinstance(given, list) and all(_is_changed(one, inputs) for one in given)


def _is_changed(given: object, inputs: list[_Dependency]) -> bool:
    if not isinstance(given, str):
        return False
    text, _, changed = given.rpartition(".")
    try:
        component = json.loads(text) if text.startswith("{") else text
    except (ValueError, RecursionError):
        return False
    return any(i.property == changed and i.covers(component) for i in inputs)


def _no_such_asset(_error: DependencyException) -> Response:
    return answer_problem(NotFound())
