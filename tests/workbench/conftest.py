"""A workbench over its own folder, and a small trained model to share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from scans import on_scans, write_scans

from pcdash.core.params import TrainParams
from pcdash.core.progress import Silent
from pcdash.settings import Settings
from pcdash.workbench import Workbench, train_and_publish

SMALL = TrainParams.model_validate(
    {
        "dataset": {"classes": ["sphere", "cube"], "n_samples_per_class": 20, "n_points": 128},
        "model": {"name": "svm_rbf"},  # fits in a fiftieth of lda's time
        "passport": {"grid": "small", "clouds": 10},
    }
)


@pytest.fixture(scope="session")
def small() -> TrainParams:
    """A training that takes a second."""
    return SMALL


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """A workbench without a model; nothing runs."""
    return Workbench(Settings(artifacts_dir=str(tmp_path / "artifacts"), bootstrap=False))


@pytest.fixture(scope="session")
def small_version(tmp_path_factory: pytest.TempPathFactory, small: TrainParams) -> Path:
    """Artifacts with one version: copy them, never write to them."""
    artifacts = tmp_path_factory.mktemp("small-version") / "artifacts"
    train_and_publish(small, artifacts, Silent())
    return artifacts


@pytest.fixture
def trained(bench: Workbench, small_version: Path) -> Workbench:
    """A workbench with one published version; nothing runs."""
    shutil.copytree(small_version, bench.settings.artifacts, symlinks=True)
    return bench


@pytest.fixture(scope="session")
def folder_version(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with ./scans, and ./artifacts with a version trained on them: copy it."""
    home = tmp_path_factory.mktemp("folder-version")
    write_scans(home / "scans")
    said = train_and_publish(on_scans(home / "scans"), home / "artifacts", Silent())
    return home, said["version"]
