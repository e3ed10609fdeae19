"""Every format reads what its definition says, exactly."""

from __future__ import annotations

import re

import numpy as np
import pytest
from file_samples import CUBE_VERTICES, POINTS, SAMPLES, SURVEY, Sample, laz

from pcdash.errors import UnreadableFile
from pcdash.files import READERS, decode_cloud
from pcdash.files.surface import SURFACE_POINTS

CLOUDS = [sample for sample in SAMPLES if sample.points is not None]
MESHES = [sample for sample in SAMPLES if sample.points is None]


def test_there_is_a_sample_of_every_ending() -> None:
    assert {"." + sample.name.rpartition(".")[2] for sample in SAMPLES} == set(READERS)


@pytest.mark.parametrize("sample", CLOUDS, ids=lambda sample: sample.name)
def test_a_cloud_is_read_exactly(sample: Sample) -> None:
    cloud = decode_cloud(sample.data, sample.name)
    if sample.name.endswith((".las", ".laz")):  # whole numbers times a scale: not the same double
        np.testing.assert_allclose(cloud.points, sample.points, rtol=0, atol=2e-9)
    else:
        np.testing.assert_array_equal(cloud.points, sample.points)
    assert cloud.points.dtype == np.float64
    assert cloud.points.flags.c_contiguous
    assert cloud.name == sample.name
    assert cloud.source["format"] == READERS[sample.name[-4:]].title


@pytest.mark.parametrize("sample", MESHES, ids=lambda sample: sample.name)
def test_a_mesh_is_read_as_points_all_over_its_surface(sample: Sample) -> None:
    cloud = decode_cloud(sample.data, sample.name)
    assert len(cloud) == SURFACE_POINTS
    assert re.fullmatch(r"mesh surface \(\d+ faces\)", cloud.source["sampled_from"])
    # on the cube [0, 2]^3: inside it, and one coordinate on a side
    assert cloud.points.min() >= 0
    assert cloud.points.max() <= 2
    to_a_side = np.minimum(cloud.points, 2 - cloud.points).min(axis=1)
    np.testing.assert_allclose(to_a_side, 0, atol=1e-12)
    # uniform by area: every side gets a sixth of the points, every half of a side a twelfth
    side = np.argmin(np.hstack([cloud.points, 2 - cloud.points]), axis=1)
    shares = np.bincount(side, minlength=6) / SURFACE_POINTS
    np.testing.assert_allclose(shares, 1 / 6, atol=0.02)
    np.testing.assert_allclose(cloud.points.mean(axis=0), 1.0, atol=0.05)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_same_bytes_give_the_same_points(sample: Sample) -> None:
    first, again = (decode_cloud(sample.data, sample.name).points for _ in range(2))
    assert first.tobytes() == again.tobytes()


UNCOUNTED = ("plain.xyz", "table.csv", "table.txt", "cube.obj")
"""Files that nowhere say how long they should be."""


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.name not in UNCOUNTED], ids=lambda sample: sample.name
)
def test_a_file_that_was_cut_off_is_refused(sample: Sample, keep: float) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode_cloud(sample.data[: int(len(sample.data) * keep)], sample.name)
    assert str(caught.value).startswith(sample.name)


def test_a_mesh_far_from_the_origin_keeps_its_shape() -> None:
    far = CUBE_VERTICES + np.array([467000.0, 5427000.0, 300.0])
    lines = "".join(f"{x} {y} {z}\n" for x, y, z in far)
    cloud = decode_cloud(f"OFF\n8 1 0\n{lines}4 0 1 3 2\n".encode(), "far.off")
    np.testing.assert_allclose(cloud.points[:, 0], 467000.0, atol=1e-9)
    np.testing.assert_allclose(np.ptp(cloud.points[:, 1:], axis=0), 2.0, atol=0.01)
    assert len(np.unique(cloud.points, axis=0)) == SURFACE_POINTS


@pytest.mark.parametrize("form", [0, 6])
def test_laz_of_several_chunks(form: int) -> None:
    points = np.tile(SURVEY, (3000, 1)) + np.arange(120_000)[:, None] * 1e-3
    cloud = decode_cloud(laz(points, form=form), "chunks.laz")
    np.testing.assert_allclose(cloud.points, points, rtol=0, atol=1e-4)


def test_the_sample_really_needs_double_precision() -> None:
    collapsed = SURVEY.astype("f4").astype("f8") - (467000.0, 5427000.0, 300.0)
    assert np.abs(collapsed - POINTS).max() > 0.1
