"""Fit a training to a few unlabelled scans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import BinaryIO, cast

from flask import Response, request

from pcdash.api.batch import moved
from pcdash.api.bodies import points_from_json, sent_once, validated
from pcdash.api.imitation_schemas import ImitateForm, ImitateRequest
from pcdash.api.problems import InvalidFields
from pcdash.api.service import Service, answer
from pcdash.core.cloud import Points
from pcdash.core.trust.likeness import FEWEST_SCANS, MOST_SCANS
from pcdash.errors import InvalidInput, PcdashError
from pcdash.logs import bind

Read = Callable[[], Points]


def imitate(service: Service, body: ImitateRequest) -> Response:
    """Write the training whose synthetic clouds look like a few unlabelled scans.

    Takes 3 to 20 clouds as JSON, or a zip of files as multipart/form-data; it takes some seconds.
    What the scans are like (points, noise, outliers, how much is seen) decides what training clouds
    are drawn from. A discriminator that tells synthetic clouds from the scans says how close the
    default recipe was and how close this one is; copies of a scan count once. Send the config
    to POST /jobs to train by it.
    """
    rows = body.clouds
    if type(rows) is not list:
        raise InvalidFields([("/clouds", "must be an array of clouds")])
    most = service.limits.json_points
    reads = [partial(points_from_json, one, max_points=most) for one in rows]
    _check_number(len(rows), "/clouds", "clouds")
    # All are checked before the first is described: what is wrong costs no seconds.
    clouds = list(_sound(reads, "clouds"))
    return _answer(service, clouds, "clouds", body.seed)


def imitate_zip(service: Service) -> Response:
    """Write the training whose clouds look like the files of a zip."""
    form = validated(ImitateForm, sent_once(request.form, request.files))
    stream = cast(BinaryIO, form.file.stream)
    with service.workbench.open_bundle(stream, form.file.filename or "file") as bundle:
        _check_number(len(bundle.members), "/file", "files")
        reads = [partial(lambda member: bundle.read(member).points, one) for one in bundle.members]
        return _answer(service, _sound(reads, "file"), "file")


def _check_number(number: int, where: str, what: str) -> None:
    if not FEWEST_SCANS <= number <= MOST_SCANS:
        raise InvalidFields([(where, f"must hold {FEWEST_SCANS} to {MOST_SCANS} {what}")])


def _sound(reads: Sequence[Read], where: str) -> Iterator[Points]:
    """Read one after the other; an error about one blames its place."""
    for place, read in enumerate(reads):
        try:
            yield read()
        except PcdashError as error:
            raise moved(error, f"{where}.{place}") from None


def _answer(
    service: Service, clouds: list[Points] | Iterator[Points], where: str, seed: int = 0
) -> Response:
    try:
        found = service.workbench.scans.recipe(clouds, seed)
    except InvalidInput as error:
        # About all of them together; what is wrong with one names its place already.
        raise moved(error, where) if error.field == "scans" else error from None
    bind(version=found.model_version)
    return answer(found.to_json())
