"""A small model to serve, and real servers over it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server_process import Server


@pytest.fixture
def artifacts(small_artifacts: Path, tmp_path: Path) -> Path:
    """A folder with one version, of the test's own."""
    return Path(shutil.copytree(small_artifacts, tmp_path / "artifacts", symlinks=True))


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
