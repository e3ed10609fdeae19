"""Which modules of pcdash a pickled model needs, and no more: found by their imports."""

from __future__ import annotations

import ast
import importlib.util
import pickle
import pickletools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_OWN = "pcdash"


def modules_named(pipeline: Any) -> set[str]:
    """The modules of pcdash that unpickling `pipeline` imports."""
    words = (word for _, word, _ in pickletools.genops(pickle.dumps(pipeline)))
    names = {word for word in words if isinstance(word, str) and _is_own(word)}
    return {name for name in names if _source(name) is not None}


def closure(roots: Iterable[str]) -> dict[str, bytes]:
    """Sources of `roots`, of their packages, and of all that they import, at any depth.

    Parameters
    ----------
    roots : iterable of str
        Names of modules of pcdash.

    Returns
    -------
    dict of str to bytes
        Path below the folder that holds the package -> source.
    """
    found: dict[str, bytes] = {}
    pending, seen = list(roots), set()
    while pending:
        name = pending.pop()
        path = None if name in seen else _source(name)
        seen.add(name)
        if path is None:
            continue
        content = path.read_bytes()
        place = name.replace(".", "/")
        found[f"{place}/__init__.py" if path.name == "__init__.py" else f"{place}.py"] = content
        pending += [name.rpartition(".")[0], *imports_of(content)]
    return found


def imports_of(source: bytes) -> Iterator[str]:
    """Every name of pcdash that `source` imports, in functions too; some are no modules."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_own(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module and _is_own(node.module):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_own(name: str) -> bool:
    return name == _OWN or name.startswith(f"{_OWN}.")


def _source(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name) if name else None
    except (ModuleNotFoundError, ValueError):  # what is in a module is not a module
        return None
    return Path(spec.origin) if spec is not None and spec.origin else None
