"""What is in a dataset: counts, sizes, pictures, faults, duplicates; however large, in bounds."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.parallel import in_parallel
from pcdash.core.progress import Progress
from pcdash.datasets.looking import SHOWN_CLASSES, Look, pictured, pictures_a_class, pieces
from pcdash.files import (
    LabelledFile,
    LabelledFolder,
    ReadLimits,
    SkippedFile,
    display_name,
    scan_folder,
)

FORMAT = 1
"""Of a preview."""

SHOWN_FAULTS = 200
SHOWN_DUPLICATES = 100
SHOWN_COPIES = 6
BINS = 24


def inspect(
    root: Path,
    progress: Progress,
    *,
    left_out: Sequence[SkippedFile] = (),
    limits: ReadLimits | None = None,
    start: float = 0.0,
) -> dict[str, Any]:
    """Read every file of a labelled folder and sum up what is in it.

    Parameters
    ----------
    root : Path
    progress : Progress
        Reported as stage ``look`` from `start` to 1.
    left_out : sequence of SkippedFile
        What did not come into the folder at all, and why.
    limits : ReadLimits, optional
    start : float

    Returns
    -------
    dict
        JSON values: ``files``, ``is_split``, ``balance``, ``classes``, ``points``, ``pictures``,
        ``faults`` and ``duplicates``; see the functions that make them.

    Raises
    ------
    InvalidInput
        If it is no labelled folder.
    Cancelled
        If `progress` says so.
    """
    folder = scan_folder(root)
    files = folder.files
    looks: list[Look] = []
    work = list(pieces(files, pictured(folder), limits or ReadLimits()))
    for found in in_parallel(work, None):
        looks += found
        done = f"{len(looks):,} of {len(files):,} files"
        progress.report("look", start + (1 - start) * len(looks) / len(files), done)
    return {
        "preview_format": FORMAT,
        "files": len(files),
        "is_split": folder.is_split,
        **_counts(folder, looks),
        "points": _sizes([look.points for look in looks if not look.problem]),
        "pictures": _pictures(folder, looks),
        "faults": _faults(files, looks, [*left_out, *folder.skipped]),
        "duplicates": _duplicates(files, looks),
    }


def _counts(folder: LabelledFolder, looks: Sequence[Look]) -> dict[str, Any]:
    """How many readable files each class has.

    ``classes`` holds ``name``, and ``train`` and ``test`` where split, else ``all``, of the first
    ones; ``balance`` the name and count of the smallest and the largest of all, and their number.
    """
    parts = ("train", "test") if folder.is_split else ("all",)
    counts = {label: dict.fromkeys(parts, 0) for label in folder.classes}
    for file, look in zip(folder.files, looks, strict=True):
        counts[file.label][file.part or "all"] += not look.problem
    totals = {label: sum(count.values()) for label, count in counts.items()}
    least, most = min(totals, key=totals.__getitem__), max(totals, key=totals.__getitem__)
    return {
        "balance": {
            "classes": len(totals),
            "least": [display_name(least), totals[least]],
            "most": [display_name(most), totals[most]],
        },
        "classes": [
            {"name": display_name(label), **counts[label]}
            for label in folder.classes[:SHOWN_CLASSES]
        ],
    }


def _sizes(points: Sequence[int]) -> dict[str, Any] | None:
    """How many points the clouds have: ``low``, ``median``, ``high`` and a logarithmic histogram.

    Bin i of ``counts`` reaches from ``edges[i]`` to ``edges[i + 1]``; None if nothing is readable.
    """
    if not points:
        return None
    low, high = min(points), max(points)
    edges = np.unique(np.geomspace(low, high + 1, BINS + 1).round().astype(int))
    counts, _ = np.histogram(points, edges)
    return {
        "low": low,
        "median": int(np.median(points)),
        "high": high,
        "edges": edges.tolist(),
        "counts": counts.tolist(),
    }


def _pictures(folder: LabelledFolder, looks: Sequence[Look]) -> list[dict[str, Any]]:
    """A few clouds of each class: ``class``, ``file`` and ``points``, base64 of (k, 3) int8."""
    most = pictures_a_class(folder)
    shown: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for file, look in zip(folder.files, looks, strict=True):
        if look.picture and len(shown[file.label]) < most:
            drawn = base64.b64encode(look.picture).decode()
            named = {"class": display_name(file.label), "file": file.name}
            shown[file.label].append({**named, "points": drawn})
    return [picture for label in folder.classes for picture in shown[label]]


def _faults(
    files: Sequence[LabelledFile], looks: Sequence[Look], left_out: Sequence[SkippedFile]
) -> dict[str, Any]:
    """What is no cloud: ``unreadable`` and ``left_out`` counts, ``shown``: file and reason."""
    pairs = zip(files, looks, strict=True)
    unreadable = [(file.name, look.problem) for file, look in pairs if look.problem]
    others = [(file.name, f"left out: {file.reason}") for file in left_out]
    shown = [*unreadable, *others][:SHOWN_FAULTS]
    return {
        "unreadable": len(unreadable),
        "left_out": len(others),
        "shown": [{"file": name, "reason": reason} for name, reason in shown],
    }


def _duplicates(files: Sequence[LabelledFile], looks: Sequence[Look]) -> dict[str, Any]:
    """Clouds that are there more than once, point by point.

    ``groups`` of equal clouds, of which ``across`` reach over train and test, and ``relabelled``
    have different classes; ``shown`` has the files of the worst.
    """
    same: dict[str, list[LabelledFile]] = defaultdict(list)
    for file, look in zip(files, looks, strict=True):
        if not look.problem:
            same[look.content].append(file)
    groups = [group for group in same.values() if len(group) > 1]
    described = [
        {
            "across": len({file.part for file in group}) > 1,
            "relabelled": len({file.label for file in group}) > 1,
            "files": [file.name for file in group[:SHOWN_COPIES]],
            "more": max(0, len(group) - SHOWN_COPIES),
        }
        for group in groups
    ]
    described.sort(key=lambda one: (not one["relabelled"], not one["across"]))
    return {
        "groups": len(groups),
        "across": sum(bool(one["across"]) for one in described),
        "relabelled": sum(bool(one["relabelled"]) for one in described),
        "shown": described[:SHOWN_DUPLICATES],
    }
