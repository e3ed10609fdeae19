"""Reading a stored model: nothing is handed on before its bytes match its metadata.

The pickle inside is not looked at here.  A flipped bit in one can crash the interpreter or, worse,
predict wrongly without a word; so the bytes are read once, hashed, and those very bytes returned.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from pcdash.errors import CorruptArtifact, NotFound
from pcdash.registry.durable import to_json
from pcdash.registry.naming import is_version
from pcdash.registry.signing import check_seal

MODEL_FILE = "model.joblib"
METADATA_FILE = "metadata.json"
FORMAT = 1
"""Layout of a version's folder; a reader refuses numbers it does not know."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
DIGEST_FIELD = "digest"
"""Field of the metadata with a digest of all the others."""

_MAX_JSON = 16 * 2**20
"""Bytes of metadata or report that are read at all."""


def read_json(path: Path) -> dict[str, Any]:
    """The object in the JSON file `path`.

    Raises
    ------
    NotFound
        If there is no such file.
    CorruptArtifact
        If it cannot be read, is larger than 16 MiB, or is anything but one JSON object.
    """
    return parse_json(path.name, _read_bounded(path))


def _read_bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_JSON + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"{path.name} is missing") from None
    except OSError as error:
        raise CorruptArtifact(f"{path.name} cannot be read: {error.strerror}") from None
    if len(content) > _MAX_JSON:
        raise CorruptArtifact(f"{path.name} is larger than {_MAX_JSON // 2**20} MiB")
    return content


def parse_json(name: str, content: bytes) -> dict[str, Any]:
    """The object in `content`, JSON that is called `name`; CorruptArtifact if there is none."""
    try:
        value = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise CorruptArtifact(f"{name} is not valid JSON") from None
    if not isinstance(value, dict):
        raise CorruptArtifact(f"{name} must hold one JSON object")
    return value


def read_metadata(folder: Path, key: bytes | None = None) -> dict[str, Any]:
    """The metadata in `folder`, with the fields that every version has checked.

    Raises
    ------
    CorruptArtifact
        If the file is missing or damaged, its format number is unknown, or ``version``,
        ``sha256`` or ``size`` are not what `Registry.publish` writes; and with a `key`, if it is
        not sealed with it.
    """
    try:
        content = _read_bounded(folder / METADATA_FILE)
    except NotFound as error:
        raise CorruptArtifact(error.message) from None
    if key is not None:
        check_seal(folder, content, key)
    return parse_metadata(content)


def parse_metadata(content: bytes) -> dict[str, Any]:
    """The metadata in `content`, with the fields that every version has checked.

    Raises
    ------
    CorruptArtifact
        As `read_metadata`.
    """
    metadata = parse_json(METADATA_FILE, content)
    _check_field(metadata, "format", metadata.get("format") == FORMAT, f"the number {FORMAT}")
    _check_field(metadata, "version", is_version(metadata.get("version")), "YYYYMMDD-HHMMSS")
    digest = metadata.get("sha256")
    whole = isinstance(digest, str) and _SHA256.fullmatch(digest) is not None
    _check_field(metadata, "sha256", whole, "64 hexadecimal digits")
    size = metadata.get("size")
    _check_field(metadata, "size", type(size) is int and size >= 0, "a number of bytes")
    return metadata


def digest_of(metadata: Mapping[str, Any]) -> str:
    """SHA-256 over all of the metadata but the digest itself, whatever the order of its fields."""
    rest = {key: value for key, value in metadata.items() if key != DIGEST_FIELD}
    return hashlib.sha256(to_json(rest, field="metadata", indent=None)).hexdigest()


def is_as_written(metadata: Mapping[str, Any]) -> bool:
    """Whether not one value has changed since `Registry.publish` wrote the metadata.

    That finds bit rot; against a forger, who can write a new digest, there is the seal.
    """
    return metadata.get(DIGEST_FIELD) == digest_of(metadata)


def read_model_dir(path: Path, key: bytes | None = None) -> tuple[bytes, dict[str, Any]]:
    """Read the model in the folder `path`, wherever that is, and check it against its metadata.

    Symbolic links in `path` are followed once, before anything is read: a promotion in between
    cannot pair the model of one version with the metadata of another.

    Parameters
    ----------
    path : Path
        A folder with ``model.joblib`` and ``metadata.json``.
    key : bytes, optional
        With one, the metadata must be sealed with it.

    Returns
    -------
    model : bytes
        Exactly the bytes that were hashed.
    metadata : dict

    Raises
    ------
    NotFound
        If there is no such folder.
    CorruptArtifact
        If one of the files is missing or damaged; the message says what is wrong.
    """
    try:
        folder = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a loop of links, before Python 3.13
        raise NotFound(f"there is no folder {path.name}") from None
    if not folder.is_dir():
        raise NotFound(f"{path.name} is not a folder")
    metadata = read_metadata(folder, key)
    model = _read_exactly(folder / MODEL_FILE, metadata["size"])
    if hashlib.sha256(model).hexdigest() != metadata["sha256"]:
        raise CorruptArtifact(f"{MODEL_FILE} does not match the SHA-256 in {METADATA_FILE}")
    return model, metadata


def _read_exactly(path: Path, size: int) -> bytes:
    """The bytes of `path` if there are `size` of them; the length on disk is looked at first."""
    try:
        found = path.stat().st_size
        if found != size:
            raise CorruptArtifact(f"{path.name} has {found:,} bytes instead of {size:,}")
        with path.open("rb") as stream:
            content = stream.read(size)
    except FileNotFoundError:
        raise CorruptArtifact(f"{path.name} is missing") from None
    except OSError as error:
        raise CorruptArtifact(f"{path.name} cannot be read: {error.strerror}") from None
    return content


def _check_field(metadata: dict[str, Any], key: str, holds: bool, expected: str) -> None:
    if not holds:
        state = "is missing" if key not in metadata else f"must be {expected}"
        raise CorruptArtifact(f"{METADATA_FILE}: {key} {state}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
