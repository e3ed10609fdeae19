"""POST /predict/batch: many clouds by one request, each judged by itself."""

from __future__ import annotations

import threading
import zipfile
from typing import Any

import numpy as np
import pytest
from api_fakes import (
    EXAMPLES,
    POINTS,
    VERSION,
    FakeWorkbench,
    assert_problem,
    make_client,
    npy,
    with_value,
)
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from zips import PATH, XYZ, packed, send

from pcdash.workbench.batch import BLOCK_CLOUDS

FEW = settings(EXAMPLES, max_examples=25)
SAID = {
    "predicted_class": "torus",
    "probabilities": {"cube": 0.25, "torus": 0.75},
    "label_set": ["torus", "cube"],
    "unknown": False,
    "unknown_score": 0.0,
    "model_version": VERSION,
}
FAR = (np.asarray(POINTS) + 1e7).tolist()

BAD: dict[str, tuple[object, int, str | None]] = {
    "no array": ("abc", 422, ""),
    "too few": (POINTS[:15], 422, ""),
    "ragged": ([*POINTS, [1.0, 2.0]], 422, "/16"),
    "a word": (with_value("x"), 422, "/3/1"),
    "a truth": (with_value(True), 422, "/3/1"),
    "one spot": ([[1.5, 2.5, 3.5]] * 16, 422, ""),
    "too many": ([[0.0, 0.0, 0.0]] * 33, 422, ""),
    "what the model refuses": (FAR, 422, ""),
}
"""Name -> cloud, status, and where in it the fault is."""


@FEW
@given(kinds=st.lists(st.sampled_from(["good", *BAD]), min_size=1, max_size=40))
def test_every_cloud_is_answered_in_its_place(kinds: list[str]) -> None:
    client = _small()
    clouds = [POINTS if kind == "good" else BAD[kind][0] for kind in kinds]
    answer = client.post(PATH, json={"clouds": clouds})
    assert answer.status_code == 200
    assert len(answer.json["results"]) == len(kinds)
    for number, (kind, result) in enumerate(zip(kinds, answer.json["results"], strict=True)):
        if kind == "good":
            assert result == SAID
            continue
        _, status, where = BAD[kind]
        assert list(result) == ["error"]
        error = result["error"]
        assert error["status"] == status
        assert [one["pointer"] for one in error["errors"]] == [f"/clouds/{number}{where}"]
        assert error["request_id"] == answer.headers["X-Request-Id"]


_CLIENTS: list[FlaskClient] = []


def _small() -> FlaskClient:
    """One server for all examples: building it takes longer than asking it."""
    if not _CLIENTS:
        _CLIENTS.append(make_client(json_points=32, batch_clouds=100))
    return _CLIENTS[0]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/clouds"),
        ({"clouds": None}, "/clouds"),
        ({"clouds": {}}, "/clouds"),
        ({"clouds": []}, "/clouds"),
        ({"clouds": [POINTS] * 101}, "/clouds"),
        ({"clouds": [POINTS], "include_figure": False}, "/include_figure"),
        ({"clouds": [POINTS], "level": 0.49}, "/level"),
        ({"clouds": [POINTS], "level": 1}, "/level"),
        ({"clouds": [POINTS], "level": "0.9"}, "/level"),
        ([POINTS], ""),
    ],
)
def test_a_wrong_envelope_is_refused_as_a_whole(body: object, pointer: str) -> None:
    assert_problem(_small().post(PATH, json=body), 422, pointer)


