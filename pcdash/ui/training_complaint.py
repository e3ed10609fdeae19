"""Where the page says what is wrong with a training's configuration: at the field, and by line."""

from __future__ import annotations

from typing import Any

from dash import Output, no_update

from pcdash.ui import training_form
from pcdash.ui.training_config import Complaint
from pcdash.ui.training_form import ERROR

YAML_ERROR = "training-yaml-error"
SHOW_LINE = "training-line-button"


def complaint_outputs(*, again: bool = False) -> dict[str, Any]:
    """Return where complaints are shown; `again`: another callback shows some there as well."""

    def output(id_: str, prop: str) -> Output:
        return Output(id_, prop, allow_duplicate=again)

    return {
        "errors": {key: output(id_, "children") for key, id_ in ERROR.items()},
        "yaml": output(YAML_ERROR, "children"),
        "line": {"value": output(SHOW_LINE, "value"), "hidden": output(SHOW_LINE, "hidden")},
    }


def complaint_values(complaint: Complaint | None) -> dict[str, Any]:
    """Return the values of `complaint_outputs`."""
    field, words = (complaint.field, complaint.words) if complaint else (None, "")
    line = complaint.line if complaint else None
    return {
        "errors": training_form.errors_at(field, words),
        "yaml": complaint.text if complaint else "",
        "line": {"value": str(line or ""), "hidden": line is None},
    }


def unchanged_complaint() -> dict[str, Any]:
    """Return what leaves what is complained about as it is."""
    return {
        "errors": dict.fromkeys(ERROR, no_update),
        "yaml": no_update,
        "line": {"value": no_update, "hidden": no_update},
    }
