"""Blame: found where it is, denied where it is not, the same in any pose."""

from __future__ import annotations

import numpy as np
import pytest
from audit_fakes import scored

from pcdash.core.audit.blame import FEWEST_POINTS, blame
from pcdash.core.audit.patches import bisect, likeness, random_orders
from pcdash.core.cloud import check_cloud
from pcdash.core.corruption import rotation
from pcdash.core.shapes import SHAPES


def _cloud(n: int = 512, shape: str = "torus", seed: int = 3) -> np.ndarray:
    points = SHAPES[shape](1, n, np.random.default_rng(seed))[0]
    return np.asarray(points)


def _end(points: np.ndarray) -> np.ndarray:
    """The points beyond 0.6 along x: the part that the answer hangs on."""
    return points[:, 0] > 0.6


def _of_the_end(points: np.ndarray) -> float:
    """Log-odds of a torus: -3 without the end, some 7 with the points that 512 have there."""
    return float(np.count_nonzero(_end(points)) / 10 - 3)


def test_the_part_that_the_answer_hangs_on_is_found() -> None:
    points = _cloud()
    found = blame(scored(_of_the_end), points, seed=0)
    assert found.predicted_class == "torus"
    assert found.means_something
    assert found.faithfulness is not None
    assert found.faithfulness > 0.95
    assert found.gain is not None
    assert found.gain > 1
    assert found.sentence.startswith("Deleting what is marked lowers the odds of torus")
    inside = _end(points)
    assert found.scores[inside].mean() > 5 * np.abs(found.scores[~inside]).mean()
    top = np.argsort(-found.scores)[: np.count_nonzero(inside) // 2]
    assert inside[top].mean() > 0.9


def test_what_speaks_against_the_answer_is_negative() -> None:
    points = _cloud()
    found = blame(scored(lambda p: 12 - _of_the_end(p)), points, seed=0)
    assert found.predicted_class == "torus"
    assert found.scores[_end(points)].mean() < -0.1
    assert found.scores[_end(points)].max() < found.scores[~_end(points)].mean()


@pytest.mark.parametrize("certainty", [0.3, 12.0])
def test_a_model_that_ignores_the_points_has_no_picture(certainty: float) -> None:
    found = blame(scored(lambda p: certainty), _cloud(), seed=0)
    assert not found.means_something
    assert found.gain == pytest.approx(0)
    assert found.standing == 1
    assert "No part carries it" in found.sentence


def test_chance_is_no_picture() -> None:
    def chance(points: np.ndarray) -> float:
        return float(np.random.default_rng([*points[0].view(np.uint64)]).normal(4, 1))

    for seed in range(3):
        assert not blame(scored(chance), _cloud(), seed=seed).means_something


def test_an_answer_that_does_not_stand_cannot_be_explained() -> None:
    def wavering(points: np.ndarray) -> float:
        return 0.5 if len(points) == 512 else _of_the_end(points) - 12

    found = blame(scored(wavering), _cloud(), seed=0)
    assert not found.means_something
    assert found.standing is not None
    assert found.standing < 0.5
    assert "no firm answer to explain" in found.sentence


def test_seed_pose_unit_and_order_of_the_points() -> None:
    points = _cloud()

    def flat(p: np.ndarray) -> float:
        spectrum = np.linalg.eigvalsh(np.cov(p.T))
        return float(20 * (spectrum[0] / spectrum[2]))

    model = scored(flat)
    found = blame(model, points, seed=4)
    again = blame(model, points, seed=4)
    assert (found.scores == again.scores).all()
    assert found.sentence == again.sentence
    assert (blame(model, points, seed=5).scores != found.scores).any()
    turned = points @ rotation(np.random.default_rng(0)).T * 1e-3 + 7
    assert blame(model, turned, seed=4).scores == pytest.approx(found.scores, abs=1e-6)
    order = np.random.default_rng(1).permutation(len(points))
    assert blame(model, points[order], seed=4).scores == pytest.approx(found.scores[order])


@pytest.mark.parametrize("n", [16, FEWEST_POINTS - 1])
def test_few_points_have_no_picture_and_it_is_said_why(n: int) -> None:
    found = blame(scored(_of_the_end), _cloud(n), seed=0)
    assert not found.means_something
    assert found.scores.shape == (n,)
    assert not found.scores.any()
    assert (found.faithfulness, found.gain, found.standing) == (None, None, None)
    assert found.sentence == f"No picture: {n} points are too few to delete parts of, 64 needed."


@pytest.mark.parametrize("n", [64, 65, 127, 1000])
def test_no_cloud_that_is_asked_about_has_fewer_than_sixteen_points(n: int) -> None:
    sizes = []

    def seen(p: np.ndarray) -> float:
        sizes.append(len(p))
        return _of_the_end(p)

    found = blame(scored(seen), _cloud(n), seed=0)
    assert found.scores.shape == (n,)
    assert min(sizes) >= 16
    assert len(set(sizes)) <= 5  # so that they can be described together


def test_a_hundred_thousand_points_are_coloured_all_and_asked_about_in_part() -> None:
    points, sizes = _cloud(100_000), []

    def seen(p: np.ndarray) -> float:
        sizes.append(len(p))
        return _of_the_end(p)

    found = blame(scored(seen), points, seed=0)
    assert found.means_something
    inside = _end(points)
    assert found.scores[inside].mean() > 5 * np.abs(found.scores[~inside]).mean()
    assert sorted(sizes)[-2] <= 512


def test_a_cloud_that_deletions_leave_no_shape_of_has_no_picture() -> None:
    points = np.zeros((100, 3))
    points[:, 0], points[0, 1] = np.arange(100), 1.0

    def strict(p: np.ndarray) -> float:
        return float(check_cloud(p)[:, 1].max())

    found = blame(scored(strict), points, seed=0)
    assert not found.means_something
    assert (found.faithfulness, found.gain, found.standing) == (None, None, None)
    assert found.sentence == "No picture: with parts missing, no shape is left."
    assert not found.scores.any()


# -- patches --------------------------------------------------------------------------------------


def test_patches_have_one_size_and_hold_together() -> None:
    points = _cloud(1000)
    patches = bisect(points, 32)
    assert sorted(np.concatenate(patches)) == list(range(1000))
    assert {len(patch) for patch in patches} == {31, 32}
    spread = np.sqrt(points.var(axis=0).sum())
    within = [np.sqrt(points[patch].var(axis=0).sum()) for patch in patches]
    assert np.mean(within) < 0.3 * spread


def test_points_that_coincide_are_cut_all_the_same() -> None:
    points = np.concatenate([np.zeros((100, 3)), _cloud(28)])
    assert {len(patch) for patch in bisect(points, 32)} == {4}
    assert np.isfinite(likeness(points, bisect(points, 32))).all()


def test_random_orders_are_as_coherent_as_a_picture() -> None:
    points = _cloud()
    patches = bisect(points, 32)
    kernel = likeness(points, patches)
    assert np.diag(kernel) == pytest.approx(1)
    orders = random_orders(kernel, 200, np.random.default_rng(0))
    assert (np.sort(orders, axis=1) == np.arange(32)).all()
    # What goes first is near what goes second, and every patch goes first now and then.
    together = kernel[orders[:, 0], orders[:, 1]].mean()
    apart = kernel[orders[:, 0], orders[:, -1]].mean()
    assert together > 0.4 > 0.1 > apart
    assert len(set(orders[:, 0])) > 24
