"""What is not as it was when a version was trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pcdash
from pcdash.core.dataset import Chunk
from pcdash.core.descriptor import DESCRIPTOR_VERSION
from pcdash.core.progress import Progress
from pcdash.registry import is_as_written
from pcdash.workbench.documents import config_fingerprint, libraries, machine
from pcdash.workbench.folders import FolderChunk, PlannedFile, digest_of
from pcdash.workbench.sources import read_sources

What = Literal["metadata", "config", "dataset", "descriptor", "library", "machine", "predictions"]

_SHOWN = 12
"""Digits of a SHA-256 that people are shown."""


@dataclass(frozen=True)
class Difference:
    """One thing that has changed.

    Attributes
    ----------
    what : str
        The kind of thing.
    name : str
        Which one: a file below the dataset's root, a library.
    message : str
        What is known of the change, in words.
    forbids : bool
        Whether the version cannot be reproduced with it.  With another library it may.
    """

    what: What
    name: str
    message: str
    forbids: bool = True

    def __str__(self) -> str:
        return f"{self.what}: {self.name} {self.message}"


def in_metadata(metadata: Mapping[str, Any]) -> list[Difference]:
    """What the metadata tell by themselves: damage, another descriptor, other libraries."""
    found = []
    if not is_as_written(metadata):
        message = "has been changed since it was written: it does not match its own digest"
        found.append(Difference("metadata", "metadata.json", message))
    config = metadata.get("config")
    if config is None or metadata.get("config_fingerprint") != config_fingerprint(config):
        message = "is not the one that the version was trained by (config_fingerprint)"
        found.append(Difference("config", "the configuration", message))
    then = metadata.get("descriptor_version")
    if then != DESCRIPTOR_VERSION:
        message = f"{then} then, {DESCRIPTOR_VERSION} now"
        found.append(Difference("descriptor", "version", message))
    found += _versions("library", metadata.get("libraries"), libraries())
    found += _versions(
        "library", {"pcdash": metadata.get("pcdash")}, {"pcdash": pcdash.__version__}
    )
    there = {key: machine()[key] for key in ("system", "processor", "blas")}
    found += _versions("machine", metadata.get("machine"), there)
    return found


def _versions(what: What, then: object, now: Mapping[str, Any]) -> Iterator[Difference]:
    known = then if isinstance(then, dict) else {}
    for name, value in now.items():
        if name in known and known[name] != value:
            yield Difference(what, name, f"{known[name]} then, {value} now", forbids=False)


def in_files(
    sources: bytes | None,
    metadata: Mapping[str, Any],
    chunks: Sequence[Chunk],
    progress: Progress,
) -> list[Difference]:
    """Which files of a labelled folder are not what was trained on.

    Parameters
    ----------
    sources : bytes or None
        ``sources.json`` of the version.
    metadata : mapping
        Its metadata: their ``dataset_fingerprint`` vouches for `sources`.
    chunks : sequence of Chunk
        The dataset as it is now.
    progress : Progress
        Asked whether to stop.
    """
    files = [file for chunk in chunks if isinstance(chunk, FolderChunk) for file in chunk.files]
    if not files:
        return []
    known = read_sources(sources, metadata)
    if known is None:
        state = "is missing" if sources is None else "is damaged"
        message = f"{state}: which file has changed cannot be told"
        return [Difference("dataset", "sources.json", message, forbids=False)]
    then = {one.name: one.sha256 for one in known}
    skips = any(isinstance(chunk, FolderChunk) and chunk.skip_errors for chunk in chunks)
    names = {file.name for file in files}
    found = [Difference("dataset", name, "is missing") for name in then if name not in names]
    for file in files:
        progress.check()
        if difference := _in_file(file, then.get(file.name), skips):
            found.append(difference)
    return sorted(found, key=lambda one: one.name)


def _in_file(file: PlannedFile, then: str | None, skips: bool) -> Difference | None:
    if then is None:
        if skips and not any(True for _ in FolderChunk((file,), skip_errors=True).clouds()):
            return None  # left out, as it was then
        return Difference("dataset", file.name, "is new")
    now = digest_of(file.path)
    if now == then:
        return None
    if not now:
        return Difference("dataset", file.name, "cannot be read")
    message = f"has changed: SHA-256 {then[:_SHOWN]}... then, {now[:_SHOWN]}... now"
    return Difference("dataset", file.name, message)