def test_a_batch_is_described_in_blocks_and_lets_others_in_between(
    workbench: FakeWorkbench, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, taken = workbench.turns.taken, []

    def counted(patience: float | None = None) -> Any:
        taken.append(patience)
        return free(patience)

    monkeypatch.setattr(workbench.turns, "taken", counted)
    answer = client.post(PATH, json={"clouds": [POINTS] * (2 * BLOCK_CLOUDS + 1)})
    assert [result == SAID for result in answer.json["results"]] == [True] * (2 * BLOCK_CLOUDS + 1)
    assert workbench.pipeline.blocks == [BLOCK_CLOUDS, BLOCK_CLOUDS, 1]
    assert len(taken) == 3
    assert taken[0] is None  # like everybody; once begun, it rather waits than throws away
    assert all(seconds > 50 for seconds in taken[1:])


def test_a_batch_without_a_turn_is_asked_to_come_back(client: FlaskClient) -> None:
    workbench = FakeWorkbench()
    client = make_client(workbench, concurrent_predictions=1)
    with workbench.turns.taken():
        answer = client.post(PATH, json={"clouds": [POINTS]})
    assert_problem(answer, 503)
    assert answer.headers["Retry-After"] == "1"


def test_what_does_not_get_done_in_time_is_given_back(
    client: FlaskClient, workbench: FakeWorkbench
) -> None:
    workbench.batch_seconds = 0.0
    answer = client.post(PATH, json={"clouds": [POINTS] * (BLOCK_CLOUDS + 2)})
    results = answer.json["results"]
    assert results[:BLOCK_CLOUDS] == [SAID] * BLOCK_CLOUDS
    assert [result["error"]["status"] for result in results[BLOCK_CLOUDS:]] == [503, 503]


def test_a_fault_of_ours_costs_one_cloud_alone(
    client: FlaskClient,
    workbench: FakeWorkbench,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    predict_proba = workbench.pipeline.predict_proba

    def broken(clouds: Any) -> Any:
        if any(points[0, 0] == 77.0 for points in clouds):
            raise RuntimeError("secret: /etc/passwd")
        return predict_proba(clouds)

    monkeypatch.setattr(workbench.pipeline, "predict_proba", broken)
    answer = client.post(PATH, json={"clouds": [POINTS, with_value(77.0, 0, 0), POINTS]})
    first, second, third = answer.json["results"]
    assert first == third == SAID
    assert second["error"]["status"] == 500
    assert b"secret" not in answer.data
    assert "RuntimeError: secret: /etc/passwd" in caplog.text


def test_without_a_model_there_is_no_batch(client: FlaskClient, workbench: FakeWorkbench) -> None:
    workbench.model = None
    for answer in (client.post(PATH, json={"clouds": [POINTS]}), send(client, packed({"a": XYZ}))):
        assert assert_problem(answer, 503)["detail"] == "Model not available"


def test_a_zip_is_read_file_by_file(client: FlaskClient) -> None:
    files = {
        "ball.xyz": XYZ,
        "deep/down/same.npy": npy(np.asarray(POINTS)),
        "short.xyz": b"1 2 3\n4 5\n",
        "model.pkl": b"cos\nsystem\n(S'false'\ntR.",
        "__MACOSX/._ball.xyz": b"x",
        ".hidden": b"x",
        "deep/": b"",
    }
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        results = send(client, packed(files, method)).json["results"]
        assert [result["name"] for result in results] == [
            "ball.xyz",
            "same.npy",
            "short.xyz",
            "model.pkl",
        ]
        assert results[0] == {"name": "ball.xyz", **SAID}
        assert results[1] == {"name": "same.npy", **SAID}
        assert "line 2" in results[2]["error"]["detail"]
        assert results[2]["error"]["errors"][0]["pointer"] == "/file/2"
        assert results[3]["error"]["errors"][0]["pointer"] == "/file/3"


NAMES = ["../../etc/x.xyz", "/etc/x.xyz", "C:\\x.xyz", "a" * 300 + ".xyz", "x\u202ezyx.xyz",
         "\x1b[31mx.xyz", "CON.xyz", "<script>.xyz"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_a_zip_opens_nothing(client: FlaskClient, name: str, tmp_path: Any) -> None:
    (result,) = send(client, packed({name: XYZ})).json["results"]
    assert result["predicted_class"] == "torus"
    assert result["name"].endswith(".xyz")
    assert len(result["name"]) <= 80
    assert result["name"].isprintable()
    assert "/" not in result["name"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"PK\x03\x04", 422),
        (packed({}), 422),
        (packed({"dir/": b""}), 422),
        (packed({"a.xyz": XYZ})[:-30], 422),
        (packed({f"{i}.xyz": XYZ for i in range(21)}), 413),
        (packed({f"{i}.xyz": bytes(1 << 20) for i in range(9)}), 413),
    ],
    ids=["empty", "head", "nothing", "folder", "cut", "many", "large"],
)
def test_a_zip_that_is_refused_as_a_whole(client: FlaskClient, data: bytes, status: int) -> None:
    assert_problem(send(client, data), status, "/file")


def test_a_member_too_large_fails_alone(client: FlaskClient) -> None:
    files = {"a.xyz": XYZ, "bomb.xyz": bytes((1 << 20) + 1), "b.xyz": XYZ}
    first, bomb, last = send(client, packed(files)).json["results"]
    assert (first["predicted_class"], last["predicted_class"]) == ("torus", "torus")
    assert bomb["error"]["status"] == 413


def test_a_damaged_or_locked_member_fails_alone(client: FlaskClient) -> None:
    data = bytearray(packed({"a.xyz": XYZ, "b.xyz": XYZ, "c.xyz": XYZ}, zipfile.ZIP_STORED))
    data[data.index(b"b.xyz") + 100] ^= 1  # its checksum does not fit any more
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 8] |= 1  # c is said to be encrypted
    results = send(client, bytes(data)).json["results"]
    assert results[0]["predicted_class"] == "torus"
    assert [result["error"]["status"] for result in results[1:]] == [422, 422]


def test_an_archive_that_announces_less_than_it_holds_is_not_unpacked(client: FlaskClient) -> None:
    data = bytearray(packed({"a.xyz": b"0 0 0\n" * 100_000}))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (50).to_bytes(4, "little")
    (result,) = send(client, bytes(data)).json["results"]
    assert result["error"]["status"] == 422


def test_a_directory_of_many_entries_is_not_even_listed(client: FlaskClient) -> None:
    entry = b"PK\x01\x02" + bytes(42)
    many = 30_000
    end = b"PK\x05\x06" + bytes(4) + (65_535).to_bytes(2, "little") * 2
    end += (many * len(entry)).to_bytes(4, "little") + bytes(4) + bytes(2)
    listed = threading.Event()
    original = zipfile.ZipFile.infolist

    def infolist(archive: zipfile.ZipFile) -> Any:
        listed.set()
        return original(archive)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "infolist", infolist)
        assert_problem(send(client, entry * many + end), 413, "/file")
    assert not listed.is_set()


@FEW
@given(edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4))))
def test_no_zip_brings_it_down(any_client: FlaskClient, edits: list[tuple[float, bytes]]) -> None:
    data = bytearray(packed({"a.xyz": XYZ, "b.npy": npy(np.asarray(POINTS))}))
    for where, put in edits:
        at = int(where * len(data))
        data[at : at + len(put)] = put
    answer = send(any_client, bytes(data))
    assert answer.status_code in (200, 413, 422)
    for result in answer.json.get("results", []):
        assert result.get("error", {}).get("status", 200) in (200, 413, 422)
