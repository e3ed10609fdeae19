"""A server over a fake workbench."""

from __future__ import annotations

from typing import cast

import pytest
from api_fakes import FakeWorkbench, make_client
from flask.testing import FlaskClient
from flask_openapi3.openapi import OpenAPI


@pytest.fixture(scope="session")
def pair() -> tuple[FakeWorkbench, FlaskClient]:
    """Building a server takes 0.1 s, so the tests share one."""
    workbench = FakeWorkbench()
    return workbench, make_client(workbench, json_mib=1, file_mib=2)


@pytest.fixture
def workbench(pair: tuple[FakeWorkbench, FlaskClient]) -> FakeWorkbench:
    pair[0].reset()
    return pair[0]


@pytest.fixture
def client(pair: tuple[FakeWorkbench, FlaskClient], workbench: FakeWorkbench) -> FlaskClient:
    return pair[1]


@pytest.fixture
def server(client: FlaskClient) -> OpenAPI:
    return cast(OpenAPI, client.application)


@pytest.fixture(scope="session")
def any_client() -> FlaskClient:
    """For hypothesis: one server for many examples."""
    return make_client()
