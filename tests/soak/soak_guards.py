"""The mutation check: take each guard out in turn; at least one test must fail.

A guard is a piece of source that stands exactly once in the package.  It is replaced in a copy of
the tree, and the tests that must notice run there.  A guard whose text is not found (any more) is
an error, so that this table cannot fall behind the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from soak_report import Figure

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("pcdash", "tests", "assets", "configs", "docs", "pyproject.toml", "Makefile",
          "README.md", "README.es.md", "CHANGELOG.md", "requirements.lock",
          "requirements-test.lock")  # fmt: skip
SECONDS = 900
"""After this a run of tests is given up, and has shown nothing."""


@dataclass(frozen=True)
class Guard:
    """One guard and what becomes of the tests without it.

    Attributes
    ----------
    name : str
    source : str
        As it stands in the package, once.
    instead : str
    tests : str
        A file of tests, or one of them, of which one at least must fail.
    """

    name: str
    source: str
    instead: str
    tests: str


API, CALLBACKS = "tests/api/test_api_guards.py", "tests/api/test_api_callbacks.py"
DESK, READ = "tests/workbench/test_desk.py::", "tests/registry/test_registry_read.py"
OTHERWISE = DESK + "test_a_model_that_would_answer_otherwise_is_refused"
SCRATCH, YAML = "tests/workbench/test_scratch.py", "tests/config/test_yamlconfig.py"
PLY, NUMPY = "tests/files/test_file_ply.py", "tests/files/test_file_numpy.py"
PCD, LAS = "tests/files/test_file_pcd.py", "tests/files/test_file_las.py"
ARCHIVE, DISPATCH = "tests/files/test_file_archive.py", "tests/jobs/test_job_dispatcher.py"

GUARDS: tuple[Guard, ...] = (
    # -- strangers ---------------------------------------------------------------------------
    Guard("Host", "if match is None or match[1] not in trusted:", "if False:", API),
    Guard(
        "Origin",
        'if origin is not None and origin.lower() != f"{request.scheme}://{request.host}".lower():',
        "if False:",
        API,
    ),
    Guard(
        "Sec-Fetch-Site",
        'if request.headers.get("Sec-Fetch-Site", "none") not in SAME_SITE:',
        "if False:",
        API,
    ),
    Guard(
        "content type",
        "if request.mimetype not in allowed and not has_no_body():",
        "if False:",
        API,
    ),
    Guard("size of a body", "if (request.content_length or 0) > mib * _MIB:", "if False:", API),
    Guard(
        "size of a body that does not say it",
        "request.max_content_length = mib * _MIB + 1",
        "request.max_content_length = 8 * mib * _MIB + 1",
        API,
    ),
    Guard("size of the headers", "if size > MAX_HEADERS:", "if False:", API),
    Guard(
        "CSP and the other headers",
        'response.headers.update(current_app.extensions["pcdash-headers"])',
        "pass",
        API,
    ),
    Guard("frames", '"frame-ancestors": ("\'none\'",),', "", API),
    Guard(
        "scripts that are not ours",
        '"script-src": ("\'self\'",),',
        '"script-src": ("\'self\'", "\'unsafe-inline\'", "\'unsafe-eval\'"),',
        API,
    ),
    Guard(
        "token",
        'if not (hmac.compare_digest((given or "").encode(), expected) and known):',
        "if False:",
        "tests/api/test_api_token.py",
    ),
    Guard(
        "no strangers without a token",
        "if token is not None or settings.insecure or (host is not None and _is_loopback(host)):",
        "if True:",
        "tests/config/test_settings.py",
    ),
    Guard(
        "faults are not shown",
        '"Something went wrong here; the server\'s log has it under this request_id."',
        "repr(error)",
        API,
    ),
    # -- callbacks ---------------------------------------------------------------------------
    Guard(
        "payloads of callbacks",
        "if not is_genuine(request.get_json(), dash_app.callback_map):",
        "if False:",
        CALLBACKS,
    ),
    Guard("ids of callbacks", 'and self.covers(given.get("id"))', "", CALLBACKS),
    Guard(
        "unknown paths of the page",
        "if request.path != path and request.url_rule and request.url_rule.rule == any_path:",
        "if False:",
        CALLBACKS,
    ),
    Guard("MCP", "enable_mcp=False,", "enable_mcp=True,", "tests/ui/test_page_closed.py"),
    # -- limits ------------------------------------------------------------------------------
    Guard(
        "predictions at a time",
        'raise Busy("too many predictions at the moment; try again shortly")',
        "pass",
        "tests/api/test_api_turns.py",
    ),
    Guard(
        "slow explanations at a time",
        "with _held(self._slow, 0) if slow(what, points) else nullcontext():",
        "with nullcontext():",
        "tests/api/test_api_turns.py",
    ),
    Guard("jobs that wait", "if waiting >= capacity:", "if False:", "tests/jobs/test_job_queue.py"),
    Guard(
        "a stranger's process",
        "while start_time(pid) == started and time.monotonic() < deadline:",
        "while start_time(pid) and time.monotonic() < deadline:",
        "tests/jobs/test_job_process.py",
    ),
    Guard("size of an upload", "if size > limit:", "if False:", SCRATCH),
    Guard("room for uploads", "if self._used() + len(block) > self._quota:", "if False:", SCRATCH),
    Guard(
        "ids of uploads",
        "if isinstance(key, str) and _ID.match(key):",
        "if isinstance(key, str):",
        SCRATCH,
    ),
    # -- models ------------------------------------------------------------------------------
    Guard(
        "SHA-256",
        'if hashlib.sha256(model).hexdigest() != metadata["sha256"]:',
        "if False:",
        READ,
    ),
    Guard(
        "HMAC",
        "if not any(hmac.compare_digest(one, expected) for one in found):",
        "if False:",
        "tests/registry/test_registry_sealed.py",
    ),
    Guard("golden answers", "if not same:", "if False:", OTHERWISE),
    Guard("scikit-learn's version", "if wrote != sklearn.__version__:", "if False:", OTHERWISE),
    Guard(
        "names of versions",
        'if not is_version(version):\n            raise NotFound("a version is named',
        'if False:\n            raise NotFound("a version is named',
        READ,
    ),
    Guard("whose metadata it is", 'if metadata["version"] != folder.name:', "if False:", READ),
    Guard(
        "where `current` points",
        'if not is_version(version):\n        return None, "does not name a version"',
        'if False:\n        return None, "does not name a version"',
        "tests/registry/test_registry_current.py",
    ),
    Guard(
        "versions that are links",
        "return folder.is_dir() and not folder.is_symlink()",
        "return folder.is_dir()",
        "tests/registry/test_registry_current.py",
    ),
    # -- paths -------------------------------------------------------------------------------
    Guard(
        "data_root",
        "if found and root.is_relative_to(allowed):",
        "if found:",
        DESK + "test_a_folder_must_lie_below_data_root",
    ),
    Guard(
        "where to write",
        "if params.artifacts_dir is not None:",
        "if False:",
        DESK + "test_a_request_may_not_choose_where_to_write",
    ),
    Guard(
        "names in a zip",
        'if path.is_absolute() or ".." in path.parts or "\\\\" in filename or ":" in filename:',
        "if False:",
        ARCHIVE,
    ),
    Guard(
        "what a zip unpacks to",
        "if announced > allowed:",
        "if False:",
        ARCHIVE,
    ),
    # -- files -------------------------------------------------------------------------------
    Guard(
        "endings against contents",
        "if found != reader.signature:",
        "if False:",
        "tests/files/test_file_reader.py",
    ),
    Guard("pickles", "if dtype.hasobject:", "if False:", NUMPY),
    Guard("announced NPY", "if layout.end != size:", "if False:", NUMPY),
    Guard("unpacked sizes", "if size > self.limits.max_unpacked:", "if False:", NUMPY),
    Guard("number of points", "if count > self.limits.max_points:", "if False:", PLY),
    Guard("announced PLY rows", "if element.count > room:", "if False:", PLY),
    Guard(
        "announced PLY lists",
        "if left < 0 or not 0 <= length * int(prop.kind[1]) <= left:",
        "if left < 0:",
        PLY,
    ),
    Guard("announced PCD rows", "if header.points > size // row:", "if False:", PCD),
    Guard(
        "announced PCD packing",
        "if size != row * header.points or size > _LZF_BEST_RATIO * packed_size:",
        "if False:",
        PCD,
    ),
    Guard("announced LAS rows", "if not form & _COMPRESSED and count > held:", "if False:", LAS),
    Guard("announced LAZ chunks", "if chunks * record > table - start - 8:", "if False:", LAS),
    Guard(
        "announced STL triangles",
        "if body >= 0 and body == announced * _TRIANGLE.itemsize:",
        "if body >= 0:",
        "tests/files/test_file_meshes.py",
    ),
    # -- texts -------------------------------------------------------------------------------
    Guard(
        "titles of figures",
        'layout["title"] = {"text": html.escape(title, quote=False), "font": {"size": 15}}',
        'layout["title"] = {"text": title, "font": {"size": 15}}',
        "tests/ui/test_figures.py",
    ),
    Guard(
        "names of classes in figures",
        "labels = [html.escape(name, quote=False) for name in classes]",
        "labels = list(classes)",
        "tests/ui/test_figures.py",
    ),
    Guard(
        "terminal codes in logs",
        '_TERMINAL_CODES.sub("", text)',
        "text",
        "tests/jobs/test_job_logs.py",
    ),
    Guard("YAML tags", 'if tag is not None and tag != "!":', "if False:", YAML),
    Guard("YAML depth", "if depth > MAX_DEPTH:", "if False:", YAML),
)


def guards(_folder: Path, scale: float) -> list[Figure]:
    """Every guard taken out in turn: a test must fail each time, and none does with all of them."""
    chosen = GUARDS if scale >= 1 else GUARDS[:: max(1, round(1 / scale))][:4]
    with tempfile.TemporaryDirectory(prefix="pcdash-guards-") as folder:
        copy = _copied(Path(folder) / "tree")
        figures = []
        if scale >= 1:
            found = [g for g in chosen if place_of(copy, g) is not None]
            failed, note = _run(copy, *sorted({guard.tests for guard in found}))
            figures.append(Figure("all guards in place", "no test fails", note, failed == 0))
        return figures + [without(copy, guard) for guard in chosen]


def without(copy: Path, guard: Guard) -> Figure:
    place = place_of(copy, guard)
    if place is None or not file_of(copy, guard).is_file():
        missing = "not once in the package" if place is None else f"no {guard.tests}"
        return Figure(f"without: {guard.name}", "a test fails", f"unknown guard: {missing}", False)
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace(guard.source, guard.instead), encoding="utf-8")
    try:
        failed, note = _run(copy, guard.tests)
    finally:
        place.write_text(text, encoding="utf-8")
    return Figure(f"without: {guard.name}", "a test fails", note, failed > 0)


def place_of(copy: Path, guard: Guard) -> Path | None:
    """The file in which the guard stands, if it does so exactly once."""
    counts = {
        path: path.read_text(encoding="utf-8").count(guard.source)
        for path in (copy / "pcdash").rglob("*.py")
    }
    (found,) = [path for path, n in counts.items() if n] if sum(counts.values()) == 1 else [None]
    return found


def file_of(tree: Path, guard: Guard) -> Path:
    """Where its tests stand."""
    return tree / guard.tests.partition("::")[0]


def _run(copy: Path, *tests: str) -> tuple[int, str]:
    """How many tests failed in the copy, and in words."""
    report = copy / "report.xml"
    report.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *tests, "-q", "-p", "no:cacheprovider",
             "-o", "junit_family=xunit1", "--junitxml", str(report)],
            cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, timeout=SECONDS,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 0, f"did not end within {SECONDS} s"
    if done.returncode < 0:
        return 1, f"the interpreter was ended by signal {-done.returncode}"
    if not report.exists():
        return 0, "pytest did not run"
    suite = ElementTree.parse(report).getroot()
    cases = list(suite.iter("testcase"))
    failed = [case.get("name", "?") for case in cases if case.find("failure") is not None]
    broken = sum(case.find("error") is not None for case in cases)
    if broken and not failed:
        return 0, f"{broken} tests could not run"
    return len(failed), f"{len(failed)} of {len(cases)} failed"


def _copied(target: Path) -> Path:
    """What the tests need of the tree, without caches."""
    target.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target / name, symlinks=True, ignore=ignore)
        else:
            shutil.copy2(source, target / name)
    return target
