"""Log records as one line each: JSON for machines, words for a terminal.

Whatever strangers send may end up in a log, so nothing in a line can end it, colour it or pass for
another one: control characters are escaped in both forms, and known secrets are blanked.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Literal, TextIO

Form = Literal["auto", "text", "json"]
"""``auto``: words on a terminal, JSON everywhere else."""

FIELDS = ("request_id", "version", "job_id", "method", "route", "path", "status", "ms", "client")
"""What a record may say besides its message: by `bind`, or by ``extra=`` of the logging call."""

ACCESS = "pcdash.access"
"""Logger of the line that every request leaves."""

MAX_MESSAGE, MAX_TRACEBACK = 4_000, 16_000
"""Characters kept of each."""

BLANK = "[secret]"

# C0, DEL, C1, line and paragraph separators, and what turns the direction of writing around.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_bound: ContextVar[Mapping[str, Any] | None] = ContextVar("pcdash_log_fields", default=None)


def bind(**fields: object) -> None:
    """Let every record of this thread's request carry `fields`, of `FIELDS`, from now on."""
    _bound.set({**bound(), **fields})


def bound() -> Mapping[str, Any]:
    """What `bind` has set."""
    return _bound.get() or {}


def release() -> None:
    """Forget what `bind` has set: the thread turns to another request."""
    _bound.set(None)


class _Formatter(logging.Formatter):
    """What both forms share.

    Parameters
    ----------
    secrets : iterable of str
        Texts that must not appear in any log.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def _clean(self, text: str, longest: int) -> str:
        for secret in self._secrets:
            text = text.replace(secret, BLANK)
        return text if len(text) <= longest else f"{text[:longest]} [...]"

    def _message(self, record: logging.LogRecord) -> str:
        return self._clean(record.getMessage(), MAX_MESSAGE)

    def _traceback(self, record: logging.LogRecord) -> str:
        if not record.exc_info:
            return ""
        return self._clean(self.formatException(record.exc_info), MAX_TRACEBACK)

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        known = {**bound(), **vars(record)}
        said = {name: known[name] for name in FIELDS if known.get(name) is not None}
        return {
            name: self._clean(value, MAX_MESSAGE) if isinstance(value, str) else value
            for name, value in said.items()
        }


class JsonFormatter(_Formatter):
    """One JSON object a line, ASCII only."""

    def format(self, record: logging.LogRecord) -> str:
        """Return ``{"time", "level", "logger", "pid", "message", ...FIELDS, "traceback"?}``."""
        line: dict[str, Any] = {
            "time": _utc(record.created),
            "level": record.levelname,
            "logger": record.name,
            "pid": record.process,
            "message": self._message(record),
            **self._fields(record),
        }
        if traceback := self._traceback(record):
            line["traceback"] = traceback
        # ASCII escapes C1 and bidi characters too; DEL is the one that JSON leaves as it is.
        return json.dumps(line, default=str).replace("\x7f", "\\u007f")


class TextFormatter(_Formatter):
    """Words for whoever looks at the terminal; only a traceback takes more than a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return ``HH:MM:SS LEVEL message``, and an indented traceback."""
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        lines = [f"{clock} {record.levelname:7} {visible(self._message(record))}"]
        lines += [f"    {visible(line)}" for line in self._traceback(record).splitlines()]
        return "\n".join(lines)


def visible(text: str) -> str:
    r"""`text` with every character that would act instead of show written as ``\x1b`` or so."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def configure(
    form: Form = "auto", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send every record of this process to `stream`, stderr by default, from INFO on.

    In words the requests that went well are left out: an open page asks every second.
    """
    stream = stream or sys.stderr
    words = form == "text" or (form == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter(secrets) if words else JsonFormatter(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger(ACCESS).setLevel(logging.WARNING if words else logging.INFO)
    # It warns of every request that waits a moment for a thread.
    logging.getLogger("waitress").setLevel(logging.ERROR)


def _utc(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"
