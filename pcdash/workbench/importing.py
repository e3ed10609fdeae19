"""Taking in a version that another pcdash has made: a stranger's pickle, by command line alone.

Loading a model runs what it holds.  So its file has to be the one that was meant, by its SHA-256,
and somebody has to say that its maker is trusted; no route, callback or job comes here.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pcdash.core.params import TrainParams
from pcdash.errors import CorruptArtifact, InvalidInput, PcdashError, TooLarge, UnreadableFile
from pcdash.files import ReadLimits, opened
from pcdash.files.archive import MAX_RATIO
from pcdash.files.raw import display_name
from pcdash.registry import Registry, is_as_written
from pcdash.registry.naming import iso_time
from pcdash.registry.verify import DIGEST_FIELD, parse_json, parse_metadata
from pcdash.workbench.exporting import OPTIONAL
from pcdash.workbench.loading import open_model
from pcdash.workbench.promotion import PASSPORT, read_passport
from pcdash.workbench.sources import SOURCES, read_sources

MAX_BYTES = 1 << 30
"""Of the zip, and of all that it unpacks to."""

MAX_MEMBERS = 500
_MAX_JSON = 16 << 20

_NEEDED = ("model.joblib", "metadata.json", "report.json")
_TAKEN = (*_NEEDED, *OPTIONAL)
_OTHERS = frozenset({"predict.py", "README.txt", "LICENSE", "SHA256SUMS"})
_OWN_CODE = re.compile(r"pcdash(/[a-z0-9_]+)+\.py")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIVEN = {"version", "created_at", "sha256", "size", "format", DIGEST_FIELD}
"""What the registry says of a version by itself."""


class _Metadata(BaseModel):
    """What lists, pages and `reproduce` read in the metadata; there may be more."""

    model_config = ConfigDict(strict=True, extra="allow")

    metadata_format: Literal[1]
    classes: list[str] = Field(min_length=2)
    config: TrainParams
    metrics: dict[str, float]
    n_test: int
    seed: int
    dataset_fingerprint: str = Field(pattern=_SHA256)
    libraries: dict[str, str]


class _Report(BaseModel):
    """What every report has; there may be more."""

    model_config = ConfigDict(strict=True, extra="allow")

    report_format: Literal[1]
    metrics: dict[str, float]
    confusion: list[list[int]]
    lineage: dict[str, Any]


def import_version(registry: Registry, path: Path, sha256: str) -> str:
    """Publish the version in the zip at `path`, which is trusted; its new name.

    What serves stays as it is.

    Parameters
    ----------
    registry : Registry
    path : Path
        Made by `pcdash.workbench.exporting.export`.
    sha256 : str
        Of the whole file, hex.

    Raises
    ------
    InvalidInput, TooLarge
        If it is another file, or no such zip; nothing in it has been loaded then.
    CorruptArtifact
        If the model is damaged, not for this pcdash, or does not give its golden answers.
    Refused
        If the disk refuses.
    """
    name = display_name(path.name)
    content = _read(path, name)
    _check_digest(content, sha256, name)
    files = _members(content, name)
    raw, metadata, report = _checked(files, name)
    open_model(raw, metadata, str(metadata["version"]))
    came = {
        "file": name,
        "sha256": sha256.lower(),
        "version": metadata["version"],
        "created_at": metadata.get("created_at"),
        "at": iso_time(time.time()),
        "before": metadata.get("imported"),
    }
    about = {key: value for key, value in metadata.items() if key not in _GIVEN}
    report = report | {"lineage": report["lineage"] | {"imported": came}}
    registry.settle()
    version = registry.publish(raw, about | {"bootstrap": False, "imported": came}, report)
    try:
        for attachment in OPTIONAL:
            if attachment in files:
                registry.attach(version, attachment, files[attachment])
    except PcdashError:
        with suppress(PcdashError):
            registry.delete(version)
        raise
    return version


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(name, f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise TooLarge(f"{name}: larger than {MAX_BYTES:,} bytes, the most that is read")
    return content


def _check_digest(content: bytes, sha256: str, name: str) -> None:
    if not _SHA256.fullmatch(sha256.lower()):
        raise InvalidInput("a SHA-256 has 64 hexadecimal digits", field="sha256")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256.lower():
        raise InvalidInput(
            f"{name} is not the file that was meant: its SHA-256 is {found}", field="sha256"
        )


def _members(content: bytes, name: str) -> dict[str, bytes]:
    """What is taken of the zip, by its name below the one folder; nothing is written anywhere."""
    most = min(MAX_BYTES, MAX_RATIO * len(content))
    limits = ReadLimits(max_bytes=None, max_unpacked=most)
    with opened(io.BytesIO(content), name, max_members=MAX_MEMBERS, limits=limits) as bundle:
        members: dict[str, zipfile.ZipInfo] = {}
        for member in bundle.archive.infolist():
            inside = _inside(member, name)
            if inside in members:
                raise UnreadableFile(name, f"{inside} is in it twice")
            members[inside] = member
        if len({member.filename.partition("/")[0] for member in members.values()}) != 1:
            raise UnreadableFile(name, "expected one folder in it, as models export makes it")
        for needed in _NEEDED:
            if needed not in members:
                raise UnreadableFile(name, f"{needed} is missing in it")
        for taken in set(_TAKEN[1:]) & members.keys():
            if members[taken].file_size > _MAX_JSON:
                raise TooLarge(f"{name}: {taken} in it is larger than {_MAX_JSON:,} bytes")
        return {key: bundle.content(members[key]) for key in _TAKEN if key in members}


def _inside(member: zipfile.ZipInfo, name: str) -> str:
    """The name of a member below the zip's folder, if it is one that an export has."""
    folder, _, inside = member.filename.partition("/")
    known = inside in _TAKEN or inside in _OTHERS or _OWN_CODE.fullmatch(inside)
    if folder in ("", ".", "..") or not known or stat.S_ISLNK(member.external_attr >> 16):
        shown = display_name(member.filename)
        raise UnreadableFile(name, f"{shown!r} in it is nothing that models export puts there")
    return inside


def _checked(files: Mapping[str, bytes], name: str) -> tuple[bytes, dict[str, Any], dict[str, Any]]:
    """Model, metadata and report, held against one another; the model is only hashed."""
    metadata = parse_metadata(files["metadata.json"])
    raw = files["model.joblib"]
    if hashlib.sha256(raw).hexdigest() != metadata["sha256"] or len(raw) != metadata["size"]:
        raise CorruptArtifact(f"{name}: model.joblib does not match metadata.json")
    if not is_as_written(metadata):
        raise CorruptArtifact(f"{name}: metadata.json has been changed since it was written")
    report = parse_json("report.json", files["report.json"])
    for model, value, what in (
        (_Metadata, metadata, "metadata.json"),
        (_Report, report, "report.json"),
    ):
        try:
            model.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise CorruptArtifact(f"{name}: {what}: {where}: {first['msg']}") from None
    if PASSPORT in files and read_passport(files[PASSPORT]) is None:
        raise CorruptArtifact(f"{name}: {PASSPORT} is damaged")
    if SOURCES in files and read_sources(files[SOURCES], metadata) is None:
        raise CorruptArtifact(f"{name}: {SOURCES} does not match metadata.json")
    return raw, metadata, report
