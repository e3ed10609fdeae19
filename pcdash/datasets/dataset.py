"""A stored dataset as lists show it, and its name: the SHA-256 of its content."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from pcdash.errors import NotFound
from pcdash.registry import durable

FORMAT = 1
"""Of the index."""

FOLDER = "datasets"
"""Below the artifacts folder, and the first part of a dataset's name in a configuration."""

LISTED_CLASSES = 40
"""Names that an index holds, so that lists stay quick to read."""

_HASH = re.compile(r"[0-9a-f]{64}")


def is_hash(name: object) -> bool:
    """Whether `name` has the form of a content hash; only such names ever become part of a path."""
    return isinstance(name, str) and _HASH.fullmatch(name) is not None


def root_of(key: str) -> str:
    """What ``dataset.root`` says for the dataset of this hash."""
    return f"{FOLDER}/{key}"


def stored_hash(root: str) -> str | None:
    """The hash in a ``dataset.root`` that names a stored dataset; None for any other folder."""
    folder, _, key = root.partition("/")
    return key if folder == FOLDER and is_hash(key) else None


@dataclass(frozen=True)
class Dataset:
    """One line of the list of datasets.

    Attributes
    ----------
    hash : str
        SHA-256 over the names and contents of its files, 64 hexadecimal digits.
    name : str
        For display.
    created_at : float
        Unix seconds.
    n_classes : int
    classes : tuple of str
        The first of them, fit to be shown.
    files : int
    is_split : bool
        Whether it says itself which files are for testing.
    size : int
        Bytes that it takes on disk.
    unreadable : int or None
        Files that cannot be read or were left out; None: nobody has looked yet.
    """

    hash: str
    name: str
    created_at: float
    n_classes: int
    classes: tuple[str, ...]
    files: int
    is_split: bool
    size: int
    unreadable: int | None = None

    @property
    def root(self) -> str:
        """What a configuration's ``dataset.root`` says for it."""
        return root_of(self.hash)


def index_of(dataset: Dataset) -> bytes:
    """What index.json holds."""
    return durable.to_json({"index_format": FORMAT, **asdict(dataset)}, field="index")


def from_index(key: str, about: dict[str, Any]) -> Dataset:
    """The dataset that an index describes; NotFound if it describes none."""
    with suppress(KeyError, TypeError):
        if about.pop("index_format") == FORMAT:
            return Dataset(**about | {"hash": key, "classes": tuple(about["classes"])})
    raise NotFound("the dataset's index.json is damaged")
