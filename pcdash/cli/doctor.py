"""``doctor``: what works here and what does not."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

import click

from pcdash.cli.options import artifacts_option
from pcdash.errors import PcdashError
from pcdash.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One line of the check-up; only a `vital` failure makes the command fail."""

    subject: str
    fine: bool
    detail: str
    vital: bool = True


def _versions(_settings: Settings) -> Finding:
    names = ("dash", "plotly", "flask", "numpy", "scikit-learn", "waitress")
    listed = ", ".join(f"{name} {installed(name)}" for name in names)
    return Finding("versions", True, f"Python {platform.python_version()}, {listed}")


def _artifacts(settings: Settings) -> Finding:
    folder = settings.artifacts
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Finding("artifacts", False, f"{folder} cannot be written: {error.strerror}")
    free = shutil.disk_usage(folder).free / 2**30
    return Finding("artifacts", True, f"{folder}, {free:.1f} GiB free")


def _model(settings: Settings) -> Finding:
    from pcdash.workbench import Workbench

    workbench = Workbench(settings)
    try:
        workbench.load_model()
    except PcdashError as error:
        advice = "python -m pcdash train makes one; so does the first start of the server"
        return Finding("model", False, f"{error.message} ({advice})", vital=False)
    return Finding("model", True, workbench.status().detail)


def _browser(_settings: Settings) -> Finding:
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next((path for name in names if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if browser and driver:
        return Finding("browser", True, f"{Path(browser).name} and chromedriver")
    missing = "chromedriver" if browser else "Chromium"
    detail = f"{missing} not found; only the browser tests need it (apt: chromium chromium-driver)"
    return Finding("browser", False, detail, vital=False)


CHECKS: tuple[Callable[[Settings], Finding], ...] = (_versions, _artifacts, _model, _browser)


@click.command()
@artifacts_option
def doctor(artifacts: str | None) -> None:
    """Check versions, artifacts, model and browser."""
    from pcdash.settings import load_settings

    settings = load_settings(command_line={"artifacts_dir": artifacts})
    findings = [check(settings) for check in CHECKS]
    for finding in findings:
        mark = "ok  " if finding.fine else "FAIL" if finding.vital else "--  "
        click.echo(f"{mark}  {finding.subject:9}  {finding.detail}")
    sys.exit(0 if all(finding.fine or not finding.vital for finding in findings) else 1)
