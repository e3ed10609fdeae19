"""An earlier training as something that may be asked for once more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pcdash.datasets import stored_hash
from pcdash.errors import NotFound
from pcdash.settings import Settings

_NOT_FOR_REQUESTS = frozenset({"artifacts_dir", "compute"})


def asked_again(params: object, settings: Settings) -> dict[str, Any]:
    """Return the configuration of an earlier training as a request would give it.

    Without what only the command line may set; a folder is named as seen from where requests may
    read, and left open if it lies elsewhere: no path of the server goes to a browser.

    Parameters
    ----------
    params : object
        A `TrainParams` as JSON values, from a job's payload or a version's report.
    settings : Settings

    Raises
    ------
    NotFound
        If there is no configuration.
    """
    if not isinstance(params, Mapping) or not params:
        raise NotFound("the settings of that training are not known")
    config = {key: value for key, value in params.items() if key not in _NOT_FOR_REQUESTS}
    data = config.get("dataset")
    if isinstance(data, Mapping) and "root" in data:
        config["dataset"] = {**data, "root": _as_asked(str(data["root"]), settings)}
    return config


def _as_asked(root: str, settings: Settings) -> str:
    """A stored dataset's name, or a folder's as seen from ``data_root``; empty for any other."""
    if stored_hash(root) is not None:
        return root
    stored = settings.artifacts / "datasets"
    places = [(stored, stored.parent)]
    if settings.data_root is not None:
        places.append((Path(settings.data_root), Path(settings.data_root)))
    path = Path(root)
    for allowed, seen_from in places:
        if path.is_absolute() and path.is_relative_to(allowed.resolve()):
            return path.relative_to(seen_from.resolve()).as_posix()
    return ""
