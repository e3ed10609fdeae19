"""The use cases of labelled scans: keep, look at, measure on, delete."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pcdash.core.cloud import PointCloud
from pcdash.core.params import SyntheticData
from pcdash.core.synthetic import SyntheticChunk
from pcdash.datasets import Dataset, DatasetStore, root_of
from pcdash.errors import InvalidInput, Refused
from pcdash.files import display_name
from pcdash.jobs import Job
from pcdash.registry import Registry
from pcdash.settings import Settings
from pcdash.workbench.scratch import ScratchStore
from pcdash.workbench.trainings import DATASET, EVALUATE, Trainings, below_data_root

_MIB = 1 << 20
_ALL_JOBS = 1000


@dataclass(frozen=True)
class DiskUse:
    """How full the store of datasets is.

    Attributes
    ----------
    used, quota : int
        Bytes.
    """

    used: int
    quota: int


class Datasets:
    """The datasets of a workbench.

    Parameters
    ----------
    settings : Settings
    registry : Registry
        Whose versions may need a dataset.
    trainings : Trainings
        Whose queue takes the jobs.
    scratch : ScratchStore
        Where uploads lie.
    store : DatasetStore
        Of the settings' artifacts.
    """

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        trainings: Trainings,
        scratch: ScratchStore,
        store: DatasetStore,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._trainings = trainings
        self._scratch = scratch
        self._store = store

    def start(self) -> None:
        """Remove what a dead process has left unfinished."""
        self._sweep_beside()

    # -- looking ------------------------------------------------------------------------------

    def all(self) -> list[Dataset]:
        """Every dataset, the newest first."""
        return self._store.all()

    def get(self, key: str) -> Dataset:
        """One dataset; NotFound if there is none of that hash."""
        return self._store.get(key)

    def preview(self, key: str) -> dict[str, Any] | None:
        """What is in a dataset, see `pcdash.datasets.inspect`; None if nobody has looked yet."""
        return self._store.preview(key)

    def disk_use(self, stored: Sequence[Dataset] | None = None) -> DiskUse:
        """How much room datasets take, and may take; `stored` is `all`, if it is at hand."""
        used = sum(dataset.size for dataset in (self.all() if stored is None else stored))
        return DiskUse(used, self._settings.limits.dataset_quota_mib * _MIB)

    def kept_for(self, key: str) -> str | None:
        """Why a dataset must not be deleted now, or None."""
        # Jobs first: one that ends meanwhile has published its version by then.
        for job in self._trainings.queue.active():
            if key in json.dumps(job.payload):
                return f"it is needed by the job '{job.title}'"
        needing = [
            info.version
            for info in self._registry.versions()
            if _names(info.metadata.get("config"), key)
        ]
        if needing:
            more = f" and {len(needing) - 1} more" if needing[1:] else ""
            return f"version {needing[0]}{more} could not be reproduced without it"
        return None

    # -- jobs ---------------------------------------------------------------------------------

    def add_upload(self, upload_id: str, name: str = "") -> Job:
        """Take in an uploaded zip of labelled scans.

        Parameters
        ----------
        upload_id : str
        name : str
            For display; empty: as the file is called.

        Raises
        ------
        NotFound, InvalidInput, QueueFull, Refused
        """
        kept = self._scratch.get(upload_id)
        file_name = display_name(str(kept.about["name"]))
        if Path(file_name).suffix.lower() != ".zip":
            raise InvalidInput(
                f"{file_name}: expected a zip with a folder for each class", field="upload_id"
            )
        return self._add(kept.path, file_name, name, upload=True)

    def add_folder(self, folder: str, name: str = "") -> Job:
        """Take in a folder of labelled scans, or a zip of one, below ``data_root``.

        Raises
        ------
        Refused
            If the server has no ``data_root``.
        InvalidInput, QueueFull
        """
        path = below_data_root(self._settings, folder, field="folder")
        return self._add(path, path.name, name, upload=False)

    def look(self, key: str) -> Job:
        """Look at a dataset whose preview was interrupted; the job under way, if there is one."""
        dataset = self.get(key)
        return self._submit(
            DATASET, {"hash": key}, title=f"Look at {dataset.name}", unique=f"look {key}"
        )

    def evaluate(self, key: str, version: str) -> Job:
        """Measure a version on a dataset; the job under way, if there is one.

        Raises
        ------
        NotFound, QueueFull, Refused
        """
        dataset = self.get(key)
        self._registry.metadata(version)
        return self._submit(
            EVALUATE,
            {"hash": key, "version": version},
            title=f"{version} on {dataset.name}",
            unique=f"evaluate {key} {version}",
        )

    def jobs(self, kind: str) -> list[Job]:
        """The remembered jobs of a kind, the newest first: ``dataset`` or ``evaluate``."""
        return self._trainings.queue.list(_ALL_JOBS, kind=kind)

    def delete(self, key: str) -> None:
        """Remove a dataset for good.

        Raises
        ------
        NotFound
        Refused
            If a version could not be reproduced without it, a job needs it, or the disk refuses.
        """
        why = self.kept_for(key)
        if why is not None:
            raise Refused(f"the dataset is kept: {why}")
        self._store.delete(key)
        self._sweep_beside()

    def _sweep_beside(self) -> None:
        """Free room without letting anybody wait; if the process ends first, the next one does."""
        threading.Thread(target=self._store.sweep, name="dataset-sweeper", daemon=True).start()

    def _add(self, path: Path, file_name: str, name: str, *, upload: bool) -> Job:
        name = display_name(name.strip() or Path(file_name).stem)
        source = {"path": str(path), "file_name": file_name, "name": name, "upload": upload}
        return self._submit(DATASET, {"source": source}, title=f"Add {name}", unique=f"add {path}")

    def _submit(self, kind: str, payload: Mapping[str, Any], *, title: str, unique: str) -> Job:
        limits = self._settings.limits
        about = {
            "artifacts": str(self._settings.artifacts),
            "quota": limits.dataset_quota_mib * _MIB,
            "max_file": limits.file_mib * _MIB,
            "max_points": limits.file_points,
        }
        return self._trainings.queue.submit(kind, {**about, **payload}, title=title, unique=unique)

    # -- synthetic data -----------------------------------------------------------------------

    def sample(self, recipe: SyntheticData, seed: int, number: int) -> PointCloud:
        """Draw one cloud as a training by `recipe` would; the classes take turns.

        Parameters
        ----------
        recipe : SyntheticData
        seed : int
        number : int
            Which of the clouds of that seed.
        """
        label = number % len(recipe.classes)
        stream = np.random.SeedSequence([seed, number])
        chunk = SyntheticChunk(recipe, label, "train", 1, stream)
        ((_, points),) = chunk.clouds()
        return PointCloud(points, recipe.classes[label])


def _names(config: object, key: str) -> bool:
    """Whether a configuration names this dataset."""
    data = config.get("dataset") if isinstance(config, Mapping) else None
    return isinstance(data, Mapping) and data.get("root") == root_of(key)
