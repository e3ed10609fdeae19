"""Follow a model's opinion from one shape to another."""

from __future__ import annotations

import orjson
from flask import Response

from pcdash.api.morph_schemas import MorphRequest
from pcdash.api.service import Service, answer
from pcdash.core.morph import MORPHS
from pcdash.core.morph.curve import cloud_at
from pcdash.figures import morph_figure
from pcdash.logs import bind
from pcdash.workbench import with_seed


def follow(service: Service, body: MorphRequest) -> Response:
    """Follow a morph and find where the version in service changes its mind.

    The same seed gives the same points all the way, each moving continuously, and the same flips;
    without one the server draws a seed and returns it. With t, the cloud there is returned too.
    """
    params = with_seed(body)
    found = service.workbench.follow(params)
    bind(version=found.model_version)
    result = found.to_json()
    if params.t is not None:
        result["points"] = cloud_at(params, params.t)
    if params.include_figure:
        about = MORPHS[params.morph]
        figure = morph_figure(
            found.t,
            found.probabilities,
            found.classes,
            result["flips"],
            (about.begin, about.end),
            params.t or 0.0,
        )
        result["plotly_json"] = orjson.dumps(figure).decode()
    return answer(result)
