"""A small model to serve, and real servers over it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server_process import Server

SMALL = (
    "dataset.n_samples_per_class=20",
    "dataset.n_points=128",
    "model.name=lda",
    "passport={grid: small, clouds: 10}",
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder with one version; to be copied, not served."""
    folder = tmp_path_factory.mktemp("trained") / "artifacts"
    command = [sys.executable, "-m", "pcdash", "train", "--artifacts", str(folder)]
    for key in SMALL:
        command += ["--set", key]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture
def artifacts(trained: Path, tmp_path: Path) -> Path:
    """A folder with one version, of the test's own."""
    return Path(shutil.copytree(trained, tmp_path / "artifacts", symlinks=True))


@pytest.fixture
def start(artifacts: Path) -> Iterator[Callable[..., Server]]:
    """Start ``python -m pcdash`` with more options and variables; ended with the test."""
    started: list[Server] = []

    def start(*options: str, **environment: str) -> Server:
        folder = () if "--artifacts" in options else ("--artifacts", str(artifacts))
        started.append(Server.pcdash("--port", "0", *folder, *options, **environment))
        return started[-1]

    yield start
    for server in started:
        server.end()
