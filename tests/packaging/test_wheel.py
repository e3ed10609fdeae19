"""An installed pcdash runs from any folder: assets and configs travel inside the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as an installer would lay it out."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize("folder", ["assets", "configs"])
def test_the_wheel_holds_every_packaged_file(unpacked: Path, folder: str) -> None:
    here = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
    assert here
    assert {path.name for path in (unpacked / "pcdash" / f"_{folder}").iterdir()} >= here


def test_an_unpacked_wheel_finds_its_presets_from_any_folder(
    unpacked: Path, tmp_path: Path
) -> None:
    code = (
        "import pcdash, pcdash.resources as r;"
        "from pathlib import Path;"
        "print(Path(pcdash.__file__).parent, r.configs_dir(), r.assets_dir(), r.licence())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    package = unpacked / "pcdash"
    places = [str(package), *(f"{package}/_{name}" for name in ("configs", "assets", "LICENSE"))]
    assert done.stdout.split() == places
    assert (package / "_LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (package / "standalone" / "README.txt").is_file()
