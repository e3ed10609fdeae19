"""What the disk refuses, in plain words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from pcdash.errors import Refused
from pcdash.registry.alias import CURRENT


@contextmanager
def disk_errors(action: str) -> Iterator[None]:
    """Say in plain words, without a path, why the disk did not do as asked."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EISDIR:
            why = f"models/{CURRENT} is a folder, not a link; move it away"
        else:
            why = error.strerror or type(error).__name__
        raise Refused(f"cannot {action}: {why}") from error
