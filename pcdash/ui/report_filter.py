"""Which of a version's test clouds are asked for: all mistakes, a cell, a selection on the map."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcdash.core.examination.evidence import Evidence
from pcdash.ui import report_parts as parts
from pcdash.ui.wording import counted
from pcdash.workbench.dossier import Dossier, surest_first

MISTAKES = "mistakes"
"""Filter of the gallery at first; others are ``cell TRUE SAID`` and ``rows N,N,...``."""

_CELL = re.compile(r"cell ([0-9]{1,4}) ([0-9]{1,4})")
_ROWS = re.compile(r"rows ([0-9]{1,5}(?:,[0-9]{1,5})*)")


def chosen_clouds(
    evidence: Evidence, dossier: Dossier, chosen: Any
) -> tuple[NDArray[np.int64], str]:
    """Return the clouds that a filter lets through, and what they are in words."""
    text = chosen if isinstance(chosen, str) else MISTAKES
    if cell := _CELL.fullmatch(text):
        true, said = int(cell[1]), int(cell[2])
        if true < len(dossier.classes) and said < len(dossier.classes):
            found = surest_first(evidence, (evidence.truth == true) & (evidence.said == said))
            names = dossier.classes[true], dossier.classes[said]
            return found, parts.cell_caption(dossier, (true, said), names, len(found))
    if rows := _ROWS.fullmatch(text):
        mask = np.zeros(len(evidence.said), dtype=bool)
        numbers = np.array(rows[1].split(","), dtype=np.int64)
        mask[numbers[numbers < len(mask)]] = True
        found = surest_first(evidence, mask)
        return found, f"{counted(len(found), 'cloud')} selected on the map."
    found = surest_first(evidence, evidence.truth != evidence.said)
    return found, parts.mistakes_caption(evidence, len(found))
