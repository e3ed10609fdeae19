"""Nothing that a stranger can reach leads to the module that loads a stranger's model."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import grimp
import pytest

from pcdash.app import create_app
from pcdash.settings import Settings
from pcdash.workbench.trainings import JOB_KINDS

IMPORTING = "pcdash.workbench.importing"


@pytest.fixture(scope="module")
def graph() -> Any:
    """Who imports whom, imports inside functions included."""
    return grimp.build_graph("pcdash")


def _origins(function: Any) -> set[str]:
    """The modules of pcdash that a handler and what it wraps are written in."""
    found = set()
    while function is not None:
        found.add(getattr(function, "__module__", "") or "")
        inner = "func" if isinstance(function, partial) else "__wrapped__"
        function = getattr(function, inner, None)
    return {name for name in found if name.partition(".")[0] == "pcdash"}


def test_the_command_line_alone_imports_it(graph: Any) -> None:
    assert graph.find_modules_that_directly_import(IMPORTING) == {"pcdash.cli.share"}
    reaching = graph.find_downstream_modules(IMPORTING)
    assert reaching == {"pcdash.__main__", "pcdash.cli", "pcdash.cli.share"}


def test_no_route_callback_or_job_has_a_way_to_it(graph: Any, tmp_path: Path) -> None:
    app = create_app(Settings(artifacts_dir=str(tmp_path / "artifacts"), bootstrap=False))
    server = app.server
    handlers = [server.view_functions[rule.endpoint] for rule in server.url_map.iter_rules()]
    callbacks = [one["callback"] for one in app.dash.callback_map.values() if "callback" in one]
    assert len(callbacks) > 10
    handlers += callbacks
    modules = set().union(*map(_origins, handlers))
    modules |= {target.partition(":")[0] for target in JOB_KINDS.values()}
    assert {"pcdash.ui.tabs.models", "pcdash.api.models", "pcdash.workbench"} <= modules
    chains = {
        name: graph.find_shortest_chain(importer=name, imported=IMPORTING) for name in modules
    }
    assert {name: chain for name, chain in chains.items() if chain} == {}
