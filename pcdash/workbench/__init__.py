"""The use cases, one method each. Page, routes and commands all come through here."""

from pcdash.workbench.datasets import Datasets
from pcdash.workbench.desk import Workbench, with_seed
from pcdash.workbench.model_rows import ModelRow
from pcdash.workbench.scans import Scans
from pcdash.workbench.status import Status
from pcdash.workbench.trainer import run_training, train_and_publish

__all__ = [
    "Datasets",
    "ModelRow",
    "Scans",
    "Status",
    "Workbench",
    "run_training",
    "train_and_publish",
    "with_seed",
]
