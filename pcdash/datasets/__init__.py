"""Labelled scans that are kept: each dataset once, named by its content, under a quota.

Layout below the artifacts folder::

    datasets/<sha256>/files/<class>[/<train|test>]/<file>   the scans, never changed again
    datasets/<sha256>/index.json                            name, counts, size: what a list shows
    datasets/<sha256>/preview.json                          what is in it; computed once
    datasets/<sha256>/lock                                  marked while somebody reads the scans

A configuration names one as ``dataset.root: datasets/<sha256>``, which holds wherever the artifacts
folder lies.  The package knows files and folders, not what is trained on them.
"""

from pcdash.datasets.dataset import LISTED_CLASSES, Dataset, root_of, stored_hash
from pcdash.datasets.inspection import inspect
from pcdash.datasets.intake import SHARE as INTAKE_SHARE
from pcdash.datasets.looking import picture_points
from pcdash.datasets.store import DatasetStore

__all__ = [
    "INTAKE_SHARE",
    "LISTED_CLASSES",
    "Dataset",
    "DatasetStore",
    "inspect",
    "picture_points",
    "root_of",
    "stored_hash",
]
