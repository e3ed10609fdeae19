"""The workbench: what page, routes and commands can ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from pcdash.core.cloud import PointCloud, Points, Prediction
from pcdash.core.explanations import explain
from pcdash.core.generation import draw_seed, generate
from pcdash.core.inference import ActiveModel
from pcdash.core.isolate import IsolateParams
from pcdash.core.morph.curve import Curve, MorphParams, curve
from pcdash.core.params import CloudParams
from pcdash.datasets import DatasetStore
from pcdash.errors import ModelUnavailable
from pcdash.files import Bundle, ReadLimits, opened, read_cloud
from pcdash.registry import Registry
from pcdash.settings import Settings, hmac_key
from pcdash.workbench.again import asked_again
from pcdash.workbench.batch import Source, predict_batch
from pcdash.workbench.datasets import Datasets
from pcdash.workbench.drift_report import DriftReport
from pcdash.workbench.drift_watch import DriftWatch
from pcdash.workbench.isolating import isolate_stored
from pcdash.workbench.jobs import Jobs
from pcdash.workbench.joint import Joint
from pcdash.workbench.loading import open_model
from pcdash.workbench.scans import Scans
from pcdash.workbench.scratch import Housekeeper, ScratchStore
from pcdash.workbench.serving import ModelServer
from pcdash.workbench.status import Status, status_of
from pcdash.workbench.trainings import Trainings
from pcdash.workbench.turns import Turns
from pcdash.workbench.versions import Versions

Seeded = TypeVar("Seeded", bound=CloudParams | MorphParams)

SPARE_THREADS = 2
"""Threads of the server that predictions never occupy: probes and the page are always answered."""

_MIB = 1 << 20


def with_seed(params: Seeded) -> Seeded:
    """Draw a seed if none is given, so that the answer can name it."""
    if params.seed is not None:
        return params
    return cast(Seeded, params.model_copy(update={"seed": draw_seed()}))


class Workbench(Versions, Jobs):
    """The use cases over one artifacts folder.

    Nothing runs before `start`: until then there are no threads, and no model is loaded.

    Parameters
    ----------
    settings : Settings
    on_looked : callable
        Called once, in a background thread, when a server has its first model or knows that there
        is none.

    Attributes
    ----------
    datasets : Datasets
        The use cases of labelled scans.
    scans : Scans
        Those of a few unlabelled ones.
    turns : Turns
        Whoever reads a stranger's cloud or classifies it takes one.
    """

    def __init__(self, settings: Settings, *, on_looked: Callable[[], None] = lambda: None) -> None:
        limits = settings.limits
        artifacts = settings.artifacts
        key = hmac_key()
        registry = Registry(artifacts, key=key)
        Jobs.__init__(self, settings, Trainings(settings))
        models = ModelServer(
            registry,
            settings.pinned_model,
            self._trainings.start_first,
            on_looked=on_looked,
            key=key,
        )
        stored = DatasetStore(artifacts)
        Versions.__init__(self, registry, models, stored, pinned=settings.pinned_model is not None)
        self._scratch = ScratchStore(
            artifacts / "scratch",
            quota=limits.upload_quota_mib * _MIB,
            max_age=limits.upload_hours * 3600,
        )
        self._housekeeper = Housekeeper(self._scratch)
        self.datasets = Datasets(settings, registry, self._trainings, self._scratch, stored)
        self._joint = Joint()
        self._drift = DriftWatch(registry, artifacts, settings.drift)
        self.turns = Turns(
            limits.concurrent_predictions, places=max(1, settings.threads - SPARE_THREADS)
        )
        self.scans = Scans(settings, registry, self._trainings, self._scratch, models, self.turns)

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Load the model in the background, run jobs, and train a first model if there is none."""
        self._models.start()
        self.datasets.start()
        self._trainings.dispatcher.start()
        self._trainings.data_dispatcher.start()
        self._housekeeper.start()
        self._drift.start()

    def close(self) -> None:
        """Stop the threads; a running training ends and is listed as interrupted."""
        self._trainings.dispatcher.stop()
        self._trainings.data_dispatcher.stop()
        self._models.close()
        self._housekeeper.close()
        self._drift.close()

    def load_model(self) -> None:
        """Load the model now and wait for it; for commands, which run no threads.

        Raises
        ------
        ModelUnavailable, CorruptArtifact
            If there is none, or none that verifies.
        """
        self._models.refresh()
        if self._models.loaded is None:
            raise ModelUnavailable(self._models.problem or ModelUnavailable().message)

    def model(self, version: str | None = None) -> ActiveModel:
        """Load one version, or the one in service, verified; for commands.

        Raises
        ------
        NotFound, CorruptArtifact, ModelUnavailable
        """
        if version is None:
            self.load_model()
            return self._models.active
        return open_model(*self._registry.read_model(version), version)

    # -- clouds -------------------------------------------------------------------------------

    def generate(self, params: CloudParams) -> PointCloud:
        """Make a synthetic cloud; a missing seed is drawn."""
        return generate(with_seed(params))

    def keep(self, cloud: PointCloud) -> str:
        """Keep a cloud for the page and return its id."""
        return self._scratch.keep_cloud(cloud)

    def cloud(self, cloud_id: str) -> PointCloud:
        """A cloud that `keep` has kept; NotFound once its time is over."""
        return self._scratch.cloud(cloud_id)

    def isolate_stored(self, cloud_id: str, params: IsolateParams) -> str:
        """Isolate the object of a cloud on view; the id of what is then on view."""
        with self.turns.taken():
            cloud = self.cloud(cloud_id)
            with self.turns.costing("isolate", points=len(cloud)):
                return isolate_stored(cloud, self.keep, cloud_id, params)

    def read_file(self, path: Path, name: str, *, trusted: bool = False) -> PointCloud:
        """Read a cloud or mesh from disk; `name` decides the format and is shown.

        A `trusted` file, the user's own on the command line, may be of any size.
        """
        return read_cloud(path, name=name, limits=self._read_limits(trusted=trusted))

    @contextmanager
    def open_bundle(self, stream: BinaryIO, name: str) -> Iterator[Bundle]:
        """Open a zip of clouds from a stranger, to be read member by member."""
        most = self.settings.limits.batch_clouds
        with opened(stream, name, max_members=most, limits=self._read_limits()) as bundle:
            yield bundle

    def _read_limits(self, *, trusted: bool = False) -> ReadLimits:
        limits = self.settings.limits
        largest = None if trusted else limits.file_mib * _MIB
        return ReadLimits(max_bytes=largest, max_points=limits.file_points)

    def receive_upload(self, stream: BinaryIO, name: str) -> str:
        """Store a file from a stranger in blocks and return its id."""
        limit = self.settings.limits.file_mib * _MIB
        return self._scratch.put(stream, {"name": name[:255]}, limit=limit)

    def open_upload(self, upload_id: str) -> PointCloud:
        """Read an upload as a cloud."""
        kept = self._scratch.get(upload_id)
        with self.turns.taken():
            return self.read_file(kept.path, str(kept.about["name"]))

    # -- predictions --------------------------------------------------------------------------

    def predict(self, points: Points) -> Prediction:
        """Classify a cloud that `check_cloud` has accepted; ModelUnavailable without a model."""
        return self._predict(self._models.active, points)

    def explained(self, points: Points, names: Sequence[str]) -> tuple[Prediction, dict[str, Any]]:
        """Classify an accepted cloud and say more about it; see `EXPLANATIONS` for the names.

        Raises
        ------
        ModelUnavailable
        Busy
            If as many slow explanations as may be are under way, see `Turns.costing`.
        """
        model = self._models.active
        with self.turns.costing(*names, points=len(points)):
            return self._predict(model, points), explain(model, points, names)

    def _predict(self, model: ActiveModel, points: Points) -> Prediction:
        said = self._joint.predict(model, points)
        self._drift.note(said)
        return said

    def follow(self, params: MorphParams) -> Curve:
        """What the model says along a morph; a missing seed is drawn."""
        model = self._models.active
        with self.turns.costing("morph"):
            return curve(model, with_seed(params))

    def predict_batch(self, sources: Sequence[Source]) -> list[Prediction | Exception]:
        """Classify many clouds by one and the same model; see `pcdash.workbench.batch`."""
        seconds = self.settings.limits.batch_seconds
        outcomes = predict_batch(self._models.active, self.turns, sources, seconds=seconds)
        for said in outcomes:
            if isinstance(said, Prediction):
                self._drift.note(said)
        return outcomes

    def predict_stored(self, cloud_id: str) -> Prediction:
        """Classify a cloud on view."""
        with self.turns.taken():
            return self.predict(self.cloud(cloud_id).points)

    def drift(self) -> DriftReport:
        """What was classified lately against the training of the version in service.

        Raises
        ------
        Refused, ModelUnavailable, NotFound, CorruptArtifact
        """
        return self._drift.report(self._models.active.version)

    def status(self) -> Status:
        """Whether there is a model, and what is being done about it if not."""
        return status_of(self._models, self._registry, self._trainings)

    @property
    def reloads(self) -> Mapping[str, int]:
        """How often another version was taken (``ok``) or could not be (``failed``)."""
        return asdict(self._models.reloads)

    def configuration_of_version(self, version: str) -> dict[str, Any]:
        """What trains a version, to ask for it again; see `pcdash.workbench.again`."""
        return asked_again(self.report(version).get("config"), self.settings)
