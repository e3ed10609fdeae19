"""POST /imitate."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from api_fakes import POINTS, VERSION, FakeWorkbench, assert_problem, with_value
from flask.testing import FlaskClient

from pcdash.api.routes import ROUTES
from pcdash.core.params import TrainParams
from pcdash.errors import InvalidInput

XYZ = "\n".join(" ".join(map(repr, point)) for point in POINTS)
THREE = {"clouds": [POINTS] * 3}


def zipped(client: FlaskClient, files: list[str], name: str = "scans.zip") -> Any:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, text in enumerate(files):
            archive.writestr(f"scan{number}.xyz", text)
    buffer.seek(0)
    return client.post("/imitate", data={"file": (buffer, name)})


def test_it_answers_with_the_contract(client: FlaskClient, workbench: FakeWorkbench) -> None:
    answer = client.post("/imitate", json=THREE | {"seed": 7})
    assert answer.status_code == 200
    said = answer.json
    assert list(said) == ["config", "scans", "before", "after", "copies", "model_version"]
    assert workbench.scans.seeds == [7]
    assert len(said["scans"]) == 3
    assert said["scans"][0]["points"] == len(POINTS)
    assert said["scans"][0]["summary"].startswith("16 points, noise about 2.0 %")
    assert said["before"]["auc"] == 0.98
    assert "almost always" in said["before"]["sentence"]
    assert said["after"]["auc"] == 0.61
    assert said["after"]["chance"] == pytest.approx(0.168, abs=1e-3)
    assert said["copies"] == []
    assert said["model_version"] == VERSION
    TrainParams.model_validate(said["config"])
    assert client.post("/jobs", json=said["config"]).status_code == 202


def test_a_zip_of_files_is_the_same(client: FlaskClient) -> None:
    said = zipped(client, [XYZ] * 4)
    assert said.status_code == 200
    assert [scan["points"] for scan in said.json["scans"]] == [16] * 4


@pytest.mark.parametrize(
    ("clouds", "where"),
    [
        ("abc", "/clouds"),
        ([], "/clouds"),
        ([POINTS] * 2, "/clouds"),
        ([POINTS] * 21, "/clouds"),
        ([POINTS, POINTS, "x"], "/clouds/2"),
        ([POINTS, with_value("x"), POINTS], "/clouds/1/3/1"),
        ([POINTS[:3], POINTS, POINTS], "/clouds/0"),
    ],
)
def test_what_is_wrong_is_named(
    client: FlaskClient, workbench: FakeWorkbench, clouds: Any, where: str
) -> None:
    assert_problem(client.post("/imitate", json={"clouds": clouds}), 422, where)
    assert workbench.scans.seeds == []


@pytest.mark.parametrize(
    ("more", "where"), [({"seed": -1}, "/seed"), ({"seed": "1"}, "/seed"), ({"level": 1}, "/level")]
)
def test_nothing_else_may_be_asked(client: FlaskClient, more: Any, where: str) -> None:
    assert_problem(client.post("/imitate", json=THREE | more), 422, where)


def test_a_bad_file_is_named_with_its_line(client: FlaskClient) -> None:
    body = assert_problem(zipped(client, [XYZ, "1 2 3\n4 5\n", XYZ]), 422, "/file/1")
    assert "scan1.xyz, line 2" in body["detail"]


def test_too_few_files(client: FlaskClient) -> None:
    body = assert_problem(zipped(client, [XYZ] * 2), 422, "/file")
    assert "3 to 20 files" in body["detail"]


def test_what_is_wrong_with_all_of_them_blames_their_place(
    client: FlaskClient, workbench: FakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise InvalidInput("scan 3 is a copy of scan 1", field="scans")

    monkeypatch.setattr(workbench.scans, "recipe", refuse)
    body = assert_problem(client.post("/imitate", json=THREE), 422, "/clouds")
    assert "scan 3 is a copy of scan 1" in body["detail"]
    assert_problem(zipped(client, [XYZ] * 3), 422, "/file")


def test_without_a_model_and_without_calibration(
    client: FlaskClient, workbench: FakeWorkbench
) -> None:
    workbench.scans.calibrated = False
    body = assert_problem(client.post("/imitate", json=THREE), 409)
    assert "never calibrated" in body["detail"]
    workbench.model = None
    assert_problem(client.post("/imitate", json=THREE), 503)


def test_it_takes_a_turn_as_predictions_do() -> None:
    (route,) = (route for route in ROUTES["clouds"] if route.path == "/imitate")
    assert route.turn
