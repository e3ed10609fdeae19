"""``reproduce``, ``models export`` and ``models import`` as a shell sees them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcdash.cli import cli
from pcdash.errors import ConfigError, CorruptArtifact, InvalidInput, NotFound, Refused
from pcdash.registry import Registry
from pcdash.registry.verify import digest_of


@pytest.fixture
def artifacts(small_artifacts: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_artifacts, tmp_path / "artifacts", symlinks=True)


@pytest.fixture
def version(artifacts: Path) -> str:
    return Registry(artifacts).versions()[0].version


def run(artifacts: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--artifacts", str(artifacts)])


def test_reproduce_certifies_and_puts_a_lost_model_back(artifacts: Path, version: str) -> None:
    model = artifacts / "models" / version / "model.joblib"
    whole = model.read_bytes()
    model.unlink()
    done = run(artifacts, "reproduce", version, "--restore", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["certified"], said["restored"]) == (True, True)
    assert said["largest_difference"] == 0.0
    assert "features" in done.stderr  # how far it is
    assert model.read_bytes() == whole
    assert run(artifacts, "models", "promote", version).exit_code == 0


def test_reproduce_names_each_change_on_a_line_and_fails(artifacts: Path, version: str) -> None:
    path = artifacts / "models" / version / "metadata.json"
    about = json.loads(path.read_text())
    about["config"]["seed"] = 7
    about["libraries"]["numpy"] = "1.0"
    about["digest"] = digest_of(about)
    path.write_text(json.dumps(about))
    (artifacts / "models" / version / "model.joblib").unlink()
    done = run(artifacts, "reproduce", version, "--restore")
    assert done.exit_code == 1
    assert done.stdout == f"version {version} was not reproduced\n"
    complaints = [line for line in done.stderr.splitlines() if line.startswith("pcdash: ")]
    assert [line.split(":")[1].strip() for line in complaints] == ["config", "library"]
    assert "numpy 1.0 then, " in complaints[1]
    assert not (artifacts / "models" / version / "model.joblib").exists()


def test_reproduce_writes_nowhere_when_there_is_nothing(tmp_path: Path) -> None:
    done = run(tmp_path / "none", "reproduce", "20200101-000000")
    assert isinstance(done.exception, NotFound)
    assert not (tmp_path / "none").exists()


def test_export_prints_what_import_asks_for(artifacts: Path, version: str, tmp_path: Path) -> None:
    output = tmp_path / "model.zip"
    done = run(artifacts, "models", "export", version, "-o", str(output))
    assert done.exit_code == 0, done.output
    digest, name = done.stdout.split()
    assert name == str(output)
    assert digest == hashlib.sha256(output.read_bytes()).hexdigest()
    before = Registry(artifacts).current()
    done = run(artifacts, "models", "import", str(output), "--sha256", digest.upper(), "--trust")
    assert done.exit_code == 0, done.output
    new = done.stdout.strip()
    assert f"models promote {new}" in done.stderr
    assert Registry(artifacts).current() == before != new
    done = run(tmp_path / "empty", "models", "import", str(output), "--sha256", digest, "--trust")
    assert "nothing was promoted yet" in done.stderr


def test_import_opens_nothing_that_is_not_trusted(artifacts: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(b"no zip at all")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    before = [info.version for info in Registry(artifacts).versions()]
    done = run(artifacts, "models", "import", str(file), "--sha256", digest)
    assert isinstance(done.exception, ConfigError)  # exit code 2
    assert "x.zip was not opened" in done.exception.message
    assert run(artifacts, "models", "import", str(file), "--trust").exit_code == 2
    done = run(artifacts, "models", "import", str(file), "--sha256", "0" * 64, "--trust")
    assert isinstance(done.exception, InvalidInput)
    assert [info.version for info in Registry(artifacts).versions()] == before


def test_a_place_that_cannot_be_written_and_a_damaged_version(
    artifacts: Path, version: str, tmp_path: Path
) -> None:
    done = run(artifacts, "models", "export", version, "-o", str(tmp_path / "no" / "x.zip"))
    assert isinstance(done.exception, Refused)
    (artifacts / "models" / version / "model.joblib").write_bytes(b"")
    done = run(artifacts, "models", "export", version, "-o", str(tmp_path / "x.zip"))
    assert isinstance(done.exception, CorruptArtifact)
    assert not (tmp_path / "x.zip").exists()


def test_a_failure_is_one_line_and_the_right_exit_code(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "pcdash", "models", "import", "x.zip", "--sha256", "0" * 64],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pcdash: x.zip was not opened")
    assert len(done.stderr.splitlines()) == 1
