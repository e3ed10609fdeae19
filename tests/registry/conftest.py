"""A registry with a clock to turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from registry_clock import Clock

from pcdash.registry import Registry


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(tmp_path: Path, clock: Clock) -> Registry:
    return Registry(tmp_path, clock=clock)


@pytest.fixture
def three(registry: Registry) -> list[str]:
    """Three published versions, oldest first, the newest promoted last."""
    versions = []
    for number in range(3):
        version = registry.publish(b"model %d" % number, {"n": number}, {"n": number})
        registry.promote(version, reason="newest")
        versions.append(version)
    return versions
