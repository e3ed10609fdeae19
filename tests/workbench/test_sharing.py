"""A version leaves as a zip that predicts by itself, and comes in by command line alone."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from pcdash.core.describe_step import Describe
from pcdash.core.models import MODELS
from pcdash.core.progress import Silent
from pcdash.errors import CorruptArtifact, InvalidInput, PcdashError, Refused, TooLarge
from pcdash.registry import Reader, Registry
from pcdash.registry.verify import digest_of
from pcdash.workbench.closure import closure, modules_named
from pcdash.workbench.exporting import export
from pcdash.workbench.importing import import_version
from pcdash.workbench.loading import open_model
from pcdash.workbench.reproduction import reproduce

KEY = b"0123456789abcdef0123456789abcdef"
ALLOWED = {"numpy", "scipy", "sklearn", "joblib", "threadpoolctl"}


@pytest.fixture(scope="module")
def exported(folder_version: tuple[Path, str]) -> bytes:
    home, version = folder_version
    return export(Reader(home / "artifacts"), version)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "elsewhere")


def _files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _bring(registry: Registry, folder: Path, content: bytes) -> str:
    path = folder / "shared.zip"
    path.write_bytes(content)
    return import_version(registry, path, hashlib.sha256(content).hexdigest())


# -- export ---------------------------------------------------------------------------------------


def test_the_same_version_is_the_same_zip(
    folder_version: tuple[Path, str], exported: bytes
) -> None:
    home, version = folder_version
    assert export(Reader(home / "artifacts"), version) == exported
    files = {name.partition("/")[2]: content for name, content in _files(exported).items()}
    place = home / "artifacts" / "models" / version
    assert files["model.joblib"] == (place / "model.joblib").read_bytes()
    assert files["metadata.json"] == (place / "metadata.json").read_bytes()
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(c).hexdigest() for name, c in files.items()}
    assert {"LICENSE", "README.txt", "passport.json", "report.json", "sources.json"} < set(files)
    assert version in files["README.txt"].decode()


def test_only_modules_that_are_needed_travel(exported: bytes) -> None:
    names = {name.partition("/")[2] for name in _files(exported)}
    assert "pcdash/core/describe_step.py" in names
    assert "pcdash/core/classifiers/ensemble.py" not in names  # it is a forest
    absent = ("params", "api", "ui", "registry", "workbench", "settings", "training", "models")
    assert [name for name in names if any(f"/{part}" in name for part in absent)] == []


@pytest.mark.parametrize("name", MODELS)
def test_no_classifier_needs_more_than_was_promised(name: str) -> None:
    spec = MODELS[name]
    unfitted = spec.build(spec.params(), 0)
    sources = closure(modules_named(Pipeline([("describe", Describe()), ("classify", unfitted)])))
    tops = set()
    for content in sources.values():
        for node in ast.walk(ast.parse(content)):
            if isinstance(node, ast.Import):
                tops |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                tops.add(str(node.module).partition(".")[0])
    assert tops - set(sys.stdlib_module_names) - {"pcdash"} <= ALLOWED
    assert "pcdash/core/classifiers/__init__.py" in sources


def _with_requirements(*names: str) -> set[str]:
    """The packages and what installing them brings along."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            wanted = [line for line in metadata.requires(name) or () if "extra ==" not in line]
            pending += [re.split(r"[^A-Za-z0-9._-]", line)[0] for line in wanted]
    return found


@pytest.fixture(scope="module")
def bare(exported: bytes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The unpacked zip, and an environment with the promised packages and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    zipfile.ZipFile(io.BytesIO(exported)).extractall(folder)
    packages = folder / "packages"
    packages.mkdir()
    for name in _with_requirements("numpy", "scipy", "scikit-learn", "joblib"):
        tops = {path.parts[0] for path in metadata.files(name) or () if path.parts[0] != ".."}
        for top in tops - {"__pycache__"}:
            (packages / top).symlink_to(Path(str(metadata.distribution(name).locate_file(top))))
    (inside,) = (path for path in folder.iterdir() if path != packages)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(packages)}
    return inside, environment


