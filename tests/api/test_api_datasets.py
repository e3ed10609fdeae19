"""Datasets for scripts: list, add an upload, show, delete."""

from __future__ import annotations

from typing import Any

import pytest
from api_fakes import HASH, FakeWorkbench, assert_problem
from flask.testing import FlaskClient


def sent(client: FlaskClient, name: str) -> str:
    """The id of an upload."""
    body = {"data": b"x", "content_type": "application/octet-stream"}
    return str(client.post(f"/uploads?name={name}", **body).json["upload_id"])


def test_they_are_listed_with_their_disk_use(client: FlaskClient) -> None:
    said = client.get("/datasets").json
    assert (said["used"], said["quota"]) == (36_864, 1 << 30)
    (entry,) = said["datasets"]
    assert entry["root"] == f"datasets/{entry['hash']}" == f"datasets/{HASH}"
    assert client.get(f"/datasets/{HASH}").json == {**entry, "preview": {"files": 9}}


def test_an_upload_becomes_a_job(client: FlaskClient, workbench: FakeWorkbench) -> None:
    body = {"upload_id": sent(client, "scans.zip"), "name": "bolts"}
    given = client.post("/datasets", json=body)
    assert given.status_code == 202
    shown = client.get(given.headers["Location"])
    assert (shown.json["kind"], shown.json["title"]) == ("dataset", "Add bolts")
    assert b"/secret/place" not in shown.data


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        ({}, 422, ["/upload_id"]),
        ({"upload_id": "0" * 32}, 404, []),
        ({"upload_id": "../../etc/passwd"}, 422, ["/upload_id"]),
        ({"upload_id": 3}, 422, ["/upload_id"]),
        ({"upload_id": "0" * 32, "name": "x" * 81}, 422, ["/name"]),
        ({"upload_id": "0" * 32, "path": "/etc"}, 422, ["/path"]),
    ],
)
def test_what_is_no_upload_is_refused(
    client: FlaskClient, body: dict[str, Any], status: int, pointers: list[str]
) -> None:
    assert_problem(client.post("/datasets", json=body), status, *pointers)


def test_an_upload_that_is_no_zip_is_refused(client: FlaskClient) -> None:
    body = {"upload_id": sent(client, "scan.ply")}
    assert_problem(client.post("/datasets", json=body), 422, "/upload_id")


def test_one_is_deleted_once_and_not_while_it_is_needed(
    client: FlaskClient, workbench: FakeWorkbench
) -> None:
    workbench.datasets.kept = True
    assert_problem(client.delete(f"/datasets/{HASH}"), 409)
    workbench.datasets.kept = False
    assert client.delete(f"/datasets/{HASH}").json["hash"] == HASH
    assert_problem(client.delete(f"/datasets/{HASH}"), 404)
    assert client.get("/datasets").json["datasets"] == []


@pytest.mark.parametrize("name", ["x", "..%2f..", "A" * 64, "a" * 63, "a" * 64])
def test_what_is_no_hash_is_not_there(client: FlaskClient, name: str) -> None:
    for method in ("GET", "DELETE"):
        assert_problem(client.open(f"/datasets/{name}", method=method), 404)
