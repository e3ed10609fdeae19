"""The model in service, whatever becomes of the files it came from."""

from __future__ import annotations

import io
import json
import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from deadlines import AT_ONCE, EVENTUALLY

from pcdash.core.generation import generate
from pcdash.core.params import CloudParams, TrainParams
from pcdash.core.progress import Silent
from pcdash.errors import ConfigError, CorruptArtifact
from pcdash.registry import Registry
from pcdash.settings import Settings, hmac_key
from pcdash.workbench import Workbench, train_and_publish
from pcdash.workbench.loading import open_model
from pcdash.workbench.serving import POLL_SECONDS, ModelServer, Reloads

KEY = "the key of the tests, and of nothing else"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, small: TrainParams) -> Path:
    """Artifacts with two sealed versions of different classes; the second one is promoted."""
    folder = tmp_path_factory.mktemp("two")
    other = small.model_dump(mode="json")
    other["dataset"]["classes"] = ["cylinder", "torus"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PCDASH_HMAC_KEY", KEY)
        for params in (small, TrainParams.model_validate(other)):
            train_and_publish(params, folder, Silent())
    return folder


@pytest.fixture
def artifacts(two: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return shutil.copytree(two, tmp_path / "artifacts", symlinks=True)


def _versions(artifacts: Path) -> list[str]:
    """Oldest first."""
    return [info.version for info in Registry(artifacts).versions()][::-1]


def _server(artifacts: Path, key: bytes | None = None) -> ModelServer:
    server = ModelServer(Registry(artifacts, key=key), key=key)
    server.refresh()
    return server


def _damage(whole: bytes, kind: int, rng: np.random.Generator) -> bytes:
    """One byte flipped, the end cut off, or a block of zeros."""
    damaged = bytearray(whole)
    begin = int(rng.integers(len(whole)))
    if kind == 0:
        damaged[begin] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del damaged[begin:]
    else:
        damaged[begin : begin + 512] = bytes(len(damaged[begin : begin + 512]))
    return bytes(damaged)


def refuse_damaged(artifacts: Path, rounds: int, seed: int) -> int:
    """Damage model, metadata and seal in turn; the rounds in which the bytes were others.

    Asserts each time that a running server keeps the good one, and says and counts the failure.
    """
    rng = np.random.default_rng(seed)
    good, bad = _versions(artifacts)
    registry = Registry(artifacts, key=KEY.encode())
    registry.promote(good)
    server = _server(artifacts, KEY.encode())
    registry.promote(bad)
    changed = 0
    for number in range(rounds):
        name = ("model.joblib", "metadata.json", "metadata.hmac")[number % 3]
        path = artifacts / "models" / bad / name
        whole = path.read_bytes()
        damaged = _damage(whole, number // 3 % 3, rng)
        if damaged == whole:  # zeros where there were zeros
            continue
        changed += 1
        path.write_bytes(damaged)
        server._seen = None  # as if promoted anew, without the wait for the next try
        server.refresh()
        path.write_bytes(whole)
        assert server.active.version == good
        assert server.reloads == Reloads(ok=1, failed=changed)
        assert server.problem is not None
        assert bad in server.problem
    server._seen = None
    server.refresh()
    assert (server.active.version, server.problem) == (bad, None)
    server.close()
    return changed


def test_damaged_versions_are_refused_counted_and_the_good_one_is_kept(artifacts: Path) -> None:
    assert refuse_damaged(artifacts, rounds=200, seed=61) > 180


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe", None])
def test_metadata_that_is_none_is_refused_and_counted(
    artifacts: Path, content: bytes | None
) -> None:
    good, bad = _versions(artifacts)
    path = artifacts / "models" / bad / "metadata.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    server = _server(artifacts)  # a start: the last good one takes its place
    assert server.active.version == good
    assert server.reloads == Reloads(ok=1, failed=1)
    assert server.problem is not None
    assert "metadata.json" in server.problem


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.update(libraries=["scikit-learn"]),
        lambda about: about.update(libraries={"scikit-learn": "0.1"}),
        lambda about: about["classes"].reverse(),
        lambda about: about["classes"].__setitem__(0, "tower"),
        lambda about: about["golden"]["probabilities"][0].__setitem__(0, 0.123),
        lambda about: about["golden"].update(probabilities=[]),
        lambda about: about["golden"].update(clouds=[[["x", 0, 0]]]),
        lambda about: about.pop("golden"),
        lambda about: about.update(descriptor_version=None),
        lambda about: about["metrics"].update(accuracy=0.123),
        lambda about: about.update(remark="of somebody"),
        lambda about: about.pop("digest"),
    ],
)
def test_metadata_that_is_edited_is_refused_without_a_key_too(
    artifacts: Path, change: Callable[[dict[str, object]], object]
) -> None:
    good, bad = _versions(artifacts)
    path = artifacts / "models" / bad / "metadata.json"
    about = json.loads(path.read_text())
    change(about)
    path.write_text(json.dumps(about))
    server = _server(artifacts)
    assert server.active.version == good
    assert server.problem is not None
    assert "train again with python -m pcdash train" in server.problem


def test_a_calibration_of_another_pcdash_is_refused_when_it_is_loaded(artifacts: Path) -> None:
    (version, *_) = _versions(artifacts)
    raw, metadata = Registry(artifacts).read_model(version)
    assert open_model(raw, metadata, version).trust is None
    pipeline = joblib.load(io.BytesIO(raw))
    pipeline.trust_ = SimpleNamespace(estimator=None)  # not what today's code asks for
    older = io.BytesIO()
    joblib.dump(pipeline, older)
    with pytest.raises(CorruptArtifact, match="not for this pcdash: train again"):
        open_model(older.getvalue(), metadata, version)


def test_another_scikit_learn_is_refused_before_anything_is_unpickled(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import joblib
    import sklearn

    monkeypatch.setattr(sklearn, "__version__", "9.9.9")
    monkeypatch.setattr(joblib, "load", lambda _: pytest.fail("unpickled"))
    server = _server(artifacts)
    assert server.loaded is None
    assert server.problem is not None
    assert "this is 9.9.9: train again with python -m pcdash train" in server.problem


def test_deleting_what_is_served_does_not_end_the_service(artifacts: Path) -> None:
    first, second = _versions(artifacts)
    server = _server(artifacts)
    shutil.rmtree(artifacts / "models" / first)
    shutil.rmtree(artifacts / "models" / second)
    server.refresh()
    cloud = generate(CloudParams(shape="torus", seed=1)).points
    said = server.active.predict(cloud)
    assert (said.model_version, said.predicted_class) == (second, "torus")
    assert server.problem == f"version {second} has been deleted"


def test_a_served_version_is_held_and_let_go(artifacts: Path) -> None:
    registry = Registry(artifacts)
    first, second = _versions(artifacts)
    server = _server(artifacts)
    registry.promote(first)
    third = registry.publish(*_copy_of(registry, first), {})
    registry.promote(third)
    registry.promote(first)  # live is the first, the way back leads to the third
    assert registry.retain(1) == []  # the second is old, and served
    server.refresh()
    assert server.active.version == first
    assert registry.retain(1) == [second]
    server.close()


def _copy_of(registry: Registry, version: str) -> tuple[bytes, dict[str, object]]:
    model, metadata = registry.read_model(version)
    return model, metadata


def swap_under_load(bench: Workbench, swaps: int, clients: int) -> int:
    """Promote and roll back under predictions; how many there were, all whole and agreeing."""
    classes = {row.version: set(row.classes) for row in bench.models()}
    newest, oldest = (row.version for row in bench.models())
    cloud = generate(CloudParams(shape="torus", n_points=64, seed=1)).points
    answers: list[tuple[str, frozenset[str]]] = []
    errors: list[Exception] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                said = bench.predict(cloud)
                answers.append((said.model_version, frozenset(said.probabilities)))
            except Exception as error:  # any at all is what must not happen
                errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        for number in range(swaps):
            wanted = oldest if number % 2 == 0 else newest
            if wanted == oldest:
                assert bench.rollback() == oldest
            else:
                bench.promote(newest)
            begin = time.monotonic()
            while bench.status().model_version != wanted:
                assert time.monotonic() - begin < AT_ONCE
                time.sleep(0.005)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert {version for version, _ in answers} == {newest, oldest}
    assert all(found == classes[version] for version, found in answers)
    return len(answers)


def test_swapping_under_load_gives_no_error_and_no_mixed_answer(artifacts: Path) -> None:
    bench = Workbench(Settings(artifacts_dir=str(artifacts), bootstrap=False))
    bench.load_model()
    bench.start()
    try:
        bench.promote(_versions(artifacts)[0])
        bench.promote(_versions(artifacts)[1])
        assert swap_under_load(bench, swaps=20, clients=4) > 50
    finally:
        bench.close()


FOLLOWER = """
import sys, time
from pathlib import Path
from pcdash.registry import Registry
from pcdash.workbench.serving import ModelServer
server = ModelServer(Registry(Path(sys.argv[1])))
server.start()
said = None
while True:
    model = server.loaded
    if model is not None and model.version != said:
        said = model.version
        sys.stdout.write(said + "\\n")
        sys.stdout.flush()
    time.sleep(0.01)
"""


def test_two_processes_follow_one_promotion_within_two_seconds(artifacts: Path) -> None:
    first, second = _versions(artifacts)
    command = [sys.executable, "-c", FOLLOWER, str(artifacts)]
    servers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        assert [_line(server) for server in servers] == [second, second]
        Registry(artifacts).promote(first)
        begin = time.monotonic()
        assert [_line(server) for server in servers] == [first, first]
        assert time.monotonic() - begin < AT_ONCE
    finally:
        for server in servers:
            server.kill()
            server.communicate()
    assert POLL_SECONDS < 1


def _line(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    return server.stdout.readline().strip()


# -- the key --------------------------------------------------------------------------------


def test_the_key_seals_what_is_trained_and_is_asked_for_when_it_is_served(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, second = _versions(artifacts)
    bench = Settings(artifacts_dir=str(artifacts))
    monkeypatch.setenv("PCDASH_HMAC_KEY", KEY)
    with caplog.at_level(logging.DEBUG):
        good = Workbench(bench)
        good.load_model()
        assert good.status().model_version == second
        monkeypatch.setenv("PCDASH_HMAC_KEY", KEY[::-1])
        other = Workbench(bench)
        with pytest.raises(Exception, match="this server's key"):
            other.load_model()
    said = caplog.text + repr(vars(good)) + repr(good.settings) + str(good.status())
    assert KEY not in said


def test_a_pinned_model_must_be_sealed_too(
    artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCDASH_HMAC_KEY", KEY)
    pinned = artifacts / "models" / _versions(artifacts)[0]
    settings = Settings(artifacts_dir=str(tmp_path / "other"), model_dir=str(pinned))
    bench = Workbench(settings)
    bench.load_model()
    assert bench.status().model_version == pinned.name
    (pinned / "metadata.hmac").unlink()
    with pytest.raises(Exception, match=r"metadata\.hmac is missing"):
        Workbench(settings).load_model()


@pytest.mark.parametrize(("text", "key"), [(None, None), ("", None), ("k" * 32, b"k" * 32)])
def test_the_key_comes_from_the_environment(text: str | None, key: bytes | None) -> None:
    assert hmac_key({} if text is None else {"PCDASH_HMAC_KEY": text}) == key


def test_a_short_key_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigError, match="PCDASH_HMAC_KEY: expected at least 32 bytes") as caught:
        hmac_key({"PCDASH_HMAC_KEY": "hunter2"})
    assert "hunter2" not in caught.value.message


# -- read-only ------------------------------------------------------------------------------


@pytest.fixture
def read_only(artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Artifacts that nothing can be written to; permissions would not bind root."""
    import errno
    import os
    import sqlite3
    import tempfile

    opened, made, asked = os.open, os.mkdir, os.access

    def refuse(path: object) -> None:
        if str(path).startswith(str(artifacts)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    def open_(path: object, flags: int, *rest: int, **options: object) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            refuse(path)
        return opened(path, flags, *rest, **options)

    def mkdir(path: object, *rest: object, **options: object) -> None:
        refuse(path)
        made(path, *rest, **options)

    def access(path: object, mode: int, **options: object) -> bool:
        below = str(path).startswith(str(artifacts))
        return not (below and mode & os.W_OK) and asked(path, mode, **options)

    def connect(path: object, *_: object, **__: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "mkdir", mkdir)
    monkeypatch.setattr(os, "access", access)
    monkeypatch.setattr(sqlite3, "connect", connect)
    monkeypatch.setattr(tempfile, "_os", os)
    return artifacts


def test_where_nothing_can_be_written_models_are_served_and_training_says_why(
    read_only: Path, small: TrainParams, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Workbench(Settings(artifacts_dir=str(read_only)))
    bench.start()
    try:
        begin = time.monotonic()
        while not bench.status().model_loaded:
            assert time.monotonic() - begin < EVENTUALLY
            time.sleep(0.01)
        kept = bench.keep(bench.generate(CloudParams(shape="torus", seed=1)))
        assert bench.predict_stored(kept).predicted_class == "torus"
        reason = "jobs cannot be stored: the artifacts folder cannot be written"
        assert bench.status().training_blocked == reason
        assert bench.status().problem is None
        for attempt in (
            lambda: bench.start_training(small),
            lambda: bench.promote(_versions(read_only)[0]),
            bench.rollback,
        ):
            with pytest.raises(Exception, match="cannot") as caught:
                attempt()
            assert str(read_only) not in str(caught.value)
        assert bench.jobs() == []
    finally:
        bench.close()
    assert caplog.text.count(reason) == 1  # said once, not at every look


def test_a_folder_that_can_be_written_blocks_no_training(artifacts: Path) -> None:
    bench = Workbench(Settings(artifacts_dir=str(artifacts)))
    assert bench.status().training_blocked is None
    shutil.rmtree(artifacts)
    assert bench.status().training_blocked is None  # it is made again


def test_what_fails_is_told_with_the_model_that_answers_meanwhile(artifacts: Path) -> None:
    _, second = _versions(artifacts)
    bench = Workbench(Settings(artifacts_dir=str(artifacts)))
    bench.load_model()
    registry = Registry(artifacts)
    third = registry.publish(*_copy_of(registry, second), {})
    registry.promote(third)
    (artifacts / "models" / third / "model.joblib").write_bytes(b"garbage")
    bench.load_model()
    status = bench.status()
    assert (status.model_loaded, status.model_version, status.state) == (True, second, "ready")
    assert status.problem is not None
    assert third in status.problem
    assert status.problem in status.detail
    with pytest.raises(CorruptArtifact):
        registry.read_model(third)
