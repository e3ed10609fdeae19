"""Pieces of work through joblib: on this machine's cores, in threads, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar

from pcdash.core.params import ComputeParams
from pcdash.errors import InvalidInput

PARALLEL_FROM = 256
"""Clouds below which starting worker processes costs more than it saves."""

Result = TypeVar("Result", covariant=True)


class Work(Protocol[Result]):
    """A piece of work on some clouds."""

    @property
    def labels(self) -> Sequence[int]:
        """One for each cloud."""

    def compute(self) -> Result:
        """Do it."""


def on_one_blas_thread() -> AbstractContextManager[Any]:
    """Hold the matrix products of this process to one thread, whatever the environment says.

    Several sum in another order: the last digits would then depend on the machine's cores.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="blas")
    return limits


def in_parallel(work: Sequence[Work[Result]], compute: ComputeParams | None) -> Iterator[Result]:
    """Yield each piece's result in order, from as many workers as pay.

    Parameters
    ----------
    work : sequence of Work
        Picklable.
    compute : ComputeParams, optional
        Backend and number of workers; the results do not depend on it.

    Raises
    ------
    InvalidInput
        If the backend cannot be had.
    """
    if not work:
        return
    from joblib import Parallel, delayed, parallel_config

    compute = compute or ComputeParams()
    few = sum(len(piece.labels) for piece in work) < PARALLEL_FROM
    workers = 1 if few and compute.backend == "loky" else compute.n_jobs
    with _cluster(compute):
        # The configuration holds for the whole thread, so for whoever takes the results as well:
        # it is gone again before the first of them.
        with parallel_config(backend=compute.backend):
            parallel = Parallel(n_jobs=workers, return_as="generator")
        yield from parallel(delayed(_compute)(piece) for piece in work)


@contextmanager
def _cluster(compute: ComputeParams) -> Iterator[None]:
    """A Dask client, where one is configured, for as long as the work takes."""
    if compute.backend != "dask":
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise InvalidInput(
            "backend dask needs the extra: pip install 'pcdash[dask]'", field="compute.backend"
        ) from None
    try:
        client = Client(compute.scheduler, timeout="10s")
    except OSError:
        raise InvalidInput(
            f"no Dask scheduler answers at {compute.scheduler}", field="compute.scheduler"
        ) from None
    with client:
        yield


def _compute(piece: Work[Result]) -> Result:
    on_one_blas_thread()  # for good: threads that each restored it would do so under the others
    return piece.compute()
