"""The use cases of a few unlabelled scans: fit a training to them, see what it has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pcdash.core.cloud import Points
from pcdash.core.trust.likeness import FEWEST_SCANS, MOST_SCANS
from pcdash.core.trust.quality import Quality
from pcdash.errors import InvalidInput, NotFound
from pcdash.files import display_name
from pcdash.jobs import Job
from pcdash.registry import Registry
from pcdash.settings import Settings
from pcdash.workbench.imitation import Imitation, imitate
from pcdash.workbench.scratch import ScratchStore
from pcdash.workbench.serving import ModelServer
from pcdash.workbench.trainings import IMITATE, REREAD, Trainings
from pcdash.workbench.turns import Turns

_PATIENCE = 10.0
_PLACES = 4
"""Seconds that one recipe waits for another, and how many may: each takes a prediction's turn and
seconds of a core."""


class Scans:
    """What a workbench does with scans that nobody has labelled.

    Parameters
    ----------
    settings : Settings
    registry : Registry
        Whose versions are asked.
    trainings : Trainings
        Whose queue takes the jobs: a recipe takes seconds.
    scratch : ScratchStore
        Where the scans of the page lie.
    models : ModelServer
        What is in service.
    turns : Turns
        The server's, of which a recipe holds one.
    """

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        trainings: Trainings,
        scratch: ScratchStore,
        models: ModelServer,
        turns: Turns,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._trainings = trainings
        self._scratch = scratch
        self._models = models
        self._turns = turns
        self._writing = Turns(1, patience=_PATIENCE, places=_PLACES)

    def quality(self, points: Points) -> Quality | None:
        """What an accepted scan is like; None while no calibrated version is in service."""
        model = self._models.loaded
        if model is None or model.trust is None:
            return None
        return model.trust.quality(model.features([points])[0], len(points))

    def recipe(self, clouds: Iterable[Points], seed: int = 0) -> Imitation:
        """Write the recipe that looks like accepted scans, now: some seconds.

        Raises
        ------
        Busy
            If others are being written, or as much else that is slow is under way as may be.
        ModelUnavailable, Refused, InvalidInput
            See `pcdash.workbench.imitation.imitate`.
        """
        with self._turns.costing("imitate"), self._writing.taken():
            return imitate(self._models.active, clouds, seed)

    def imitate(self, cloud_ids: Sequence[str]) -> Job:
        """Queue the same for clouds that `Workbench.keep` has kept; the job under way, if there is.

        Raises
        ------
        ModelUnavailable, NotFound, InvalidInput, QueueFull, Refused
        """
        if not FEWEST_SCANS <= len(cloud_ids) <= MOST_SCANS:
            raise InvalidInput(
                f"add {FEWEST_SCANS} to {MOST_SCANS} scans, not {len(cloud_ids)}", field="scans"
            )
        payload = {"version": self._models.active.version}
        return self._submit(IMITATE, cloud_ids, payload, title=f"Fit to {len(cloud_ids)} scans")

    def reread(self, cloud_ids: Sequence[str], versions: Sequence[str]) -> Job:
        """Queue what versions say of kept clouds; the job under way, if there is one.

        Raises
        ------
        NotFound, InvalidInput, QueueFull, Refused
        """
        if not 1 <= len(cloud_ids) <= MOST_SCANS:
            raise InvalidInput(f"add 1 to {MOST_SCANS} scans", field="scans")
        for version in versions:
            self._registry.metadata(version)
        payload = {"versions": list(versions)}
        return self._submit(REREAD, cloud_ids, payload, title=f"Ask {' and '.join(versions)}")

    def imitation(self, job_id: str) -> Job:
        """A job that `imitate` has queued; NotFound if there is none of that id."""
        return self._job(job_id, IMITATE)

    def rereading(self, job_id: str) -> Job:
        """A job that `reread` has queued; NotFound if there is none of that id."""
        return self._job(job_id, REREAD)

    def trained_with(self, config: Mapping[str, Any]) -> str | None:
        """The newest version that was trained by a recipe, whatever else was changed in its file.

        Parameters
        ----------
        config : mapping
            As in `Imitation.config`.
        """
        wanted = config["dataset"]["randomise"]
        for info in self._registry.versions():
            data = (info.metadata.get("config") or {}).get("dataset")
            if (
                info.problem is None
                and isinstance(data, Mapping)
                and data.get("randomise") == wanted
            ):
                return info.version
        return None

    def _job(self, job_id: str, kind: str) -> Job:
        """The two have different results: whoever reads one must not be given the other."""
        job = self._trainings.queue.get(job_id)
        if job.kind != kind:
            raise NotFound("there is no such job")
        return job

    def _submit(
        self, kind: str, cloud_ids: Sequence[str], payload: Mapping[str, Any], *, title: str
    ) -> Job:
        scans = [self._kept(cloud_id) for cloud_id in cloud_ids]
        about = {"artifacts": str(self._settings.artifacts), "scans": scans}
        unique = " ".join([kind, *cloud_ids, *payload.get("versions", ())])
        return self._trainings.queue.submit(kind, {**about, **payload}, title=title, unique=unique)

    def _kept(self, cloud_id: str) -> dict[str, str]:
        """Where a cloud of the page lies, for the process that runs the job."""
        kept = self._scratch.get(cloud_id)
        if "source" not in kept.about:
            raise NotFound("this is an upload, not a cloud")
        return {
            "id": cloud_id,
            "name": display_name(str(kept.about["name"])),
            "path": str(kept.path),
        }
