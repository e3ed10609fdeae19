"""The recipe for the scans, and what two versions say of them: jobs, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from pcdash.errors import InvalidInput, NotFound
from pcdash.jobs import Job
from pcdash.ui.imitating.parts import answers_panel, found_panel, under_way
from pcdash.ui.imitating.scans import scans_of
from pcdash.ui.measured import version_options
from pcdash.ui.values import text
from pcdash.workbench import Workbench


def write(workbench: Workbench, _clicks: Any, held: Any) -> str:
    """Have a recipe written that looks like the scans."""
    return workbench.scans.imitate([scan["id"] for scan in scans_of(held)]).id


def compare(workbench: Workbench, _clicks: Any, held: Any, before: Any, after: Any) -> str:
    """Have two versions asked about the scans."""
    versions = [text(before, "version before"), text(after, "version after")]
    if before == after:
        raise InvalidInput("choose two versions: train by the recipe first", field="after")
    return workbench.scans.reread([scan["id"] for scan in scans_of(held)], versions).id


def follow_jobs(
    workbench: Workbench, *, imitation: Any, rereading: Any, **_ticks: Any
) -> dict[str, Any]:
    """Show how far the jobs are, and let what has come of them be drawn."""
    recipe = _job(workbench.scans.imitation, imitation)
    asked = _job(workbench.scans.rereading, rereading)
    return {
        "writing": under_way(recipe),
        "asking": under_way(asked),
        "found": recipe.id if recipe is not None and recipe.result else None,
        "answered": asked.id if asked is not None and asked.result else None,
        "resting": not any(job is not None and job.active for job in (recipe, asked)),
    }


def show_recipe(workbench: Workbench, again: str, *, found: Any) -> dict[str, Any]:
    """Show what the recipe is like, beside the scans."""
    job = _job(workbench.scans.imitation, found)
    if job is None or job.result is None:
        return {"panel": [], "no_comparing": True}
    panel = found_panel(workbench, job.id, job.result, again)
    return {"panel": panel, "no_comparing": False}


def show_answers(workbench: Workbench, answered: Any) -> list[Component]:
    """Show what both versions say of the scans."""
    job = _job(workbench.scans.rereading, answered)
    return answers_panel(job.result) if job is not None and job.result is not None else []


def offer_versions(
    workbench: Workbench, *, found: Any, offered: Any, before: Any, after: Any, **_marks: Any
) -> dict[str, Any]:
    """Offer the versions: first the one that has estimated, and one that the recipe has trained."""
    job = _job(workbench.scans.imitation, found)
    if job is None or job.result is None:
        raise PreventUpdate
    options = version_options(workbench.models())
    known = [one["value"] for one in options]
    was = {one.get("value") for one in offered or [] if isinstance(one, dict)}
    trained = workbench.scans.trained_with(job.result["config"])
    if trained in known and trained not in was:
        after = trained  # it has just come
    served = job.result["model_version"]
    return {
        "options": [options, options],
        "before": _one_of(known, before, served),
        "after": _one_of(known, after, served),
    }


def _job(known: Callable[[str], Job], job_id: Any) -> Job | None:
    """The job of that id, as long as it is remembered."""
    if not isinstance(job_id, str):
        return None
    try:
        return known(job_id)
    except NotFound:
        return None


def _one_of(known: list[str], *wanted: Any) -> str | None:
    return next((one for one in wanted if one in known), next(iter(known), None))