def _predict(
    bare: tuple[Path, dict[str, str]], *arguments: str
) -> subprocess.CompletedProcess[str]:
    folder, environment = bare
    return subprocess.run(
        [sys.executable, "-S", str(folder / "predict.py"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_predict_answers_without_pcdash_as_pcdash_does(
    bare: tuple[Path, dict[str, str]], folder_version: tuple[Path, str], tmp_path: Path
) -> None:
    home, version = folder_version
    text = home / "scans" / "sphere" / "test" / "1.xyz"
    points = np.loadtxt(text)
    np.save(tmp_path / "cloud.npy", points)
    np.savetxt(tmp_path / "cloud.csv", points, delimiter=",")
    (tmp_path / "bad.npy").write_bytes(pickle.dumps([1]))
    np.save(tmp_path / "line.npy", np.ones((40, 3)))
    names = [str(text), *(str(tmp_path / n) for n in ("cloud.npy", "cloud.csv"))]
    wrong = [str(tmp_path / n) for n in ("bad.npy", "line.npy", "none.npy")]
    done = _predict(bare, *names, *wrong)
    assert done.returncode == 1, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["file"] for answer in answers] == names + wrong
    assert all("error" in answer for answer in answers[3:])
    assert "coincide" in answers[4]["error"]
    model = open_model(*Reader(home / "artifacts").read_model(version), version)
    expected = model.predict(points)
    for answer in answers[:3]:
        assert answer["predicted_class"] == expected.predicted_class
        assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-12)


def test_predict_says_what_is_wrong_with_its_model(
    bare: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder = shutil.copytree(bare[0], tmp_path / "copy")
    path = folder / "metadata.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps(about | {"libraries": about["libraries"] | {"scikit-learn": "0.1"}}))
    done = _predict((folder, bare[1]), "x.npy")
    assert done.returncode == 1
    assert "pip install" in done.stderr
    assert "scikit-learn==0.1" in done.stderr
    path.write_text(json.dumps(about))
    (folder / "model.joblib").write_bytes(b"cos\nsystem\n(S'touch hacked'\ntR.")
    done = _predict((folder, bare[1]), "x.npy")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "predict.py: model.joblib is damaged: its SHA-256 is another\n"


# -- import ---------------------------------------------------------------------------------------


def test_an_imported_version_is_published_and_not_promoted(
    folder_version: tuple[Path, str], exported: bytes, tmp_path: Path
) -> None:
    home, version = folder_version
    own = shutil.copytree(home / "artifacts", tmp_path / "artifacts", symlinks=True)
    sealed = Registry(own, key=KEY)
    served = Reader(own).current()
    new = _bring(sealed, tmp_path, exported)
    assert new != version
    assert Reader(own).current() == served == version
    about, before = sealed.metadata(new), Reader(own).metadata(version)
    came = about["imported"]
    assert (came["version"], came["file"], came["before"]) == (version, "shared.zip", None)
    assert came["sha256"] == hashlib.sha256(exported).hexdigest()
    own_words = {"version", "created_at", "digest", "bootstrap", "imported"}
    assert {k: v for k, v in about.items() if k not in own_words} == {
        k: v for k, v in before.items() if k not in own_words
    }
    assert sealed.report(new)["lineage"]["imported"] == came
    for name in ("passport.json", "sources.json"):
        assert sealed.attached(new, name) == Reader(own).attached(version, name)
    open_model(*sealed.read_model(new), new)


def test_it_can_be_reproduced_and_passed_on(
    folder_version: tuple[Path, str], exported: bytes, registry: Registry, tmp_path: Path
) -> None:
    new = _bring(registry, tmp_path, exported)
    scans = folder_version[0] / "scans"
    said = reproduce(tmp_path / "elsewhere", new, Silent(), data=scans)
    assert (said.certified, said.differences) == (True, ())
    third = _bring(registry, tmp_path, export(registry, new))
    came = registry.metadata(third)["imported"]
    assert (came["version"], came["before"]["version"]) == (new, folder_version[1])


def test_another_file_is_not_opened(exported: bytes, registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(exported + b"\0")
    with pytest.raises(InvalidInput, match=r"x\.zip is not the file that was meant"):
        import_version(registry, path, hashlib.sha256(exported).hexdigest())
    with pytest.raises(InvalidInput, match="64 hexadecimal digits"):
        import_version(registry, path, "abc")
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        import_version(registry, tmp_path / "none.zip", "0" * 64)
    assert registry.versions() == []


class _Bomb:
    """Pickles to something that leaves a mark where it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


Change = Callable[[dict[str, bytes], str], object]


def _edit(name: str, change: Callable[[dict[str, Any]], object], *, digest: bool = True) -> Change:
    def edit(files: dict[str, bytes], top: str) -> None:
        about = json.loads(files[f"{top}/{name}"])
        change(about)
        if digest and "digest" in about:
            about["digest"] = digest_of(about)
        files[f"{top}/{name}"] = json.dumps(about).encode()

    return edit


def _add(name: str, content: bytes = b"x") -> Change:
    return lambda files, top: files.update({name.replace("TOP", top): content})


def _golden(about: dict[str, Any]) -> None:
    about["golden"]["probabilities"][0] = [0.5, 0.5]


CHANGES: dict[str, tuple[Change, type[PcdashError], str]] = {
    "no report": (
        lambda f, top: f.pop(f"{top}/report.json"),
        InvalidInput,
        "report.json is missing",
    ),
    "a way out": (_add("../model.joblib"), InvalidInput, "is nothing that models export"),
    "absolute": (_add("/etc/cron.d/x"), InvalidInput, "is nothing that models export"),
    "up inside": (_add("TOP/../../x.py"), InvalidInput, "is nothing that models export"),
    "a stranger": (_add("TOP/run.sh"), InvalidInput, "'run.sh' in it is nothing"),
    "a library": (_add("TOP/pcdash/core/fast.so"), InvalidInput, "is nothing that models export"),
    "another folder": (_add("other/predict.py"), InvalidInput, "is in it twice"),
    "two folders": (_add("other/pcdash/x.py"), InvalidInput, "expected one folder"),
    "long metadata": (_add("TOP/metadata.json", os.urandom(1 << 20) * 17), TooLarge, "larger than"),
    "a bomb": (_add("TOP/model.joblib", bytes(1 << 26)), TooLarge, "would unpack to"),
    "no JSON": (_add("TOP/metadata.json", b"{"), CorruptArtifact, "not valid JSON"),
    "another model": (_add("TOP/model.joblib"), CorruptArtifact, "does not match metadata.json"),
    "changed": (
        _edit("metadata.json", lambda a: a.update(n_test=9), digest=False),
        CorruptArtifact,
        "has been changed",
    ),
    "other answers": (_edit("metadata.json", _golden), CorruptArtifact, "golden answers"),
    "another scikit-learn": (
        _edit("metadata.json", lambda a: a["libraries"].update({"scikit-learn": "0.1"})),
        CorruptArtifact,
        "was written by scikit-learn 0.1",
    ),
    "a later format": (
        _edit("metadata.json", lambda a: a.update(metadata_format=2)),
        CorruptArtifact,
        "metadata.json: metadata_format",
    ),
    "odd configuration": (
        _edit("metadata.json", lambda a: a.update(config=[])),
        CorruptArtifact,
        "metadata.json: config",
    ),
    "odd report": (
        _edit("report.json", lambda a: a.update(confusion="none")),
        CorruptArtifact,
        "report.json: confusion",
    ),
    "odd passport": (
        _edit("passport.json", lambda a: a.update(passport_format=2)),
        CorruptArtifact,
        "passport.json is damaged",
    ),
    "other sources": (
        _edit("sources.json", lambda a: a["sources"].pop()),
        CorruptArtifact,
        "sources.json does not match",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_not_an_export_is_refused(
    name: str, exported: bytes, registry: Registry, tmp_path: Path
) -> None:
    change, kind, message = CHANGES[name]
    files = _files(exported)
    change(files, next(iter(files)).partition("/")[0])
    with pytest.raises(kind) as caught:
        _bring(registry, tmp_path, _zip(files))
    assert message in caught.value.message
    assert registry.versions() == []
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_is_refused(content: bytes, registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        _bring(registry, tmp_path, content)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_zip_that_was_cut_short_is_refused(
    share: float, exported: bytes, registry: Registry, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput):
        _bring(registry, tmp_path, exported[: int(share * len(exported))])


def test_a_link_in_the_zip_is_refused(exported: bytes, registry: Registry, tmp_path: Path) -> None:
    buffer = io.BytesIO(exported)
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo(f"{archive.namelist()[0].partition('/')[0]}/pcdash/link.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InvalidInput, match="is nothing that models export"):
        _bring(registry, tmp_path, buffer.getvalue())


def test_a_pickle_is_not_loaded_before_everything_else_is_in_order(
    exported: bytes, registry: Registry, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    raw = pickle.dumps(_Bomb(mark))
    files = _files(exported)
    top = next(iter(files)).partition("/")[0]
    files[f"{top}/model.joblib"] = raw
    with pytest.raises(CorruptArtifact):
        _bring(registry, tmp_path, _zip(files))
    right = {"sha256": hashlib.sha256(raw).hexdigest(), "size": len(raw)}
    _edit("metadata.json", lambda about: about.update(right))(files, top)
    _edit("report.json", lambda about: about.update(report_format=7))(files, top)
    with pytest.raises(CorruptArtifact):
        _bring(registry, tmp_path, _zip(files))
    assert not mark.exists()
    _edit("report.json", lambda about: about.update(report_format=1))(files, top)
    with pytest.raises(CorruptArtifact, match="is not for this pcdash"):
        _bring(registry, tmp_path, _zip(files))
    assert mark.exists(), "the mark would have shown it"
    assert registry.versions() == []


def test_a_disk_that_refuses_half_way_leaves_no_version(
    exported: bytes, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _bring(registry, tmp_path, exported)
    registry.promote(registry.versions()[0].version)
    _bring(registry, tmp_path, exported)
    registry.promote(registry.versions()[0].version)
    kept = [info.version for info in registry.versions()]

    def full(*_: object) -> None:
        raise Refused("cannot store what is known of the version: No space left on device")

    monkeypatch.setattr(registry, "attach", full)
    with pytest.raises(Refused, match="No space left"):
        _bring(registry, tmp_path, exported)
    assert [info.version for info in registry.versions()] == kept
