"""One record, one line, whatever is in it."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcdash import logs

EXAMPLES = settings(derandomize=True, deadline=None, database=None)
SECRET = "correct-horse-battery-staple"


def record(message: str, *arguments: object, error: bool = False, **extra: object) -> Any:
    info = sys.exc_info() if error else None
    made = logging.LogRecord("pcdash.x", logging.INFO, __file__, 1, message, arguments, info)
    vars(made).update(extra)
    return made


@EXAMPLES
@given(text=st.text(), path=st.text())
def test_any_text_is_one_line_of_plain_ascii_and_comes_back(text: str, path: str) -> None:
    line = logs.JsonFormatter().format(record("%s", text, path=path))
    assert line.isascii()
    assert line.isprintable()
    parsed = json.loads(line)
    assert (parsed["message"], parsed["path"]) == (text, path)


@EXAMPLES
@given(text=st.text())
def test_words_show_every_character_and_obey_none(text: str) -> None:
    line = logs.TextFormatter().format(record("%s", text))
    assert "\n" not in line
    assert "\x1b" not in line
    assert logs.visible(line) == line


def test_what_acts_is_written_out() -> None:
    assert logs.visible("a\r\n\x1b[2J\x9b\u202e\u2028ü") == ("a\\r\\n\\x1b[2J\\x9b\\u202e\\u2028ü")


@pytest.mark.parametrize("formatter", [logs.JsonFormatter, logs.TextFormatter])
def test_secrets_are_blanked_wherever_they_are(formatter: type[logging.Formatter]) -> None:
    try:
        raise RuntimeError(f"token {SECRET}")
    except RuntimeError:
        made = record("asked with %s", SECRET, error=True, path=f"/x/{SECRET}")
    line = formatter((SECRET,)).format(made)  # type: ignore[arg-type] # ours take secrets
    assert SECRET not in line
    assert line.count(logs.BLANK) == (3 if formatter is logs.JsonFormatter else 2)


def test_a_record_is_bounded() -> None:
    try:
        raise RuntimeError("y" * 1_000_000)
    except RuntimeError:
        made = record("%s", "x" * 1_000_000, error=True, path="z" * 1_000_000)
    assert len(logs.JsonFormatter().format(made)) < 30_000
    assert len(logs.TextFormatter().format(made)) < 30_000


def test_fields_come_from_the_call_or_from_the_request() -> None:
    logs.bind(request_id="a" * 32, version="1")
    logs.bind(version="2")
    try:
        parsed = json.loads(logs.JsonFormatter().format(record("x", job_id="b", other="c")))
    finally:
        logs.release()
    assert {key: parsed[key] for key in ("request_id", "version", "job_id")} == {
        "request_id": "a" * 32,
        "version": "2",
        "job_id": "b",
    }
    assert "other" not in parsed
    assert logs.bound() == {}


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("form", "stream", "is_json"),
    [
        ("auto", StringIO, True),
        ("auto", Terminal, False),
        ("text", StringIO, False),
        ("json", Terminal, True),
    ],
)
def test_the_form_follows_the_setting_and_the_terminal(
    form: Any, stream: type[StringIO], is_json: bool
) -> None:
    root, access = logging.getLogger(), logging.getLogger(logs.ACCESS)
    kept = (root.handlers[:], root.level, access.level, logging.getLogger("waitress").level)
    root.handlers.clear()  # or they would be closed
    target = stream()
    try:
        logs.configure(form, stream=target)
        access.info("GET / 200")
        access.warning("GET / 404")
        lines = target.getvalue().splitlines()
    finally:
        logging.captureWarnings(False)
        root.handlers[:], root.level = kept[0], kept[1]
        access.setLevel(kept[2])
        logging.getLogger("waitress").setLevel(kept[3])
    assert len(lines) == (2 if is_json else 1)
    assert all(line.startswith("{") for line in lines) == is_json
