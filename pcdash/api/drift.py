"""Whether the clouds that are classified still look like those of the training."""

from __future__ import annotations

from flask import Response

from pcdash.api.service import Service, answer


def show_drift(service: Service) -> Response:
    """What was classified lately, against the training of the version in service.

    Clouds are judged a hundred at a time, by themselves and together with the nine hundred before
    them, and by the limits clouds like the training's raise an alarm once in ten thousand such
    windows. Off (409) unless drift.enabled in serve.yaml switches it on: then descriptors are
    logged, no points. 404 where the version has nothing to compare with.
    """
    return answer(service.workbench.drift().as_json())
