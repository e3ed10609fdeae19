"""A version as a zip that predicts without pcdash."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from importlib import resources
from typing import Any

from pcdash import standalone
from pcdash.errors import NotFound
from pcdash.registry import Reader
from pcdash.registry.durable import to_json
from pcdash.resources import licence
from pcdash.workbench.closure import closure, imports_of, modules_named
from pcdash.workbench.loading import open_model

OPTIONAL = ("passport.json", "sources.json")
"""Attachments that travel where a version has them; its evidence, which holds clouds, stays."""

_THEN = (1980, 1, 1, 0, 0, 0)
"""The same bytes whenever it is made: the earliest moment that a zip can name."""


def export(registry: Reader, version: str) -> bytes:
    """A zip with the model, what is known of it, and a program to predict with it.

    The same version gives the same bytes, with one zlib.

    Raises
    ------
    NotFound, CorruptArtifact
        If there is no such version, or it does not verify and answer as it should.
    """
    raw, metadata = registry.read_model(version)
    pipeline = open_model(raw, metadata, version).pipeline
    predict = (resources.files(standalone) / "predict.py").read_bytes()
    files = {
        "model.joblib": raw,
        "metadata.json": to_json(metadata, field="metadata"),
        "report.json": to_json(registry.report(version), field="report"),
        **_attachments(registry, version),
        "predict.py": predict,
        "README.txt": _readme(metadata).encode(),
        "LICENSE": licence().read_bytes(),
        **closure([*modules_named(pipeline), *imports_of(predict)]),
    }
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return _zipped(f"pcdash-{version}", files | {"SHA256SUMS": "".join(sums).encode()})


def _attachments(registry: Reader, version: str) -> dict[str, bytes]:
    found = {}
    for name in OPTIONAL:
        try:
            found[name] = registry.attached(version, name)
        except NotFound:
            continue
    return found


def _readme(metadata: Mapping[str, Any]) -> str:
    libraries = dict(metadata["libraries"])
    python = libraries.pop("python")
    return (
        (resources.files(standalone) / "README.txt")
        .read_text("utf-8")
        .format(
            version=metadata["version"],
            pcdash=metadata["pcdash"],
            python_minor=".".join(python.split(".")[:2]),
            pins=" ".join(f"{name}=={version}" for name, version in libraries.items()),
            classes=", ".join(metadata["classes"]),
        )
    )


def _zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(f"{folder}/{name}", _THEN)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, wherever it is made: the rights below count
            member.external_attr = 0o644 << 16
            archive.writestr(member, files[name])
    return buffer.getvalue()
