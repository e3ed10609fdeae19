"""Model versions on disk: atomic publish, verification, the promoted one, and what was live when.

Layout below the artifacts folder::

    models/<YYYYMMDD-HHMMSS>/model.joblib, metadata.json    one version, never changed again
    models/<YYYYMMDD-HHMMSS>/metadata.hmac                  with a key: the metadata's HMAC
    models/current -> <YYYYMMDD-HHMMSS>                     the promoted version
    models/promotions.jsonl                                 what was live when, append-only
    reports/<YYYYMMDD-HHMMSS>.json, reports/report.json     evaluation of each and of the newest

The package knows only files: what a model is, and how it is loaded, is somebody else's business.
"""

from pcdash.registry.catalogue import VersionInfo
from pcdash.registry.naming import VERSION_FORMAT, is_version
from pcdash.registry.reader import Reader
from pcdash.registry.registry import Registry
from pcdash.registry.verify import is_as_written, read_model_dir

__all__ = [
    "VERSION_FORMAT",
    "Reader",
    "Registry",
    "VersionInfo",
    "is_as_written",
    "is_version",
    "read_model_dir",
]
