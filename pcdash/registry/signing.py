"""An HMAC over a version's metadata: what tells a forger from the trainer.

SHA-256 in the metadata finds bit rot; whoever can write the model can write a new digest beside it.
The HMAC (RFC 2104, with SHA-256) covers the bytes of ``metadata.json``, and through the digest in
them those of the model, the golden answers and the version's name.

While a lost model is put back, the file holds two seals, of the metadata before and after: so it
fits at every moment, and what a crash leaves can be read.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from pcdash.errors import CorruptArtifact

HMAC_FILE = "metadata.hmac"
_DIGITS = 64


def seal(content: bytes, key: bytes) -> bytes:
    """What `HMAC_FILE` holds for the metadata `content`: 64 hexadecimal digits."""
    return hmac.new(key, content, hashlib.sha256).hexdigest().encode()


def check_seal(folder: Path, content: bytes, key: bytes) -> None:
    """Compare the seals in `folder`, one or two, with that of `content`, in constant time.

    Raises
    ------
    CorruptArtifact
        If there is none, or it was made with another key or for other metadata.
    """
    try:
        with (folder / HMAC_FILE).open("rb") as stream:
            found = stream.read(2 * _DIGITS + 1).split(b"\n")
    except OSError:
        raise CorruptArtifact(
            f"{HMAC_FILE} is missing: with a key, only versions sealed with it are loaded"
        ) from None
    expected = seal(content, key)
    if not any(hmac.compare_digest(one, expected) for one in found):
        raise CorruptArtifact(f"{HMAC_FILE} does not match the metadata and this server's key")
