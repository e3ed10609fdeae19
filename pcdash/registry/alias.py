"""``models/current``: the relative link to the promoted version."""

from __future__ import annotations

from pathlib import Path

from pcdash.registry import durable
from pcdash.registry.naming import is_version

CURRENT = "current"
MISSING = "is missing"


def read_alias(models: Path) -> tuple[str | None, str]:
    """The version that ``current`` names, or None and what is wrong with the link.

    The link is read, not followed: a target outside of `models` is never looked at.
    """
    try:
        version = str((models / CURRENT).readlink())
    except FileNotFoundError:
        return None, MISSING
    except OSError:
        return None, "is not a link"
    if not is_version(version):
        return None, "does not name a version"
    if not is_version_folder(models / version):
        return None, f"names version {version}, which is gone"
    return version, ""


def point_alias(models: Path, version: str) -> None:
    """Let ``current`` name `version`, in one step for every reader."""
    durable.replace_link(models / CURRENT, version)


def is_version_folder(folder: Path) -> bool:
    """Whether `folder` is a real folder, not a link to one elsewhere."""
    return folder.is_dir() and not folder.is_symlink()
