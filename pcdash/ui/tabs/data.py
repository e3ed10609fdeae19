"""Data: what should a model learn from, and is it fit for that?"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from pcdash.datasets import Dataset
from pcdash.errors import PcdashError
from pcdash.jobs import Job, JobState
from pcdash.ui import dataset_actions, dataset_list, dataset_panel, evaluations, own_data, samples
from pcdash.ui.dataset_actions import EVALUATION, JOB, SELECTED
from pcdash.ui.forms import segmented
from pcdash.ui.ids import LOCATION
from pcdash.ui.redraw import drawn_into, unless_drawn
from pcdash.ui.shell import tell
from pcdash.ui.values import text
from pcdash.workbench import Workbench

PANELS = {"own": "data-own-panel", "made": "data-made-panel"}
POLL = "data-datasets-interval"
PAGE = "data-page-store"
DRAWN = "data-about-store"
LISTED = "data-listed-store"

_LINK = re.compile(r"[?&]dataset=([0-9a-f]{64})")


def layout(workbench: Workbench) -> list[Component]:
    """Return the tab: own scans or made shapes."""
    stores = (SELECTED, PAGE, JOB, EVALUATION, evaluations.DRAWN, DRAWN, LISTED,
              samples.SEED, samples.SAMPLE, own_data.UPLOAD)  # fmt: skip
    return [
        *[dcc.Store(id=store) for store in stores],
        dcc.Interval(id=POLL, interval=1000, disabled=True),
        html.Div(
            [
                html.H2("What should it learn from?"),
                segmented(samples.SOURCE, {"own": "My scans", "made": "Made shapes"}, "own"),
            ],
            className="source-row",
        ),
        html.Div(own_data.own_panel(workbench.settings), id=PANELS["own"]),
        html.Div(samples.samples_panel(), id=PANELS["made"], hidden=True),
    ]


def register(app: Dash, workbench: Workbench) -> None:
    """Wire the tab to the use cases."""
    app.callback(
        output={
            "list": drawn_into(own_data.LIST, LISTED),
            "disk": Output(own_data.DISK, "children"),
            "jobs": Output(own_data.JOBS, "children"),
            "cancel": _button(own_data.CANCEL, "value", "hidden"),
            "hidden": Output(own_data.PANEL, "hidden"),
            "title": Output(own_data.TITLE, "children"),
            "train": Output(own_data.TRAIN, "href"),
            "delete": _button(own_data.DELETE, "value", "disabled", "title"),
            "look": _button(own_data.LOOK, "value", "hidden"),
            "about": Output(own_data.ABOUT, "children"),
            "drawn": Output(DRAWN, "data"),
            "measured": evaluations.outputs(),
        },
        inputs={
            "_ticks": Input(POLL, "n_intervals"),
            "link": Input(LOCATION, "hash"),
            "selected": Input(SELECTED, "data"),
            "page": Input(PAGE, "data"),
            "begun": Input(JOB, "data"),
            "evaluation": Input(EVALUATION, "data"),
        },
        state={
            "drawn": State(DRAWN, "data"),
            "listed": State(LISTED, "data"),
            "before": evaluations.states(),
        },
    )(partial(show_data, workbench))
    for trigger, values, message, handler in (
        (Input(own_data.UPLOAD, "data"), (), own_data.UPLOAD_MESSAGE, add_upload),
        (
            Input(own_data.FOLDER_FORM, "n_submit"),
            (State(own_data.FOLDER, "value"),),
            own_data.FOLDER_ERROR,
            add_folder,
        ),
    ):
        app.callback(
            {
                "job": Output(JOB, "data", allow_duplicate=True),
                "selected": Output(SELECTED, "data", allow_duplicate=True),
                "message": Output(message, "children"),
            },
            [trigger],
            [*values, State(own_data.NAME, "value")],
            prevent_initial_call=True,
        )(partial(handler, workbench))
    dataset_actions.register(app, workbench)
    samples.register(app, workbench)
    app.clientside_callback(
        ClientsideFunction("pcdash", "elsewhere"),
        Output(POLL, "disabled"),
        Input(LOCATION, "hash"),
        State(POLL, "id"),
    )
    app.clientside_callback(
        ClientsideFunction("pcdash", "choose"),
        [Output(panel, "hidden") for panel in PANELS.values()],
        Input(samples.SOURCE, "value"),
    )


def _button(identifier: str, *properties: str) -> dict[str, Output]:
    return {name: Output(identifier, name) for name in properties}


# -- callbacks ------------------------------------------------------------------------------------


def show_data(
    workbench: Workbench,
    *,
    link: Any,
    selected: Any,
    page: Any,
    begun: Any,
    evaluation: Any,
    drawn: Any,
    listed: Any,
    before: dict[str, Any],
    **_ticks: Any,
) -> dict[str, Any]:
    """List the datasets, and say what is in the chosen one and how good versions are on it."""
    use_cases = workbench.datasets
    stored, jobs = use_cases.all(), use_cases.jobs("dataset")
    dataset = _chosen(stored, (selected, _made_by(jobs, begun), _linked(link)))
    running = next((job for job in jobs if job.state is JobState.RUNNING), None)
    number = int(page) if isinstance(page, str) and page.isdecimal() and len(page) < 5 else 0
    rows = dataset_list.dataset_list(stored, dataset, number, SELECTED, PAGE)
    return {
        "list": unless_drawn(rows, listed),
        "disk": dataset_list.disk_use(use_cases.disk_use(stored), len(stored)),
        "jobs": dataset_list.under_way(jobs),
        "cancel": {"value": running.id if running else "", "hidden": running is None},
        **_one_dataset(workbench, dataset, jobs, drawn),
        "measured": evaluations.values(
            workbench, dataset.hash if dataset is not None else "", evaluation, before
        ),
    }


def add_upload(workbench: Workbench, upload: Any, name: Any) -> dict[str, Any]:
    """Take in a zip that was uploaded."""
    upload_id = upload.get("id") if isinstance(upload, dict) else None
    return _begun(workbench.datasets.add_upload, upload_id, name)


def add_folder(workbench: Workbench, _submits: Any, folder: Any, name: Any) -> dict[str, Any]:
    """Take in a folder below data_root."""
    return _begun(workbench.datasets.add_folder, folder, name)


# -- pieces ---------------------------------------------------------------------------------------


def _chosen(stored: list[Dataset], wanted: tuple[Any, ...]) -> Dataset | None:
    """The first dataset that is wanted and there; else the newest."""
    known = {one.hash: one for one in stored}
    found = (known[key] for key in wanted if isinstance(key, str) and key in known)
    return next(found, stored[0] if stored else None)


def _made_by(jobs: list[Job], begun: Any) -> Any:
    job = next((job for job in jobs if job.id == begun), None)
    return job.result.get("hash") if job is not None and job.result else None


def _linked(link: Any) -> Any:
    """The dataset that the address names, as in ``#data?dataset=...``."""
    found = _LINK.search(link) if isinstance(link, str) else None
    return found[1] if found else None


