"""What the README says holds: its curl lines run as pasted, its tables are complete."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from waitress import create_server

from pcdash.app import create_app
from pcdash.cli import COMMANDS
from pcdash.core.generation import generate
from pcdash.core.params import CloudParams
from pcdash.files import READERS, encode_cloud
from pcdash.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.es.md")
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)


def _curl_lines() -> list[str]:
    lines = []
    for block in BLOCKS:
        joined = re.sub(r"\\\n\s*", " ", block)
        lines += [line for line in joined.splitlines() if line.startswith("curl")]
    return lines


@pytest.fixture(scope="module")
def address(
    small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A server with a small model, and a folder with the files that the README names."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(small_artifacts, folder / "artifacts", symlinks=True)
    points = generate(CloudParams(shape="torus", n_points=64, seed=1)).points
    (folder / "scan.ply").write_bytes(encode_cloud(points, ".ply"))
    np.save(folder / "cloud.npy", points)
    with zipfile.ZipFile(folder / "scans.zip", "w") as archive:
        archive.write(folder / "scan.ply", "torus/scan.ply")
    app = create_app(Settings(artifacts_dir=str(folder / "artifacts"), bootstrap=False))
    app.workbench.load_model()
    listener = create_server(app.server, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    yield f"localhost:{listener.effective_port}", folder
    listener.close()
    thread.join(timeout=10)


def test_there_are_curl_lines_for_each_way_in() -> None:
    text = "\n".join(_curl_lines())
    for part in (
        "/generate",
        "/predict",
        "-F file=",
        "x-npy",
        "/predict/batch",
        "/jobs",
        "/health",
    ):
        assert part in text


@pytest.mark.parametrize("line", _curl_lines())
def test_curl_lines_work_as_pasted(address: tuple[str, Path], line: str) -> None:
    host, folder = address
    done = subprocess.run(
        ["bash", "-c", "set -o pipefail; " + line.replace("localhost:8000", host)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert "title" not in answer, answer
    if "/predict/batch" in line:
        (answer,) = answer["results"]
    if "/predict" in line:
        assert answer["predicted_class"] == ("cone" if "cone" in line else "torus")


@pytest.mark.parametrize("readme", READMES)
def test_every_dependency_has_its_reason(readme: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    table = (ROOT / readme).read_text(encoding="utf-8").rpartition("\n## ")[0]
    listed = {
        name.split("[")[0].strip()
        for row in re.findall(r"^\| ([^|]+) \|", table.rpartition("\n## ")[2], re.M)
        for name in row.split(",")
    }
    optional = project["optional-dependencies"]
    for text in (*project["dependencies"], *(one for extra in optional.values() for one in extra)):
        assert Requirement(text).name in listed, text


@pytest.mark.parametrize("readme", READMES)
def test_every_command_and_format_is_named(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    for command in COMMANDS:
        assert command.name in text
    for ending in READERS:
        assert ending[1:].upper() in text, ending


@pytest.mark.parametrize("readme", READMES)
def test_every_link_and_path_exists(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    targets += re.findall(r"`((?:pcdash|configs|docs|assets)/[\w./]+)`", text)
    assert len(targets) > 5
    for target in targets:
        assert (ROOT / target).exists(), target


def test_both_readmes_show_the_same_commands() -> None:
    spanish = (ROOT / "README.es.md").read_text(encoding="utf-8")

    def commands(blocks: list[str]) -> list[str]:
        return [re.sub(r"\s+#.*", "", line) for block in blocks for line in block.splitlines()]

    assert commands(re.findall(r"```sh\n(.*?)```", spanish, re.S)) == commands(BLOCKS)
