"""Every part of the soak on one page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import soak_faults
import soak_generated
import soak_guards
import soak_load
import soak_trainings
from soak_report import Figure

Part = Callable[[Path, float], list[Figure]]
"""Gets a fresh artifacts folder and the scale; 1 is the long form."""

PARTS: dict[str, Part] = {
    "publishing": soak_load.publishing,
    "overload": soak_load.overload,
    "slow": soak_load.slow,
    "disconnects": soak_load.disconnects,
    "memory": soak_load.memory,
    "processes": soak_load.processes,
    "kills": soak_faults.kills,
    "trainings": soak_trainings.trainings,
    "corrupted": soak_faults.corrupted,
    "publish-steps": soak_generated.publish_steps,
    "contract": soak_generated.contract,
    "forged": soak_generated.forged,
    "files": soak_generated.files,
    "browser": soak_generated.browser,
    "guards": soak_guards.guards,
}
"""Name on the command line -> what is done; the docstring says what."""
