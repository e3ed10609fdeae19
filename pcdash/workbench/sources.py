"""The files that a version was trained on, as its training wrote them down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pcdash.core.dataset import fingerprint
from pcdash.errors import CorruptArtifact, NotFound
from pcdash.registry import Reader

SOURCES = "sources.json"


@dataclass(frozen=True)
class Source:
    """One file of a labelled folder.

    Attributes
    ----------
    name : str
        Below the folder, with forward slashes.
    sha256 : str
        Of its content, hex.
    split : str
        ``train``, ``val`` or ``test``.
    """

    name: str
    sha256: str
    split: str


def read_sources(raw: bytes | None, metadata: Mapping[str, Any]) -> list[Source] | None:
    """The files, if they are those of the metadata's fingerprint.

    Parameters
    ----------
    raw : bytes or None
        ``sources.json`` of the version.
    metadata : mapping
        Its metadata: their ``dataset_fingerprint`` vouches for `raw`.
    """
    try:
        rows = json.loads(raw or b"")["sources"]
        clouds = [(row["label"], row["split"], row["sha256"]) for row in rows]
        if fingerprint(metadata["classes"], clouds) != metadata["dataset_fingerprint"]:
            return None
        return [Source(str(row["name"]), str(row["sha256"]), str(row["split"])) for row in rows]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def fitted_to(registry: Reader, version: str) -> frozenset[str] | None:
    """SHA-256 of every file that a version was fitted to, hex.

    Empty for one that was trained on no file; None where nobody knows.
    """
    try:
        metadata = registry.metadata(version)
        if (metadata.get("config") or {}).get("dataset", {}).get("kind") == "synthetic":
            return frozenset()
        found = read_sources(registry.attached(version, SOURCES), metadata)
    except (NotFound, CorruptArtifact):
        return None
    if found is None:
        return None
    return frozenset(one.sha256 for one in found if one.split == "train")
