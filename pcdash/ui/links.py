"""The state of Generate as the search part of an address, so that a link reproduces the view."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from pcdash.core.params import CloudParams
from pcdash.ui.specs import FieldSpec, field_specs
from pcdash.ui.values import parse

FIELDS = ("shape", "n_points", "noise_sigma", "seed", "apply_random_rotation")
SPECS: list[FieldSpec] = field_specs(CloudParams, only=FIELDS)

FIRST = CloudParams.model_validate({"shape": "torus", "seed": 20})
"""What a newcomer sees."""


def to_search(params: CloudParams) -> str:
    """Return the address' search for `params`, with its question mark."""
    values = params.model_dump(include=set(FIELDS), exclude_none=True)
    texts = {name: str(value).lower() for name, value in values.items()}
    return "?" + urlencode(texts)


def from_search(search: object) -> CloudParams:
    """Return the parameters that a link holds; what it does not name is as for a newcomer.

    Raises
    ------
    ConfigError
        Naming the field whose value is none.
    """
    text = search if isinstance(search, str) else ""
    given = dict(parse_qsl(text.removeprefix("?"), max_num_fields=64))
    values: dict[str, Any] = FIRST.model_dump(include=set(FIELDS))
    values |= {s.key: _read(s, given[s.key]) for s in SPECS if s.key in given}
    return parse(CloudParams, values, SPECS)


def _read(spec: FieldSpec, text: str) -> Any:
    """Return a text as the type its field has; what does not fit is left for validation."""
    try:
        if spec.kind == "integer":
            return int(text[:20])
        if spec.kind == "number":
            return float(text[:30])
    except ValueError:
        return text
    if spec.kind == "switch":
        return {"true": True, "false": False}.get(text, text)
    return text
