"""What bytes look like, whatever the file is called."""

from __future__ import annotations

import re

SIGNATURES: dict[str, re.Pattern[bytes]] = {
    "PLY": re.compile(rb"ply\s"),
    "PCD": re.compile(rb"(#[^\n]{0,200}\n)*\s*(# \.PCD|VERSION\s+\.?\d|FIELDS\s+\w)"),
    "NPY": re.compile(rb"\x93NUMPY"),
    "LAS": re.compile(rb"LASF"),
    "OFF": re.compile(rb"(\s|#[^\n]*\n)*(ST)?C?N?OFF(\b|\d)"),
    "ZIP": re.compile(rb"PK(\x03\x04|\x05\x06|\x07\x08)"),
    "PNG": re.compile(rb"\x89PNG\r\n"),
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "GIF": re.compile(rb"GIF8[79]a"),
    "gzip": re.compile(rb"\x1f\x8b"),
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "7-Zip": re.compile(rb"7z\xbc\xaf\x27\x1c"),
    "HDF5": re.compile(rb"\x89HDF\r\n\x1a\n"),
    "PDF": re.compile(rb"%PDF-"),
    "binary glTF": re.compile(rb"glTF"),
    "E57": re.compile(rb"ASTM-E57"),
    "MATLAB": re.compile(rb"MATLAB 5\.0 MAT-file"),
    "Python pickle": re.compile(rb"\x80[\x02-\x05]"),
    "zlib (joblib)": re.compile(rb"x[\x01\x5e\x9c\xda]"),
    "UTF-16 text (save it as UTF-8)": re.compile(rb"\xff\xfe|\xfe\xff"),
    "HTML or XML": re.compile(rb"\s*<(\?xml|!DOCTYPE|html)", re.IGNORECASE),
}
"""First bytes by which a format is known; text tables, OBJ and STL have none."""


def looks_like(data: bytes) -> str | None:
    """The name of the format whose signature `data` starts with, or None.

    Examples
    --------
    >>> looks_like(b"ply\\nformat ascii 1.0\\n")
    'PLY'
    """
    start = data[:1024]
    return next((name for name, known in SIGNATURES.items() if known.match(start)), None)
