"""Payloads that no page sends: what it sends, changed at random."""

from __future__ import annotations

import copy
import random
from typing import Any

STRANGE: tuple[Any, ...] = (
    None, True, -1, 1e300, "", "x", "text.children", [], [[]], {}, {"id": {}},
    {"type": "row", "index": 1}, "../../etc/passwd", "\0", "__class__", "f" * 32, 2**70,
)  # fmt: skip


def forged(payload: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A copy of `payload` after none, one or two changes."""
    changed = copy.deepcopy(payload)
    for _ in range(rng.choice((0, 1, 1, 2))):
        mutate(changed, rng)
    return changed


def mutate(payload: Any, rng: random.Random) -> None:
    """Replace, remove or double one value anywhere in `payload`."""
    here = payload
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = rng.choice(keys)
        if isinstance(here[key], dict | list) and here[key] and rng.random() < 0.7:
            here = here[key]
            continue
        action = rng.random()
        if action < 0.6:
            here[key] = copy.deepcopy(rng.choice(STRANGE))
        elif action < 0.8:
            del here[key]
        elif isinstance(here, list):
            here.append(here[key])
        return
