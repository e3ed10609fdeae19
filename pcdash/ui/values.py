"""What a browser sends, as values that can be worked with; nothing of it is believed.

`assemble` puts the values of controls in the nested shape of a parameter model, whose own
validation decides in `parse`; what is wrong is said in the words of the form.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import BaseModel

from pcdash.errors import ConfigError, InvalidInput
from pcdash.ui.specs import FieldSpec, Path
from pcdash.yamlconfig import validate

Model = TypeVar("Model", bound=BaseModel)


def assemble(
    specs: Sequence[FieldSpec],
    values: Mapping[str, Any],
    base: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Put values into the nested shape of their model.

    Parameters
    ----------
    specs : sequence of FieldSpec
    values : mapping
        `FieldSpec.key` -> what the control holds.
    base : mapping, optional
        Values of the fields that have no control.
    """
    data: dict[str, Any] = copy.deepcopy(dict(base or {}))
    for spec in specs:
        value = values.get(spec.key)
        if spec.kind == "group":
            value = _group(data, spec.path) if value else None
        elif spec.kind == "numbers":
            value = _numbers(value)
        elif value == "" or value is None:
            if spec.optional and spec.default is not None:
                continue
            value = None
        _put(data, spec.path, value)
    return data


def parse(model: type[Model], data: Any, specs: Sequence[FieldSpec] = (), at: Path = ()) -> Model:
    """Validate what a form or link holds.

    Parameters
    ----------
    model : type
    data : Any
    specs : sequence of FieldSpec
        The fields that have a control; what is wrong with one is said as the form would.
    at : tuple
        Where `model` stands in the whole, if `specs` are those of the whole.

    Raises
    ------
    ConfigError
        With the dotted ``field`` and a message for the line below its control.
    """
    try:
        return validate(model, data, name="")
    except ConfigError as error:
        field = ".".join(map(str, (*at, error.field or "")))
        message = error.message.removeprefix(": ").removeprefix(f"{error.field}: ")
        spec = next((spec for spec in specs if _is_about(field, spec)), None)
        if spec is not None:
            message = _in_words(spec, look_up(data, spec.path[len(at) :]))
        raise ConfigError(message, field=field or None) from None


def look_up(data: Any, path: Path) -> Any:
    """Return what stands at a place of nested values; None if there is no such place."""
    here = data
    for part in path:
        if isinstance(part, str):
            here = here.get(part) if isinstance(here, Mapping) else None
        else:
            here = here[part] if isinstance(here, (list, tuple)) and part < len(here) else None
    return here


def text(value: Any, name: str) -> str:
    """Return a value that the page itself sets, and always to a text.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"there is no {name} to work on: reload the page", field=name)
    return value


def _is_about(field: str, spec: FieldSpec) -> bool:
    """Whether a complaint about `field` means that something else should have been entered."""
    entry = spec.kind == "numbers" and field.startswith(f"{spec.key}.")
    return bool(spec.expected) and (field == spec.key or entry)


def _in_words(spec: FieldSpec, value: Any) -> str:
    """Say what belongs in a field; and what was there, which a link does not show."""
    plain = isinstance(value, int | float | str) and not isinstance(value, bool)
    given = f", not {str(value)[:20]}" if plain else ""
    return f"{spec.label}: {spec.expected}{given}"


def _group(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the group that stands in `data`, or an empty one: the group's own defaults."""
    here = look_up(data, path)
    return dict(here) if isinstance(here, Mapping) else {}


def _numbers(value: Any) -> Any:
    """Read ``256, 64``; what is no list of numbers is left for validation to refuse."""
    if not isinstance(value, str):
        return value
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        return value


def _put(data: dict[str, Any], path: Path, value: Any) -> None:
    here: Any = data
    for part, following in pairwise(path):
        inner = here.get(part)
        if isinstance(following, int):
            is_pair = isinstance(inner, (list, tuple)) and len(inner) == 2
            here[part] = list(inner) if is_pair else [None, None]
        elif not isinstance(inner, dict):
            here[part] = {}
        here = here[part]
    here[path[-1]] = value
