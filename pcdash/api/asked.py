"""How a prediction is asked for, beside the cloud itself: in a JSON body, a form or a query."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from pcdash.api.isolation import ISOLATE, ISOLATE_FLAG, Isolate
from pcdash.core.explanations import EXPLANATIONS
from pcdash.core.params import Params
from pcdash.core.trust.judgement import LEVEL, LEVELS

_NAMES = list(EXPLANATIONS)
_ONE_OF = f"must be one of {', '.join(_NAMES)}"


def _flag(text: object) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _known(name: str) -> str:
    if name not in EXPLANATIONS:
        raise ValueError(_ONE_OF)
    return name


def _level(text: object) -> float:
    """Read a number between the bounds, as a query carries it."""
    try:
        level = float(text) if isinstance(text, str) else float("nan")
    except ValueError:
        level = float("nan")
    if not LEVELS[0] <= level <= LEVELS[1]:
        raise ValueError(f"must be a number from {LEVELS[0]} to {LEVELS[1]}")
    return level


def _few(names: object) -> object:
    if isinstance(names, list) and len(names) > len(_NAMES):
        raise ValueError(f"may hold at most {len(_NAMES)} names")
    return names


def _names(text: object) -> tuple[str, ...]:
    """Read names with commas in between, as a query carries them."""
    if not isinstance(text, str):
        raise ValueError(f"must be names with commas in between, each of which {_ONE_OF}")
    names = text.split(",") if text else []
    _few(names)
    return tuple(_known(name) for name in names)


Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""A truth value as text, as forms and queries send it."""

_Known = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": _NAMES})]
LevelText = Annotated[
    float,
    PlainValidator(_level),
    WithJsonSchema({"type": "number", "minimum": LEVELS[0], "maximum": LEVELS[1]}),
]
"""A coverage as text."""

_Some = Annotated[
    tuple[_Known, ...], Field(strict=False, max_length=len(_NAMES)), BeforeValidator(_few)
]
_Listed = Annotated[
    tuple[str, ...],
    PlainValidator(_names),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^(({'|'.join(_NAMES)})(,({'|'.join(_NAMES)})){{0,{len(_NAMES) - 1}}})?$",
        }
    ),
]

_FIGURE = "Whether to answer with plotly_json too."
COVERAGE = "Probability with which label_set shall hold the true class."
_MORE = "What else to say of the answer, each under its own key: " + "; ".join(
    f"{name}: {one.summary}" for name, one in EXPLANATIONS.items()
)


class Asked(Params):
    """What is asked of a prediction."""

    include_figure: bool = Field(True, description=_FIGURE)
    level: float = Field(LEVEL, ge=LEVELS[0], le=LEVELS[1], description=COVERAGE)
    explain: _Some = Field((), description=_MORE)
    isolate: Isolate = Field(None, description=ISOLATE, json_schema_extra={"default": False})


class AskedAsText(Params):
    """The same in a form or a query."""

    include_figure: Flag = Field(True, description=_FIGURE)
    level: LevelText = Field(LEVEL, description=COVERAGE)
    explain: _Listed = Field(
        (), description=f"{_MORE}. Commas in between.", json_schema_extra={"default": ""}
    )
    isolate: Flag = Field(False, description=ISOLATE_FLAG)
