"""What can be asked about versions, and done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pcdash.core.examination.evidence import Evidence
from pcdash.core.examination.gate import Verdict
from pcdash.datasets import DatasetStore
from pcdash.errors import Refused
from pcdash.registry import Registry
from pcdash.workbench.comparison import Comparison, check_choice, compare
from pcdash.workbench.dossier import Dossier, dossier
from pcdash.workbench.model_rows import ModelRow, model_row
from pcdash.workbench.promotion import judge, passport_of, promote
from pcdash.workbench.reports import evidence_of_version, report_of
from pcdash.workbench.serving import ModelServer
from pcdash.workbench.sources import fitted_to


class Versions:
    """The part of the workbench that is about versions.

    Parameters
    ----------
    registry : Registry
    models : ModelServer
        What is in service here.
    stored : DatasetStore
        What versions may have been trained on.
    pinned : bool
        Whether this server answers with one model directory whatever is promoted.
    """

    def __init__(
        self, registry: Registry, models: ModelServer, stored: DatasetStore, *, pinned: bool
    ) -> None:
        self._registry = registry
        self._stored = stored
        self._models = models
        self._pinned = pinned

    @property
    def served_version(self) -> str | None:
        """The version in service, or None."""
        model = self._models.loaded
        return model.version if model is not None else None

    @property
    def promotion_blocked(self) -> str | None:
        """Why this server cannot promote, or None."""
        if self._pinned:
            return "this server is pinned to one model directory (MODEL_DIR): restart without it"
        return None

    def models(self) -> list[ModelRow]:
        """Every version, newest first."""
        served, current = self.served_version, self._registry.current()
        reports = self._registry.report_sizes()
        return [
            model_row(
                info,
                served=served,
                current=current,
                disk=info.disk + reports.get(info.version, 0),
                name=self._stored.name,
            )
            for info in self._registry.versions()
        ]

    def has_version(self, version: str) -> bool:
        """Whether there is such a version, damaged or not."""
        return self._registry.has(version)

    def report(self, version: str) -> dict[str, Any]:
        """The report of a version, with its robustness; None there without a passport."""
        return report_of(self._registry, version)

    def passport(self, version: str) -> dict[str, Any]:
        """How a version holds up under the conditions of its examination; NotFound without one."""
        return passport_of(self._registry, version)

    def evidence(self, version: str) -> Evidence:
        """The test clouds of a version; NotFound without them, CorruptArtifact if damaged."""
        return evidence_of_version(self._registry, version)

    def dossier(self, version: str) -> Dossier:
        """All that is known of a version, and what is missing; NotFound if there is none."""
        return dossier(self._registry, version, self._stored.name)

    def fitted_to(self, version: str) -> frozenset[str] | None:
        """SHA-256 of every file that a version was fitted to; None where nobody knows."""
        return fitted_to(self._registry, version)

    def compare(self, versions: Sequence[str]) -> Comparison:
        """Hold two to five versions against the first of them.

        Raises
        ------
        InvalidInput, NotFound
        """
        return compare([self.dossier(version) for version in check_choice(versions)])

    def judge(self, version: str) -> Verdict:
        """What would come of promoting a version: held against the one in service."""
        return judge(self._registry, version)

    def promote(self, version: str, *, reason: str = "", override: str | None = None) -> Verdict:
        """Put a version in service, through the gate; see `pcdash.workbench.promotion`."""
        self._may_promote()
        verdict = promote(self._registry, version, reason=reason, override=override)
        self._models.wake()
        return verdict

    def promotion_log(self) -> list[dict[str, Any]]:
        """What was live when, newest first."""
        return self._registry.promotions()[::-1]

    def delete(self, version: str) -> None:
        """Remove a version for good; Refused for those that are needed or in use."""
        self._may_promote()
        self._registry.delete(version)

    def retain(self, keep: int) -> list[str]:
        """Delete all but the newest `keep` versions and those that are needed or in use."""
        self._may_promote()
        return self._registry.retain(keep)

    def rollback(self) -> str:
        """Put the version in service that was so before the present one."""
        self._may_promote()
        version = self._registry.rollback()
        self._models.wake()
        return version

    def _may_promote(self) -> None:
        if self.promotion_blocked is not None:
            raise Refused(self.promotion_blocked)
