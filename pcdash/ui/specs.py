"""Parameter models as lists of fields, and the fields' values as parameter models again.

A model's JSON schema is flattened into `FieldSpec`: one place for bounds, choices, defaults and
help texts.  On the way back `assemble` puts values in the nested shape of the model, whose own
validation decides; nothing that a browser sends is believed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from pcdash.errors import ConfigError
from pcdash.yamlconfig import validate

Path = tuple[str | int, ...]
Kind = Literal["integer", "number", "switch", "choice", "choices", "numbers", "text", "group"]
Model = TypeVar("Model", bound=BaseModel)

LABELS: dict[str, str] = {
    "n_points": "Points",
    "noise_sigma": "Noise",
    "apply_random_rotation": "Random rotation",
    "n_samples_per_class": "Clouds per class",
    "translation_sigma": "Shift",
    "randomise": "Like real scans",
    "on_error": "Unreadable files",
    "root": "Folder",
    "train": "Train share",
    "val": "Validation share",
    "test": "Test share",
    "name": "Classifier",
    "f1_macro": "F1 (macro)",
    "lda": "LDA",
    "svm_rbf": "SVM (RBF)",
    "mlp": "Neural network (MLP)",
}
"""Where the name alone would read badly."""


@dataclass(frozen=True)
class FieldSpec:
    """One value of a parameter model.

    Attributes
    ----------
    path : tuple of str or int
        Where it stands in the model; a number is a place in a list.
    kind : Kind
        ``numbers`` is a list of them, written ``256, 64``; ``group`` is a nested model that can be
        on (with its values) or off (null).
    help : str
        The field's description.
    minimum, maximum : float or None
        Bounds, both inclusive.
    options : tuple of str
        Of a choice.
    default : Any
    optional : bool
        Whether it may be left empty.
    """

    path: Path
    kind: Kind
    help: str
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[str, ...] = ()
    default: Any = None
    optional: bool = False

    @property
    def key(self) -> str:
        """The dotted path, as errors name it."""
        return ".".join(map(str, self.path))

    @property
    def slug(self) -> str:
        """The path as part of a kebab-case id."""
        return "-".join(map(str, self.path)).replace("_", "-")

    def starting_at(self, value: Any) -> FieldSpec:
        """Return the same field with another default."""
        return replace(self, default=value)

    @property
    def shown(self) -> Any:
        """What the control holds for the default."""
        return ", ".join(map(str, self.default)) if self.kind == "numbers" else self.default

    @property
    def label(self) -> str:
        """What stands beside the control."""
        name, place = self.path[-1], ""
        if isinstance(name, int):
            place = ", to" if name else ", from"
            name = self.path[-2]
        return label(str(name)) + place


def label(name: str) -> str:
    """Return a name from code as people write it."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def field_specs(
    model: type[BaseModel], prefix: Path = (), only: Iterable[str] | None = None
) -> list[FieldSpec]:
    """Flatten a parameter model.

    Parameters
    ----------
    model : type
        A pydantic model.
    prefix : tuple
        Where `model` stands in the whole.
    only : iterable of str, optional
        Take these fields, in this order.
    """
    schema = model.model_json_schema()
    properties: dict[str, Any] = schema.get("properties", {})
    specs: list[FieldSpec] = []
    for name in properties if only is None else only:
        specs += _specs(properties[name], schema.get("$defs", {}), (*prefix, name))
    return specs


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


def parse(model: type[Model], data: Any) -> Model:
    """Validate what a form or link holds.

    Raises
    ------
    ConfigError
        With the dotted ``field`` and a message for the line below its control.
    """
    try:
        return validate(model, data, name="")
    except ConfigError as error:
        message = error.message.removeprefix(": ").removeprefix(f"{error.field}: ")
        raise ConfigError(message, field=error.field) from None


def _specs(schema: dict[str, Any], defs: dict[str, Any], path: Path) -> Iterator[FieldSpec]:
    schema, optional = _resolve(schema, defs)
    about: dict[str, Any] = {
        "path": path,
        "help": schema.get("description", ""),
        "default": schema.get("default"),
        "optional": optional,
    }
    if "enum" in schema:
        yield FieldSpec(kind="choice", options=tuple(schema["enum"]), **about)
    elif schema.get("type") == "array" and "prefixItems" in schema:
        default = schema.get("default") or (None,) * len(schema["prefixItems"])
        for place, item in enumerate(schema["prefixItems"]):
            inner = item | {"description": about["help"], "default": default[place]}
            yield from _specs(inner, defs, (*path, place))
    elif schema.get("type") == "array":
        items, _ = _resolve(schema["items"], defs)
        default = list(about.pop("default") or ())
        if "enum" in items:
            yield FieldSpec(kind="choices", options=tuple(items["enum"]), default=default, **about)
        else:
            about |= {"minimum": items.get("minimum"), "maximum": items.get("maximum")}
            yield FieldSpec(kind="numbers", default=default, **about)
    elif schema.get("type") == "object":
        about["default"] = about["default"] is not None
        yield FieldSpec(kind="group", **about)
    elif "const" not in schema:
        kinds: dict[str, Kind] = {"integer": "integer", "number": "number", "boolean": "switch"}
        yield FieldSpec(
            kind=kinds.get(schema.get("type", ""), "text"),
            minimum=schema.get("minimum", schema.get("exclusiveMinimum")),
            maximum=schema.get("maximum", schema.get("exclusiveMaximum")),
            **about,
        )


def _resolve(schema: dict[str, Any], defs: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Follow a reference and take ``| None`` apart; what stands outside wins."""
    outer = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf")}
    if "$ref" in schema:
        return defs[schema["$ref"].rsplit("/", 1)[1]] | outer, False
    if "anyOf" in schema:
        members = [member for member in schema["anyOf"] if member.get("type") != "null"]
        inner, _ = _resolve(members[0], defs)
        return inner | outer, len(members) < len(schema["anyOf"])
    return outer, False


def _group(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the group that stands in `data`, or an empty one: the group's own defaults."""
    here: Any = data
    for part in path:
        here = here.get(part) if isinstance(here, Mapping) else None
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
        fresh: Any = [None, None] if isinstance(following, int) else {}
        inner = here.get(part)
        here[part] = list(inner) if isinstance(inner, (list, tuple)) else inner or fresh
        here = here[part]
    here[path[-1]] = value
