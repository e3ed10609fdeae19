"""What can be asked of POST /predict/batch beside its clouds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from api_fakes import POINTS, VERSION, FakeWorkbench, assert_problem
from flask.testing import FlaskClient
from zips import PATH, XYZ, packed, send

from pcdash.core.cloud import Prediction
from pcdash.core.trust.judgement import Cell, Judgement


@pytest.mark.parametrize("level", ["0.49", "1", "nan", "much", ""])
def test_a_level_in_a_form_that_is_none(client: FlaskClient, level: str) -> None:
    answer = send(client, packed({"a.xyz": XYZ}), level=level)
    assert assert_problem(answer, 422, "/level")["detail"].endswith("number from 0.5 to 0.999")


def test_every_label_set_is_at_the_level_that_is_asked_for(
    client: FlaskClient, workbench: FakeWorkbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = Cell("all scans", np.linspace(-3, 1, 400), pooled=False)
    shares = {"cube": 0.25, "torus": 0.75}
    one = Prediction("torus", shares, VERSION, 16, 1.0, Judgement(cell, 0.1))
    monkeypatch.setattr(workbench, "predict_batch", lambda sources: [one] * len(sources))

    def sets(answer: Any) -> list[list[str]]:
        return [result["label_set"] for result in answer.json["results"]]

    clouds, files = {"clouds": [POINTS] * 2}, packed({"a.xyz": XYZ, "b.xyz": XYZ})
    both = ["torus", "cube"]  # 400 scans are too few to rule out anything at 0.999
    assert sets(client.post(PATH, json=clouds)) == [["torus"]] * 2
    assert sets(client.post(PATH, json=clouds | {"level": 0.999})) == [both] * 2
    assert sets(send(client, files)) == [["torus"]] * 2
    assert sets(send(client, files, level="0.999")) == [both] * 2


@pytest.mark.parametrize("names", [["quality"], [], None])
def test_a_batch_says_why_it_explains_nothing(client: FlaskClient, names: object) -> None:
    answer = client.post(PATH, json={"clouds": [POINTS], "explain": names})
    told = assert_problem(answer, 422, "/explain")["detail"]
    assert told == "explain takes too long for a batch: ask /predict about single clouds"
    answer = send(client, packed({"a.xyz": XYZ}), explain="quality")
    assert assert_problem(answer, 422, "/explain")["detail"] == told
