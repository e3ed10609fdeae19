"""What a route is: a method on a path, a handler, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_type_hints

from flask import Response
from pydantic import BaseModel

from pcdash.api.bodies import JSON

Handler = Callable[..., Response]
"""``handler(service, *, path=..., query=..., body=...)``: its hints say what it is given."""


@dataclass(frozen=True)
class OtherBody:
    """A body that is not JSON.

    Attributes
    ----------
    handler : callable
        Takes the request from here; reads the body itself.
    schema : mapping
        For the documentation.
    """

    handler: Handler
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Route:
    """One method on one path.

    Attributes
    ----------
    method : {"get", "post", "delete"}
    path : str
        As Flask writes it.
    handler : callable
        Its docstring is the documentation, its hints name what it is given.
    status, answer : int, type or str
        Of the success; a content type where it is no JSON.
    problems : tuple of int
        Further statuses, besides those that every route has.
    bodies : mapping
        Content type -> other ways to send the same.
    turn : bool
        Whether it waits for one of the server's turns, and has its body read within it.
    public : bool
        Whether it needs no token, and is answered while the server stops: probes.
    """

    method: Literal["get", "post", "delete"]
    path: str
    handler: Handler
    status: int
    answer: type[BaseModel] | str
    problems: tuple[int, ...] = ()
    bodies: Mapping[str, OtherBody] = field(default_factory=dict)
    turn: bool = False
    public: bool = False

    @property
    def takes_json(self) -> bool:
        """Whether its body is JSON, or it has none."""
        return "body" in get_type_hints(self.handler) or not self.bodies

    @property
    def accepts(self) -> frozenset[str]:
        """Content types of its bodies."""
        return frozenset({JSON} if self.takes_json else ()) | frozenset(self.bodies)
