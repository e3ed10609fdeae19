"""What every handler gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Response

from pcdash.api.bodies import JSON
from pcdash.api.traffic import Traffic
from pcdash.core.cloud import Points
from pcdash.figures import cloud_figure
from pcdash.settings import Limits
from pcdash.workbench import Workbench


@dataclass(frozen=True)
class Service:
    """The use cases, and the bounds of one request.

    Attributes
    ----------
    workbench : Workbench
    limits : Limits
    traffic : Traffic
    """

    workbench: Workbench
    limits: Limits
    traffic: Traffic

    def figure(self, points: Points, title: str) -> str:
        """The cloud as a plotly figure in a JSON string."""
        figure = cloud_figure(points, title=title, max_points=self.limits.view_points)
        return orjson.dumps(figure).decode()


def answer(body: Mapping[str, Any], status: int = 200, location: str | None = None) -> Response:
    """Write a JSON answer; arrays are written as nested lists, in full precision."""
    headers = {"Location": location} if location else None
    raw = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(raw, status, headers, content_type=JSON)
