"""Commands as a shell sees them: results on stdout, one line on stderr, the right exit code."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from forks import pcdash
from scenes import scene

SMALL = [
    "--set", "dataset.n_samples_per_class=20",
    "--set", "dataset.n_points=128",
    "--set", "dataset.randomise.scan_share=0",
    "--set", "model.name=svm_rbf",
    "--set", "passport={grid: small, clouds: 10}",
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small trained model in ./artifacts, far from any checkout."""
    folder = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "pcdash", "train", *SMALL]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "version").write_text(json.loads(done.stdout)["version"])
    return folder


def test_train_says_progress_on_stderr_and_the_version_on_stdout(home: Path) -> None:
    version = (home / "version").read_text()
    assert (home / "artifacts/models/current/model.joblib").is_file()
    assert str((home / "artifacts/models/current").readlink()) == version
    assert json.loads((home / "artifacts/reports/report.json").read_text())["n_test"] == 15


def test_generated_files_are_predicted(home: Path) -> None:
    files = []
    for shape in ("sphere", "torus"):
        for ending in ("ply", "csv", "xyz", "npy"):
            name = f"{shape}.{ending}"
            done = pcdash(
                "generate", "--shape", shape, "--n-points", "256", "--seed", "3", "-o", name,
                cwd=home,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            files.append(name)
    done = pcdash("predict", "--json", *files, cwd=home)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [answer["file"] for answer in answers] == files
    assert [answer["predicted_class"] for answer in answers] == ["sphere"] * 4 + ["torus"] * 4
    # The same seed makes the same points, whatever the format.
    for a in answers[:4]:
        assert a["probabilities"] == pytest.approx(answers[0]["probabilities"], abs=1e-9)


def test_more_is_said_on_request(home: Path) -> None:
    made = pcdash("generate", "--shape", "cone", "--seed", "4", "-o", "more.ply", cwd=home)
    assert made.returncode == 0, made.stderr
    done = pcdash("predict", "--json", "more.ply", "--explain", "quality,neighbours", cwd=home)
    (answer,) = json.loads(done.stdout)
    assert set(answer["label_set"]) == set(answer["probabilities"])  # of a version without trust
    assert answer["unknown"] is False
    assert "never calibrated" in answer["quality"]["note"]
    # Repeated options add up, and people are told in lines.
    asked = ("--explain", "quality , turntable", "--explain", "blame", "--explain", "primitive")
    lines = pcdash("predict", "more.ply", *asked, cwd=home).stdout.splitlines()
    assert lines[0].startswith(f"more.ply\t{answer['predicted_class']}\t")
    named = [line.strip() for line in lines if line.startswith("  ") and line[2] != " "]
    assert named == ["quality", "turntable", "blame", "primitive"]
    assert "    this version was never calibrated: train again to have it say more" in lines
    assert len(lines) < 60
    wrong = pcdash("predict", "more.ply", "--explain", "everything", cwd=home)
    assert wrong.returncode == 2
    assert "--explain everything: must be one of quality," in wrong.stderr
    wrong = pcdash("predict", "more.ply", "--level", "1", cwd=home)
    assert wrong.returncode == 2


def test_the_object_is_taken_out_of_its_scan_before_it_is_predicted(home: Path) -> None:
    made = scene("torus", np.random.default_rng(1), n=2000, stray=0)
    np.save(home / "bench.npy", 100 * made.points)
    whole = pcdash("predict", "--json", "bench.npy", cwd=home)
    done = pcdash("predict", "--json", "--isolate", "bench.npy", cwd=home)
    assert done.returncode == whole.returncode == 0, done.stderr
    (before,), (after,) = json.loads(whole.stdout), json.loads(done.stdout)
    assert "isolation" not in before
    record = after["isolation"]
    assert record["kept"] + record["removed"] == len(made.points)
    assert record["kept"] == pytest.approx(made.wanted.sum(), rel=0.1)
    assert after["predicted_class"] == "torus"
    assert after["probabilities"] != before["probabilities"]
    # A box alone isolates too, and one with nothing in it is said.
    far = pcdash("predict", "--crop", "900", "inf", "0", "1", "0", "1", "bench.npy", cwd=home)
    assert far.returncode == 1
    assert far.stderr.startswith("pcdash: bench.npy: isolating the object leaves 0 of 2,000 points")


def test_sizes_are_read_in_the_scans_own_unit(home: Path) -> None:
    made = pcdash("generate", "--shape", "torus", "--seed", "4", "-o", "ring.npy", cwd=home)
    assert made.returncode == 0, made.stderr
    np.save(home / "far.npy", 1000 * np.load(home / "ring.npy") + 5e6)
    done = pcdash("predict", "--json", "far.npy", "--explain", "primitive", cwd=home)
    (answer,) = json.loads(done.stdout)
    said = answer["primitive"]
    assert said["kind"] == answer["predicted_class"] == "torus"
    assert said["sizes"]["tube_radius"] == pytest.approx(said["sizes"]["ring_radius"] / 3, rel=0.05)
    assert said["sizes"]["ring_radius"] == pytest.approx(750, rel=0.2)
    assert said["centre"] == pytest.approx([5e6] * 3, abs=100)


def test_a_morph_says_where_the_class_changes_and_json_the_same(home: Path) -> None:
    asked = ("morph", "cylinder-cone", "--n-points", "128", "--steps", "9", "--seed", "2")
    done, as_json = pcdash(*asked, cwd=home), pcdash(*asked, "--json", cwd=home)
    assert done.returncode == as_json.returncode == 0, done.stderr
    said = json.loads(as_json.stdout)
    assert len(said["t"]) == len(said["probabilities"]) == 9
    lines = done.stdout.splitlines()
    assert lines[0].startswith("cylinder to cone, seed 2")
    flips = [line for line in lines if line.startswith("flip at")]
    assert len(flips) == len(said["flips"]) >= 1
    assert flips[0].startswith(f"flip at {said['flips'][0]['t']:.4f}")
    wrong = pcdash("morph", "cylinder-cone", "--steps", "102", cwd=home)
    assert wrong.returncode == 2
    assert "--steps" in wrong.stderr


def test_what_is_not_calibrated_cannot_imitate(home: Path) -> None:
    pcdash("generate", "--shape", "cone", "--seed", "4", "-o", "more.ply", cwd=home)
    done = pcdash("imitate", "more.ply", "more.ply", "more.ply", "-o", "recipe.yaml", cwd=home)
    assert done.returncode == 1
    assert "never calibrated" in done.stderr
    assert not (home / "recipe.yaml").exists()


def test_an_offline_page_holds_everything(home: Path) -> None:
    assert pcdash("generate", "--shape", "cone", "-o", "c.html", cwd=home).returncode == 0
    page = (home / "c.html").read_text()
    assert "<script src=" not in page
    assert "scatter3d" in page


def test_one_failed_file_fails_the_command_but_not_the_others(home: Path) -> None:
    np.save(home / "ball.npy", np.random.default_rng(0).normal(size=(99, 3)))
    (home / "bad.xyz").write_text("1 2 3\n4 5\n")
    done = pcdash("predict", "--json", "ball.npy", "bad.xyz", "absent.ply", cwd=home)
    assert done.returncode == 1
    answers = json.loads(done.stdout)
    assert "predicted_class" in answers[0]
    assert "line 2" in answers[1]["error"]
    assert "absent.ply" in answers[2]["error"]


def test_models_are_listed_promoted_and_rolled_back(home: Path) -> None:
    first = (home / "version").read_text()
    second = json.loads(pcdash("train", *SMALL, cwd=home).stdout)["version"]
    listed = json.loads(pcdash("models", "list", "--json", cwd=home).stdout)
    assert [row["version"] for row in listed] == [second, first]
    assert [row["current"] for row in listed] == [True, False]
    assert pcdash("models", "promote", first, cwd=home).stdout.strip() == first
    assert pcdash("models", "rollback", cwd=home).stdout.strip() == second
    missing = pcdash("models", "promote", "20000101-000000", cwd=home)
    assert missing.returncode == 1
    assert missing.stderr == "pcdash: there is no version 20000101-000000\n"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (
            ["train", "--set", "dataset.n_pionts=5"],
            2,
            "--set dataset.n_pionts: unknown key; did you mean dataset.n_points?",
        ),
        (["train", "--config", "absent.yaml"], 2, "absent.yaml: there is no such configuration"),
        (["train", "--set", "artifacts_dir=a", "--artifacts", "b"], 2, "differ; give one of them"),
        (["generate", "--shape", "cube", "-o", "x.doc"], 2, "the ending must be one of"),
        (["generate", "--shape", "cube", "--n-points", "5", "-o", "x.ply"], 2, "--n-points:"),
        (["generate", "--shape", "cube", "-o", "absent/x.ply"], 1, "cannot be written"),
        (["serve", "--port", "70000"], 2, "--port"),
        (["serve", "--host", "nowhere.invalid", "--insecure"], 1, "no such address here"),
        (["serve", "--host", "0.0.0.0"], 2, "not listening on 0.0.0.0 without a token"),
        (["--host", "::", "--port", "0"], 2, "set PCDASH_TOKEN, or say --insecure"),
        (["serve", "--artifacts", "/proc/nothing/here"], 1, "cannot be made"),
        (["serve", "--log", "xml"], 2, "--log"),
    ],
)
def test_failures_are_one_line(tmp_path: Path, arguments: list[str], code: int, line: str) -> None:
    done = pcdash(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert line in done.stderr
    assert "Traceback" not in done.stderr
    if not done.stderr.startswith("Usage"):
        assert done.stderr.count("\n") == 1


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = pcdash("--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert done.returncode == 1
    assert "is another server running there?" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_token_that_is_none_is_one_line(tmp_path: Path) -> None:
    done = pcdash("--port", "0", cwd=tmp_path, PCDASH_TOKEN="hunter2")
    assert done.returncode == 2
    assert "PCDASH_TOKEN: expected 16 to 512" in done.stderr
    assert "hunter2" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_doctor_tells_what_is_missing(tmp_path: Path, home: Path) -> None:
    lines = pcdash("doctor", cwd=home)
    assert lines.returncode == 0
    assert "ok    model" in lines.stdout
    empty = pcdash("doctor", cwd=tmp_path)
    assert empty.returncode == 0
    assert "--    model" in empty.stdout
    assert "python -m pcdash train" in empty.stdout


def test_results_survive_without_a_checkout_around(tmp_path: Path) -> None:
    done = pcdash("predict", "x.ply", cwd=tmp_path)
    assert done.returncode == 1
    assert "Model not available" in done.stderr
    done = pcdash("predict", "--json", "x.ply", cwd=tmp_path)
    assert [answer["error"] for answer in json.loads(done.stdout)] == ["Model not available"]


def test_the_environment_beats_the_file_for_artifacts(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("artifacts_dir: from-file\n")
    arguments = ("train", "--config", "a.yaml", *SMALL)
    assert pcdash(*arguments, cwd=tmp_path, PCDASH_ARTIFACTS="from-env").returncode == 0
    assert (tmp_path / "from-env" / "models").is_dir()
    assert not (tmp_path / "from-file").exists()
    assert pcdash(*arguments, "--artifacts", "typed", cwd=tmp_path).returncode == 2
