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
    from joblib import Parallel, delayed

    compute = compute or ComputeParams()
    few = sum(len(piece.labels) for piece in work) < PARALLEL_FROM
    with _backend(compute):
        workers = 1 if few and compute.backend == "loky" else compute.n_jobs
        yield from Parallel(n_jobs=workers, return_as="generator")(
            delayed(_compute)(piece) for piece in work
        )


@contextmanager
def _backend(compute: ComputeParams) -> Iterator[None]:
    """joblib's backend as configured; a Dask client lives as long as the work."""
    from joblib import parallel_config

    if compute.backend != "dask":
        with parallel_config(backend=compute.backend):
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
    with client, parallel_config(backend="dask"):
        yield


def _compute(piece: Work[Result]) -> Result:
    on_one_blas_thread()  # for good: threads that each restored it would do so under the others
    return piece.compute()