def _one_dataset(
    workbench: Workbench, dataset: Dataset | None, jobs: list[Job], drawn: Any
) -> dict[str, Any]:
    """Return what is said of the chosen dataset; its preview only when another is to be shown."""
    if dataset is None:
        return {
            "hidden": True,
            "title": "",
            "train": "",
            "delete": {"value": "", "disabled": True, "title": ""},
            "look": {"value": "", "hidden": True},
            "about": [],
            "drawn": None,
        }
    seen = dataset.unreadable is not None
    key = f"{dataset.hash} {seen}"
    about: Any = no_update
    if key != drawn:
        preview = workbench.datasets.preview(dataset.hash) if seen else None
        about = dataset_panel.dataset_panel(dataset, preview) if preview else []
    kept = workbench.datasets.kept_for(dataset.hash)
    busy = any(job.active for job in jobs)
    return {
        "hidden": False,
        "title": dataset.name,
        "train": f"#training?dataset={dataset.hash}{'&on_error=skip' * bool(dataset.unreadable)}",
        "delete": {
            "value": dataset.hash,
            "disabled": kept is not None,
            "title": f"It stays: {kept}." if kept else "",
        },
        "look": {"value": dataset.hash, "hidden": seen or busy},
        "about": about,
        "drawn": key,
    }


def _begun(add: Callable[[str, str], Job], source: Any, name: Any) -> dict[str, Any]:
    """Queue an addition; what is wrong stands where it was asked for."""
    try:
        job = add(text(source, "upload or folder"), name if isinstance(name, str) else "")
    except PcdashError as error:
        tell(error.message, kind="danger")
        return {"job": no_update, "selected": no_update, "message": error.message}
    return {"job": job.id, "selected": None, "message": ""}
