"""The lock files: hashes for every pin, all three Python versions, no index lines."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {"requirements.lock": (), "requirements-test.lock": ("test",)}
PYTHONS = ("3.11.0", "3.12.0", "3.13.0")


def _pins(name: str) -> list[tuple[Requirement, int]]:
    """Each pin of a lock file with the number of its hashes."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return [
        (Requirement(re.sub(r"\s--hash=\S+", "", line).strip()), line.count("--hash=sha256:"))
        for line in lines
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_hashed(lock: str) -> None:
    for requirement, hashes in _pins(lock):
        assert str(requirement.specifier).startswith("=="), requirement
        assert hashes >= 1, requirement
    assert "index-url" not in (ROOT / lock).read_text()
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_the_project_on_each_python(lock: str, python: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in LOCKS[lock]:
        wanted += project["optional-dependencies"][extra]
    environment = {"python_full_version": python, "python_version": python[:4]}
    pinned: dict[str, str] = {}
    for requirement, _ in _pins(lock):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in pinned, f"{name} is pinned twice for {python}"
            pinned[name] = str(requirement.specifier).removeprefix("==")
    for text in wanted:
        requirement = Requirement(text)
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, text
