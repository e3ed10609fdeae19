"""Faults at every step by which the registry changes the disk; also used by the long tests.

``survive(action, fault, folder)`` runs one action again and again on copies of a small registry,
each time with the fault at the next step, until the action gets through without meeting it.

``python registry_faults.py ARTIFACTS ACTION STEP`` does one action and dies by SIGKILL at a step.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

from pcdash.errors import Refused
from pcdash.registry import Registry

STEPS = ("open", "write", "fsync", "mkdir", "symlink", "replace", "rename", "unlink", "rmdir")
"""Functions of `os` by which the registry changes the disk."""

NEED_ROOM = frozenset({"open", "write", "fsync", "mkdir", "symlink"})
"""Those that a full disk refuses; what frees room still works."""

KEY = b"the key of the tests, and of nothing else"


class Fault(Enum):
    """What happens at the step."""

    KILL = "kill"
    FULL = "disk full"
    EIO = "input/output error"


ACTIONS: dict[str, Callable[[Registry], object]] = {
    "publish": lambda registry: registry.publish(b"new" * 1000, {"n": 9}, {"n": 9}),
    "promote": lambda registry: registry.promote(registry.versions()[-1].version),
    "rollback": lambda registry: registry.rollback(),
    "retain": lambda registry: registry.retain(1),
}

RESTORED = b"other bytes, the same answers"


def _restore(registry: Registry) -> None:
    version = registry.versions()[0].version
    registry.restore(version, RESTORED, registry.metadata(version), {"n": 10})


REPAIRS: dict[str, Callable[[Registry], object]] = {"restore": _restore}
"""What begins with a damaged version, its model lost."""


def open_registry(folder: Path) -> Registry:
    """A registry that seals, so that this is a step as well."""
    return Registry(folder, key=KEY)


@contextmanager
def failpoint(step: int, fault: Fault) -> Iterator[list[int]]:
    """Let the `step`-th change of the disk fail; the list holds how many there were.

    A full disk stays full: every later step that needs room fails too.
    """
    count = [0]

    def failing(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not _creates(*args, **kwargs):
                return function(*args, **kwargs)
            count[0] += 1
            if count[0] == step and fault is Fault.KILL:
                _write_half(name, function, args)
                os.kill(os.getpid(), signal.SIGKILL)
            if count[0] == step and fault is Fault.EIO:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            if count[0] >= step and fault is Fault.FULL and name in NEED_ROOM:
                if count[0] == step:
                    _write_half(name, function, args)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return function(*args, **kwargs)

        return call

    real = {name: getattr(os, name) for name in STEPS}
    for name, function in real.items():
        setattr(os, name, failing(name, function))
    try:
        yield count
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def survive(action: str, fault: Fault, folder: Path) -> list[str]:
    """Meet `fault` at every step of `action`; what came of each: refused, old or new.

    Old and new say whether the disk shows the action done.  Asserts after each step that a next
    start finds a sound registry in one of the two states, and can go on with it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    template = folder / "template"
    before = _state(_three_versions(template))
    after = _state_after(action, shutil.copytree(template, folder / "done", symlinks=True))
    outcomes = []
    for step in range(1, 200):
        place = shutil.copytree(template, folder / f"step-{step}", symlinks=True)
        met, refused = attempt(action, fault, place, step)
        registry = open_registry(place)  # the next start
        state = _state(registry)
        assert not _leftovers(place), (step, _leftovers(place))
        assert state in _allowed(action, before, after), (step, state)
        assert not refused or state == before or action == "retain", (step, state)
        registry.promote(registry.publish(b"next", {}, {}))
        shutil.rmtree(place)
        if not met:
            assert state == after
            break
        outcomes.append("refused" if refused else "new" if state == after else "old")
    return outcomes


State = tuple[bytes, frozenset[bytes]]
"""The promoted model, and all models; both verified."""


def _state(registry: Registry) -> State:
    current = registry.current()
    assert current is not None
    models = set()
    for info in registry.versions():
        assert info.problem is None, info
        models.add(registry.read_model(info.version)[0])
        assert registry.report(info.version) is not None
    return registry.read_model(current)[0], frozenset(models)


def _state_after(action: str, place: Path) -> State:
    registry = open_registry(place)
    ACTIONS[action](registry)
    return _state(registry)


def _allowed(action: str, before: State, after: State) -> list[State]:
    """Deleting several versions may end between two of them."""
    if action != "retain":
        return [before, after]
    current, models = before
    return [(current, models - gone) for gone in ({*()}, {b"model 0"}, {b"model 0", b"model 1"})]


def _three_versions(template: Path) -> Registry:
    """Three versions and more than one way back; the last one live, the second the way back."""
    registry = open_registry(template)
    for number in range(4):
        registry.promote(registry.publish(b"model %d" % number, {"n": number}, {"n": number}))
    return registry


def attempt(action: str, fault: Fault, place: Path, step: int) -> tuple[bool, bool]:
    """Whether the step was met, and whether the action was refused in words."""
    if fault is Fault.KILL:
        command = [sys.executable, __file__, str(place), action, str(step)]
        code = subprocess.run(command, timeout=60, check=False).returncode
        assert code in (0, -signal.SIGKILL), code
        return code != 0, False
    registry = open_registry(place)
    with failpoint(step, fault) as count:
        try:
            (ACTIONS | REPAIRS)[action](registry)
        except Refused as error:
            refused = error.message
        else:
            refused = ""
    assert str(place) not in refused
    return count[0] >= step, bool(refused)


def _leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(".tmp-")]


def _creates(path: Any, flags: int, *_args: Any, **_kwargs: Any) -> bool:
    return bool(flags & os.O_CREAT) and not os.path.lexists(path)


def _write_half(name: str, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """What a write that is cut off leaves behind."""
    if name == "write":
        descriptor, content = args
        function(descriptor, bytes(content)[: len(content) // 2])


def main(artifacts: str, action: str, step: str) -> None:
    registry = open_registry(Path(artifacts))
    with failpoint(int(step), Fault.KILL):
        (ACTIONS | REPAIRS)[action](registry)


if __name__ == "__main__":
    main(*sys.argv[1:])
