"""Any callable as a background job: a queue on disk, one dispatcher, one child process per job.

The package knows callables and progress, not what they do.  A job is a row in ``jobs.sqlite``:
every process and every browser session that looks sees the same, and rows survive restarts.

    queue = JobQueue(folder, kinds={"train": "pcdash.workbench:run_training"})
    Dispatcher(queue).start()           # in the server's main, never at import
    job = queue.submit("train", {"seed": 1})

The callable runs in a child process as ``run(payload, progress) -> dict``.
"""

from pcdash.jobs.dispatcher import Dispatcher
from pcdash.jobs.job import Job, JobState
from pcdash.jobs.jobqueue import JobQueue
from pcdash.jobs.lane import Lane
from pcdash.jobs.limits import JobLimits
from pcdash.jobs.progress import Progress

__all__ = ["Dispatcher", "Job", "JobLimits", "JobQueue", "JobState", "Lane", "Progress"]
