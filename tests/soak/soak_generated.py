"""Generated cases: the tests of `make test`, with as many cases as nobody waits for there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from soak_report import Figure, none_of

ROOT = Path(__file__).resolve().parents[2]
CONTRACT_SHARE = 24
"""Operations and modes that schemathesis finds endless cases for; the others have one each."""


def contract(_folder: Path, scale: float) -> list[Figure]:
    """10,000 requests that schemathesis makes from /openapi.json."""
    wanted = max(5, round(10_000 * scale / CONTRACT_SHARE) + 1)
    return _tested("tests/api/test_api_contract.py", wanted)


def forged(_folder: Path, scale: float) -> list[Figure]:
    """10,000 forged callbacks beside a job that runs."""
    return _tested("tests/ui/test_page_forged.py", max(100, round(10_000 * scale)))


def files(_folder: Path, scale: float) -> list[Figure]:
    """10,000 damaged files of every format, and as many of arbitrary bytes."""
    return _tested("tests/files/test_file_fuzz.py", max(10, round(10_000 * scale)))


def browser(_folder: Path, _scale: float) -> list[Figure]:
    """30 payloads in every place of the page; there is no shorter form."""
    return _tested("tests/browser/test_payloads_in_browser.py", 30)


def publish_steps(folder: Path, scale: float) -> list[Figure]:
    """Every step of what changes the registry, killed, on a full disk and with EIO: 20 times."""
    sys.path.append(str(ROOT / "tests" / "registry"))
    from registry_faults import ACTIONS, Fault, survive

    figures = []
    for action in ACTIONS:
        for fault in Fault:
            met, bad = 0, []
            for turn in range(max(1, round(20 * scale))):
                try:
                    met += len(survive(action, fault, folder / f"{action}-{fault.name}-{turn}"))
                except AssertionError as error:
                    bad.append(str(error)[:80])
            what = " ".join([f"faults not survived ({action}, {fault.value})", *bad[:1]])
            figures.append(none_of(what, len(bad), met + len(bad)))
    return figures


def _tested(file: str, count: int) -> list[Figure]:
    """Run the tests of `file` with that many cases and sum up what they say of themselves."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            # The older family of reports takes what tests record of themselves.
            [sys.executable, "-m", "pytest", file, "-p", "no:cacheprovider",
             "-o", "junit_family=xunit1", "--junitxml", str(report)],
            cwd=ROOT,
            env={**os.environ, "PCDASH_TEST_CASES": str(count)},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if not report.exists():
            raise RuntimeError(done.stdout + done.stderr)
        suite = ElementTree.parse(report).getroot()
    tests = [test for test in suite.iter("testcase") if test.find("skipped") is None]
    bad = [
        t.get("name", "")
        for t in tests
        if t.find("failure") is not None or t.find("error") is not None
    ]
    told = [int(p.get("value", 0)) for p in suite.iter("property") if p.get("name") == "cases"]
    cases = f"{sum(told):,} cases" if told else f"{count:,} cases each"
    return [
        none_of(f"failed tests of {file}, {cases} {' '.join(bad)}".strip(), len(bad), len(tests))
    ]
