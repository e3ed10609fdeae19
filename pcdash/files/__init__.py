"""Readers, writers and labelled folders of point cloud files.

What is read, and where we decided what could be decided otherwise:

==============  ====================================================================================
ending          policy
==============  ====================================================================================
all             ending and content must agree; 16 to 2,000,000 points; refused are infinities, NaN
                (but see PCD), coordinates beyond 1e100, identical and collinear points
.ply            with faces it is a mesh; everything but x, y, z and the faces is passed over
.pcd            rows with a NaN coordinate are missing returns: dropped, and counted in
                ``source['dropped_rows']``
.xyz .txt       with a header only the columns x, y, z are read, the others may hold words; without
.csv .pts       one every column is a number and the first three count; UTF-16 is refused
.npy .npz       exactly (n, 3), integers or floats; never transposed, cut or unpickled
.off .obj .stl  8192 points, uniform by area on the surface, always the same ones; without faces the
                file is refused, for bare vertices say where the modeller was busy, not what shape
.las .laz       scaled and shifted in double precision
==============  ====================================================================================

PLY, PCD, OFF, OBJ and STL are parsed here; plyfile, pypcd4 and trimesh are witnesses in the tests.
Reasons: plyfile allocates what a header announces and takes five seconds for a million rows of text
(0.4 here), pypcd4 allocates likewise and stops at two blanks in a row, trimesh finds faults in text
without saying in which line.
"""

from __future__ import annotations

from pcdash.files.archive import unpacked
from pcdash.files.bundle import Bundle, opened
from pcdash.files.folder import LabelledFile, LabelledFolder, SkippedFile, scan_folder
from pcdash.files.limits import ReadLimits
from pcdash.files.raw import display_name
from pcdash.files.reader import READERS, Reader, decode_cloud, read_cloud
from pcdash.files.writer import ENCODERS, encode_cloud

__all__ = [
    "ENCODERS",
    "READERS",
    "Bundle",
    "LabelledFile",
    "LabelledFolder",
    "ReadLimits",
    "Reader",
    "SkippedFile",
    "decode_cloud",
    "display_name",
    "encode_cloud",
    "opened",
    "read_cloud",
    "scan_folder",
    "unpacked",
]
