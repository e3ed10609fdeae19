"""Putting back a model that was lost, step by step, so that a crash leaves nothing half done.

The version counts as damaged, as before, until the last step but one; then it is whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pcdash.errors import CorruptArtifact
from pcdash.registry import durable, verify
from pcdash.registry.naming import iso_time
from pcdash.registry.signing import HMAC_FILE, seal
from pcdash.registry.verify import DIGEST_FIELD, METADATA_FILE, MODEL_FILE


class Lost:
    """A version whose model may be missing or damaged; use it while holding the registry's lock.

    Parameters
    ----------
    folder : Path
    key : bytes, optional
        With one, the metadata must be sealed with it, and are so again.

    Raises
    ------
    CorruptArtifact
        If the metadata cannot be read.
    """

    def __init__(self, folder: Path, key: bytes | None) -> None:
        self._folder = folder
        self._key = key
        self.metadata = verify.read_metadata(folder, key)

    def is_lost(self) -> bool:
        """Whether the model is missing, or not what the metadata say."""
        try:
            verify.read_model_dir(self._folder, self._key)
        except CorruptArtifact:
            return True
        return False

    def is_exactly(self, model: bytes) -> bool:
        """Whether `model` has the very bytes that were lost."""
        return bool(hashlib.sha256(model).hexdigest() == self.metadata["sha256"])

    def put_back(self, model: bytes, changes: Mapping[str, Any], *, now: float) -> None:
        """Store `model`; other bytes than those that were lost are noted in the metadata."""
        if self.is_exactly(model):
            self._replace(MODEL_FILE, model)
            return
        about = {
            **self.metadata,
            **changes,
            "sha256": hashlib.sha256(model).hexdigest(),
            "size": len(model),
            "restored": {"at": iso_time(now), "sha256": self.metadata["sha256"]},
        }
        about[DIGEST_FIELD] = verify.digest_of(about)
        content = durable.to_json(about, field="metadata")
        if self._key is not None:
            before = (self._folder / METADATA_FILE).read_bytes()
            self._replace(HMAC_FILE, b"\n".join(seal(c, self._key) for c in (before, content)))
        self._replace(MODEL_FILE, model)
        self._replace(METADATA_FILE, content)
        if self._key is not None:
            with suppress(OSError):  # the version is whole, and two seals fit as one does
                self._replace(HMAC_FILE, seal(content, self._key))

    def _replace(self, name: str, content: bytes) -> None:
        durable.replace_file(self._folder / name, content, through=self._folder.parent)
