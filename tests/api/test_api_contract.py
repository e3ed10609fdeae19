"""schemathesis: what /openapi.json says and what the server does agree, on a real model.

Requests are made from the document itself: such as it allows, and such as it forbids.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from case_counts import cases
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from labelled import members, write
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi.checks import RejectedPositiveData

from pcdash.api.bodies import NPY
from pcdash.api.routes import ROUTES
from pcdash.app import App, create_app
from pcdash.datasets import DatasetStore
from pcdash.settings import Drift, Settings

OPERATIONS = sorted(
    f"{route.method.upper()} {route.path.replace('<', '{').replace('>', '}')}"
    for routes in ROUTES.values()
    for route in routes
)

BEYOND_SCHEMAS = (
    # JSON Schema counts 1.0 among the integers; nothing is coerced here.
    r"should be a valid integer",
    # Relations between values.
    r"the first (value|limit) must not exceed the second",
    r"train, val and test must add up to 1",
    r"classes must differ from one another",
    r"backend: dask and a scheduler's address belong together",
    # Which parameters there are, and what one of a name takes, is up to the classifier's name.
    r"is not a known field",
    r"should be 'sqrt' or 'log2'",
    r"name at least two different classifiers, or none",
    # The document is that of train.yaml, where both keys have their place.
    r"a request may not set (artifacts_dir|compute)",
    # What a shape is.
    r"all points (coincide|lie on one line): there is no shape to classify",
    r"isolating the object leaves",
    # What Unicode prints, and what is left of a text without its spaces.
    r"the reason (holds characters that cannot be printed|must have)",
    # What is in a file.
    r".*: the ending is not one of",
    r".*: is no sound zip archive",
    r"must hold 3 to 20 files",
    r"is no array to classify",
)  # fmt: skip
"""Why a request may be refused although the document allows it: no schema can say these."""

QUERY_GOES_WITH = {"POST /predict": NPY}
"""Operation -> the only kind of body that has a query beside it; no schema can say that either."""

STEADY = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def app(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A whole server, page included; its jobs wait, since nothing dispatches them."""
    artifacts = tmp_path_factory.mktemp("contract") / "artifacts"
    shutil.copytree(small_artifacts, artifacts, symlinks=True)
    # With the drift watch on: 409 would say nothing of what its route answers.
    drift = Drift(enabled=True)
    app = create_app(Settings(artifacts_dir=str(artifacts), bootstrap=False, drift=drift))
    app.workbench.load_model()
    yield app
    app.workbench.close()


@pytest.fixture(scope="module")
def document(app: App) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_wsgi("/openapi.json", app.server)


@pytest.fixture(scope="module")
def real(app: App, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Path parameters that lead somewhere."""
    job = app.server.test_client().post("/jobs", json={}).json["id"]
    store = DatasetStore(app.workbench.settings.artifacts, quota=1 << 20)
    kept, _ = store.add(write(tmp_path_factory.mktemp("scans"), members(2)), "scans", "scans")
    version = app.workbench.models()[0].version
    return {"job_id": job, "version": version, "hash": kept.hash}


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_document_and_the_server_agree(
    app: App,
    document: schemathesis.BaseSchema,
    real: dict[str, str],
    label: str,
    mode: GenerationMode,
    record_property: Callable[[str, object], None],
) -> None:
    operation = document.find_operation_by_label(label)
    assert operation is not None, "a route that the document does not have"
    asked = 0

    @settings(STEADY, max_examples=cases(25))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        if mode is GenerationMode.POSITIVE and asked % 2:
            case.path_parameters = {name: real[name] for name in case.path_parameters or {}}
        alone = case.media_type != QUERY_GOES_WITH.get(label, case.media_type)
        if mode is GenerationMode.POSITIVE and alone:
            case.query = {}
        answer = case.call()
        if answer.status_code == 202:
            app.workbench.cancel_job(answer.json()["id"])  # makes room for the next one
        agree(case, answer)

    if mode is GenerationMode.NEGATIVE and takes_nothing(operation):
        with pytest.raises(Unsatisfiable):  # where nothing is sent, nothing can be wrong
            ask()
    else:
        ask()
    record_property("cases", asked)


def takes_nothing(operation: Any) -> bool:
    return not (operation.body or operation.query or operation.path_parameters)


def agree(case: Any, answer: Any) -> None:
    """Run schemathesis's checks; a refusal is no disagreement if no schema could tell it."""
    try:
        case.validate_response(answer)
    except FailureGroup as group:
        told = [error["detail"] for error in answer.json().get("errors", ())]
        excused = told and all(map(re.compile("|".join(BEYOND_SCHEMAS)).match, told))
        rest = [
            failure
            for failure in group.exceptions
            if not (excused and isinstance(failure, RejectedPositiveData))
        ]
        if rest:
            raise rest[0] from None
