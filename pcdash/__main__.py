"""``python -m pcdash``."""

from __future__ import annotations

import os

_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def run() -> None:
    """Run the command line with one BLAS thread, unless the environment asks for more.

    The matrices of one cloud are small: a second thread gains nothing, and where cores are busy
    the threads wait for one another ten times as long as they work.  The variables are read when
    numpy is loaded, so they are set before anything else is imported.
    """
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")

    from pcdash.cli import main

    main()


if __name__ == "__main__":
    run()
