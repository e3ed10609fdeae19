"""Readers, writers and labelled folders of point cloud files."""

from __future__ import annotations

from pcdash.files.folder import LabelledFile, LabelledFolder, SkippedFile, scan_folder
from pcdash.files.limits import ReadLimits
from pcdash.files.raw import display_name
from pcdash.files.reader import READERS, Reader, decode_cloud, read_cloud
from pcdash.files.writer import ENCODERS, encode_cloud

__all__ = [
    "ENCODERS",
    "READERS",
    "LabelledFile",
    "LabelledFolder",
    "ReadLimits",
    "Reader",
    "SkippedFile",
    "decode_cloud",
    "display_name",
    "encode_cloud",
    "read_cloud",
    "scan_folder",
]
