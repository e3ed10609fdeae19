"""What docs/operation.md says holds: its backup restores, its names exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from labelled import members, write

from pcdash.app import create_app
from pcdash.core.params import TrainParams
from pcdash.datasets import DatasetStore
from pcdash.errors import PcdashError
from pcdash.logs import FIELDS
from pcdash.registry import Registry
from pcdash.settings import CONFIG_VARIABLE, ENVIRONMENT, HMAC_KEY, TOKEN_VARIABLE, Settings
from pcdash.workbench import Workbench

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/operation.md").read_text(encoding="utf-8")


def blocks_with(text: str) -> str:
    """The shell blocks that mention `text`."""
    found = [block for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S) if text in block]
    assert found
    return "".join(found)


def test_a_backup_as_described_restores_versions_pointer_and_jobs(
    small_artifacts: Path, tmp_path: Path
) -> None:
    artifacts = tmp_path / "artifacts"
    shutil.copytree(small_artifacts, artifacts, symlinks=True)
    registry = Registry(artifacts)
    versions = [registry.versions()[0].version]
    versions += [registry.publish(*registry.read_model(versions[0]), registry.report(versions[0]))]
    registry.promote(versions[1])
    workbench = Workbench(Settings(artifacts_dir=str(artifacts)))
    workbench.rollback()
    job = workbench.start_training(TrainParams())
    (artifacts / "models/.tmp-half").mkdir()
    store = DatasetStore(artifacts, quota=1 << 20)
    dataset, _ = store.add(write(tmp_path / "scans", members(2)), "scans", "scans")

    def run(script: str) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        command = ["bash", "-euc", script.replace("python3 ", "python ")]
        subprocess.run(command, cwd=tmp_path, env={**os.environ, "PATH": path}, check=True)

    run(blocks_with("backup.tar models/current"))
    run(blocks_with("doctor --artifacts restored"))

    restored = Registry(tmp_path / "restored")
    assert restored.current() == versions[0]
    for version in versions:
        assert restored.read_model(version)[0] == registry.read_model(version)[0]
        assert restored.report(version) == registry.report(version)
    assert [entry["action"] for entry in restored.promotions()][-1] == "rollback"
    again = Workbench(Settings(artifacts_dir=str(tmp_path / "restored")))
    again.load_model()
    assert again.served_version == versions[0]
    assert again.job(job.id).title == job.title
    assert not (tmp_path / "restored/models/.tmp-half").exists()
    assert again.datasets.all() == [dataset]


def test_every_metric_is_listed_and_every_listed_one_exists() -> None:
    client = create_app(Settings(bootstrap=False)).server.test_client()
    for path in ("/health", "/nothing", "/metrics"):
        client.get(path)
    text = client.get("/metrics").text
    # Beside each counter the library tells since when it counts.
    exported = set(re.findall(r"^# TYPE (pcdash_\w+)(?<!_created) ", text, re.M))
    assert exported == set(re.findall(r"`(pcdash_\w+)`", TEXT))


def test_every_field_of_the_log_is_listed() -> None:
    for name in ("time", "level", "logger", "pid", "message", "traceback", *FIELDS):
        assert f"`{name}`" in TEXT


def test_variables_that_are_named_exist() -> None:
    known = {*ENVIRONMENT, TOKEN_VARIABLE, CONFIG_VARIABLE, HMAC_KEY}
    assert set(re.findall(r"\bPCDASH_\w+", TEXT)) <= known


def test_reasons_that_are_named_exist() -> None:
    (row,) = [line for line in TEXT.splitlines() if line.startswith("| `pcdash_rejected_total`")]
    codes = {kind.code for kind in _all(PcdashError)}
    for reason in re.findall(r"`(\w+)`", row)[3:]:
        assert reason in codes | {"unauthorized", "forbidden"}


def _all(kind: type[PcdashError]) -> list[type[PcdashError]]:
    return [kind, *(below for one in kind.__subclasses__() for below in _all(one))]
