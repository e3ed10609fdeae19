"""Where the packaged folders are: inside an installed wheel, or beside the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    packaged = _PACKAGE / f"_{name}"
    return packaged if packaged.exists() else _PACKAGE.parent / name


def assets_dir() -> Path:
    """The page's style sheets and scripts."""
    return _folder("assets")


def licence() -> Path:
    """The text of the licence."""
    return _folder("LICENSE")


def configs_dir() -> Path:
    """The presets: train.yaml, quick.yaml, serve.yaml ..."""
    return _folder("configs")
