"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# The same examples at every run, here and in CI; the long forms look for new ones.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("steady")

# As python -m pcdash does, before anything imports numpy: the matrices are small, and threads that
# wait for one another tripled the time of a test that trains.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes test: one of them has the browser, and files stay together."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = nodeid.split("::", 1)[0]
            return "browser" if file.startswith("tests/browser/") else file

    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests are the longest row, so they come first."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real scans, broken files and ModelNet10; absent on most machines.

    ``PCDASH_TEST_DATA`` names it; otherwise it is looked for beside the checkout.
    """
    named = os.environ.get("PCDASH_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        reason = f"no measuring data at {folder}; set PCDASH_TEST_DATA"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)  # the data may not be passed on: only CI and the makers have it
    return folder


@pytest.fixture(scope="session")
def small_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder with one small model, promoted: copy it, never write to it."""
    # Here, since numpy is to find the variables above set.
    from pcdash.core.params import TrainParams
    from pcdash.core.progress import Silent
    from pcdash.workbench import train_and_publish

    folder = tmp_path_factory.mktemp("small") / "artifacts"
    small = {
        "dataset": {"classes": ["cone", "torus"], "n_samples_per_class": 20, "n_points": 64},
        "passport": {"grid": "small", "clouds": 10},
        "model": {"name": "svm_rbf"},  # fits in a fiftieth of lda's time
    }
    train_and_publish(TrainParams.model_validate(small), folder, Silent())
    return folder
