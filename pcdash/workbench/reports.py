"""What is known of a version, read back."""

from __future__ import annotations

import zipfile
from functools import lru_cache
from typing import Any

from pcdash.core.examination.evidence import Evidence
from pcdash.core.examination.passport import curves
from pcdash.errors import CorruptArtifact, NotFound
from pcdash.registry import Registry
from pcdash.workbench.promotion import passport_of


def report_of(registry: Registry, version: str) -> dict[str, Any]:
    """The report of `version`; ``robustness`` holds the curves of its passport, or None.

    Raises
    ------
    NotFound, CorruptArtifact
    """
    report = registry.report(version)
    try:
        robustness = curves(passport_of(registry, version))
    except (NotFound, CorruptArtifact):
        robustness = None
    return report | {"robustness": robustness}


def evidence_of_version(registry: Registry, version: str) -> Evidence:
    """The test clouds of `version`.

    Raises
    ------
    NotFound, CorruptArtifact
    """
    raw = registry.attached(version, "evidence.npz")
    try:
        return _unpacked(raw)
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile):
        raise CorruptArtifact(f"the evidence of version {version} is damaged") from None


@lru_cache(maxsize=5)
def _unpacked(raw: bytes) -> Evidence:
    """By content, since a page of clouds asks for the same again at every click.

    As many as can be compared, some 5 MB each with their bytes.
    """
    return Evidence.from_bytes(raw)
