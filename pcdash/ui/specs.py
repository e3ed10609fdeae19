"""Parameter models as lists of fields.

A model's JSON schema is flattened into `FieldSpec`: one place for bounds, choices, defaults and
help texts.  The way back, from values to a model, is ``values``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel

from pcdash.ui.wording import number

Path = tuple[str | int, ...]
Kind = Literal["integer", "number", "switch", "choice", "choices", "numbers", "text", "group"]

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
    "candidates": "Classifiers to try",
    "hidden": "Hidden layers",
    "n_estimators": "Trees",
    "f1_macro": "F1 (macro)",
    "ece": "Calibration error",
    "lda": "LDA",
    "svm_rbf": "SVM (RBF)",
    "hist_gradient_boosting": "Gradient boosting",
    "cylinder-cone": "Cylinder to cone",
    "sphere-cube": "Sphere to cube",
    "cube-cylinder": "Cube to cylinder",
    "thick-thin-torus": "Thick to thin torus",
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
        Bounds of the number, or of each of several; both inclusive.
    fewest, most : int or None
        How many entries ``choices`` and ``numbers`` may have.
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
    fewest: int | None = None
    most: int | None = None
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
        return "-".join(map(str, self.path)).replace("_", "-").lower()

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

    @property
    def bounds(self) -> str:
        """The bounds as ``16 to 100,000``; empty if there are none."""
        if self.minimum is None or self.maximum is None:
            return ""
        return f"{number(self.minimum)} to {number(self.maximum)}"

    @property
    def expected(self) -> str:
        """What may be entered, for those whose entry was refused; empty where nothing is typed."""
        within = f" from {self.bounds}" if self.bounds else ""
        if self.kind == "integer":
            return f"a whole number{within}"
        if self.kind == "number":
            return f"a number{within}"
        if self.kind == "numbers":
            return f"{self.fewest} to {self.most} whole numbers{within}, separated by commas"
        return f"choose at least {self.fewest}" if self.fewest is not None else ""


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
        about |= {"fewest": schema.get("minItems"), "most": schema.get("maxItems")}
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
