"""``evaluate`` and ``bench`` as a shell sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from forks import pcdash

from pcdash.core.benchmark import CONDITIONS
from pcdash.core.generation import generate
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.progress import Silent
from pcdash.resources import configs_dir
from pcdash.workbench import train_and_publish
from pcdash.yamlconfig import load_config

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tests/bench" / script), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model of a first start in ./artifacts, and labelled scans in ./scans."""
    folder = tmp_path_factory.mktemp("home")
    params = load_config(TrainParams, configs_dir() / "quick.yaml")
    train_and_publish(params, folder / "artifacts", Silent())
    for shape in ("sphere", "cube"):
        for part, count in (("train", 6), ("test", 4)):
            inside = folder / "scans" / shape / part
            inside.mkdir(parents=True)
            for i in range(count):
                points = generate(CloudParams(shape=shape, n_points=200, seed=i)).points
                np.savetxt(inside / f"{i}.xyz", points)
    return folder


def test_evaluate_prints_every_figure(home: Path) -> None:
    done = pcdash(
        "evaluate", "--data", "scans", "--rotate", "so3", "--seed", "3", "--json", cwd=home
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["n"] == 8
    assert np.sum(said["confusion"]) == 8
    for key in ("accuracy", "macro_recall", "f1_macro", "ece"):
        assert 0 <= said[key] <= 1
    assert said["accuracy"] >= 0.75
    assert said["ms_per_cloud"] > 0


def test_evaluate_leaves_out_what_the_version_was_trained_on(home: Path) -> None:
    for shape in ("sphere", "cube"):
        for number in range(10):
            folder = home / "mine" / shape / ("train" if number < 6 else "test")
            folder.mkdir(parents=True, exist_ok=True)
            cloud = generate(CloudParams(shape=shape, n_points=64, seed=number))
            np.savetxt(folder / f"{number}.xyz", cloud.points)
    config = {
        "dataset": {"kind": "folder", "root": str(home / "mine")},
        "split": {"train": 0.8, "val": 0, "test": 0.2},
        "model": {"name": "lda"},
        "passport": {"grid": "small", "clouds": 10},
    }
    train_and_publish(TrainParams.model_validate(config), home / "own", Silent())
    order = ("evaluate", "--data", "mine", "--artifacts", "own")
    done = pcdash(*order, "--split", "all", cwd=home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("8 clouds, version ")
    assert "12 more were left out; the version was trained on these files" in done.stderr
    counted = pcdash(*order, "--split", "all", "--seen", "count", "--json", cwd=home)
    assert (json.loads(counted.stdout)["n"], json.loads(counted.stdout)["seen"]) == (20, 12)
    nothing = pcdash(*order, "--split", "train", cwd=home)
    assert nothing.returncode == 1
    assert "trained on all 12 of these clouds" in nothing.stderr
    assert "(--seen count does so all the same)" in nothing.stderr


def test_evaluate_takes_a_trainings_configuration(home: Path) -> None:
    (home / "few.yaml").write_text("dataset: {n_samples_per_class: 20}\n")
    done = pcdash("evaluate", "--config", "few.yaml", cwd=home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("15 clouds, version ")
    both = pcdash("evaluate", "--config", "few.yaml", "--data", "scans", cwd=home)
    assert both.returncode == 2
    assert both.stderr == "pcdash: give either --data ROOT or --config FILE\n"


def test_bench_writes_a_row_for_every_condition(home: Path) -> None:
    done = pcdash("bench", "--clouds", "5", "-o", "figures", cwd=home)
    assert done.returncode == 0, done.stderr
    assert (home / "figures" / "benchmark.md").read_text() == done.stdout
    said = json.loads((home / "figures" / "benchmark.json").read_text())
    assert [row["condition"] for row in said["rows"]] == list(CONDITIONS)
    for row in said["rows"]:
        assert row["condition"] in done.stdout
        assert list(row["by_version"]) == said["versions"]
    assert "cost, one core" in done.stdout


def test_bench_measures_the_protocol_on_a_folder(home: Path) -> None:
    done = pcdash(
        "bench", "--modelnet10", "scans", "--modelnet10-seeds", "1",
        "--modelnet10-rotations", "1", "-o", "figures",
        cwd=home,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads((home / "figures" / "modelnet10.json").read_text())
    assert (said["model"], said["n_train"], said["n_test"]) == ("ensemble", 12, 8)
    assert (home / "figures" / "modelnet10.md").read_text() == done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["--modelnet10", "scans", "--model", "x"], 2, "leave --model out"),
        (["--modelnet10", "scans/sphere"], 1, "the split has to be given"),
        (["--modelnet10", "absent"], 2, "Path 'absent' does not exist"),
        (["--model", "20000101-000000"], 1, "there is no version 20000101-000000"),
        (["--seed", "-1"], 2, "--seed"),
    ],
)
def test_wrong_orders_are_one_line(home: Path, arguments: list[str], code: int, line: str) -> None:
    done = pcdash("bench", *arguments, cwd=home)
    assert done.returncode == code, done.stderr
    assert line in done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_model_knows_what_a_camera_sees(home: Path) -> None:
    done = run("camera.py", "--clouds", "60", "--seed", "4", cwd=home)
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines()[2:]]
    assert [row[0] for row in rows] == [
        "| 40x40 pixels, noise 0.005",
        "| 40x40 pixels, noise 0.02",
        "| 16x16 pixels, noise 0.01",
    ]
    for row, floor in zip(rows, (80, 70, 60), strict=True):
        assert float(row[1]) >= floor
        assert row[2] == "60"


def test_choosing_a_classifier_never_opens_a_test_file(home: Path, tmp_path: Path) -> None:
    for path in sorted((home / "scans").glob("*/train/*")):
        copy = tmp_path / path.relative_to(home)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        (copy.parent.parent / "test").mkdir(exist_ok=True)
        (copy.parent.parent / "test" / "bad.xyz").write_text("nonsense\n")
    options = ("--models", "svm_rbf", "--folds", "2", "--seeds", "1")
    done = run("choose.py", "scans", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "12 train clouds of 2 classes" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("| svm_rbf | ")
    assert "lda2" in run("choose.py", "scans", "--models", "lda2", cwd=tmp_path).stderr
