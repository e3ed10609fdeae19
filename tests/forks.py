"""Processes that need not import the package: forked from one that has, once for all tests.

A fresh ``python -m pcdash`` spends a second or two on imports before it does what is tested.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pcdash.app", "pcdash.cli", "pcdash.workbench"])

DEADLINE = 300.0
"""Seconds after which a process that should have ended has not."""


def pcdash(*arguments: str, cwd: Path, **environment: str) -> CompletedProcess[str]:
    """What ``python -m pcdash`` does with `arguments`, as a shell in `cwd` would see it."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder)
        given = {**os.environ, **environment}
        process = FORKS.Process(target=_main, args=(arguments, cwd, given, said))
        process.start()
        process.join(DEADLINE)
        assert process.exitcode is not None, f"{arguments} did not end"
        out, err = ((said / name).read_text() for name in ("out", "err"))
    return CompletedProcess(arguments, process.exitcode, out, err)


def _main(
    arguments: tuple[str, ...], cwd: Path, environment: Mapping[str, str], said: Path
) -> None:
    for stream, name in ((sys.stdout, "out"), (sys.stderr, "err")):
        with (said / name).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["python -m pcdash", *arguments]

    from pcdash.cli import main

    main()
