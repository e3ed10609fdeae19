"""Which parts of a cloud carry the answer, and whether that picture is to be believed.

Parts are deleted, many at a time, and the model is asked again (RISE, Petsiuk et al. 2018): one
patch of 32 changes an answer less than another sampling does.  The drops of the log-odds are then
laid to the patches by a regression whose prior is a smooth picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcdash.core.audit.patches import Orders, bisect, likeness, random_orders
from pcdash.core.cloud import MIN_POINTS, Points
from pcdash.core.inference import ActiveModel
from pcdash.errors import InvalidCloud

Float = NDArray[np.float64]

PATCHES = 32
FEWEST_POINTS = 64
"""Below this the patches would hold too few points to be told from chance; no picture is made."""

MOST_PER_PATCH = 16
POOL = 32 * MOST_PER_PATCH
"""Points of a patch that are drawn from: 200 draws from all of a million take seconds."""

ORDERS = 64
DEPTHS = (0.25, 0.375, 0.5)
"""Shares of the patches that are deleted, one step after the other."""

THINNED = 0.9
"""Share of what is left that is looked at, drawn anew each time: an answer that hangs on single
points shall not pass for one that hangs on a part."""

REPEATS = 4
RIDGE = 1.0
"""Variance of the noise over that of the drops the picture explains."""

LEAST_STANDING = 0.5
LEAST_GAIN = 0.25
LEAST_FAITHFULNESS = 0.75
"""What a picture has to reach to mean something, see `Blame`."""

_NO_DIFFERENCE = 0.05
"""Nats: curves that are closer count as equal.  A model that has learnt nothing answers nearly the
same whatever is deleted, and somewhat less so in the order of the scores."""

_TINY = 1e-12


@dataclass(frozen=True)
class Blame:
    """Where the answer comes from.

    Attributes
    ----------
    predicted_class : str
        Of the whole cloud.
    scores : (n,) float64
        Log-odds of that class (nats) that go with each point's patch; negative where the patch
        speaks against it.  Zero where no picture was made.
    means_something : bool
        Whether ``standing``, ``gain`` and ``faithfulness`` reach `LEAST_STANDING`, `LEAST_GAIN` and
        `LEAST_FAITHFULNESS`.
    sentence : str
        The same for people.
    faithfulness : float or None
        Share of random deletion curves above the one in the order of the scores by more than
        `_NO_DIFFERENCE`, in [0, 1]: 0.5 by chance at most.  A curve is the mean log-odds over
        `DEPTHS` (the deletion metric of Petsiuk et al. 2018); the random orders are as coherent as
        the picture.  None, like the two below, where no picture was made: nothing was measured.
    gain : float or None
        By how much the curve in the order of the scores lies below the mean of the random ones,
        nats.
    standing : float or None
        Share of the random deletions after which the predicted class is the same: where it is
        low, there is no answer to explain.
    """

    predicted_class: str
    scores: Float
    means_something: bool
    sentence: str
    faithfulness: float | None
    gain: float | None
    standing: float | None


def blame(model: ActiveModel, points: Points, seed: int) -> Blame:
    """Delete parts of the cloud, ask again, and colour the points by what that cost.

    Parameters
    ----------
    model : ActiveModel
        Any classifier whose probabilities are calibrated: the scores are in their log-odds.
    points : (n, 3) float64
        Accepted by `pcdash.core.cloud.check_cloud`.
    seed : int
        Of the deletions: same cloud, same seed, same picture.
    """
    said = model.probabilities([points])[0]
    answer = int(said.argmax())
    n = len(points)
    if n < FEWEST_POINTS:
        why = f"{n} points are too few to delete parts of, {FEWEST_POINTS} needed"
        return _no_picture(model.classes[answer], n, why)
    try:
        return _picture(model, points, answer, seed)
    except InvalidCloud:
        # What is left of points that share few places, or that all but lie on a line.
        return _no_picture(model.classes[answer], n, "with parts missing, no shape is left")


def _picture(model: ActiveModel, points: Points, answer: int, seed: int) -> Blame:
    """The blame for the class `answer` of a cloud that parts can be deleted of."""
    name = model.classes[answer]
    asker = _Asker(model, points, np.random.default_rng(seed))
    kernel = likeness(points, asker.patches)
    random = random_orders(kernel, ORDERS, asker.rng)
    curves, classes = asker.curves(random, answer)
    whole = asker.whole(answer)
    weights = _weights(random, asker.depths, whole - curves, kernel)
    # Asked anew: what the weights were found on must not vouch for them.
    ordered = np.argsort(-weights, kind="stable")
    own, _ = asker.curves(np.tile(ordered, (REPEATS, 1)), answer)
    mean, each = float(own.mean()), curves.mean(axis=1)
    standing = float((classes == answer).mean())
    gain = float(each.mean()) - mean
    faithfulness = float((each > mean + _NO_DIFFERENCE).mean())
    means_something, sentence = _verdict(name, standing, gain, faithfulness)
    scores = np.empty(len(points))
    for weight, rows in zip(weights, asker.patches, strict=True):
        scores[rows] = weight
    return Blame(
        predicted_class=name,
        scores=scores,
        means_something=means_something,
        sentence=sentence,
        faithfulness=faithfulness,
        gain=gain,
        standing=standing,
    )


class _Asker:
    """Asks the model about what deletions leave of one cloud."""

    def __init__(self, model: ActiveModel, points: Points, rng: np.random.Generator) -> None:
        number = PATCHES
        while len(points) < 4 * number:
            number //= 2
        self.rng = rng
        self.patches = bisect(points, number)
        self.depths = [round(share * number) for share in DEPTHS]
        self._model = model
        self._points = points
        self._pools = [
            patch if len(patch) <= POOL else rng.choice(patch, POOL, replace=False)
            for patch in self.patches
        ]
        self._per_patch = min(len(points) // number, MOST_PER_PATCH)

    def whole(self, answer: int) -> float:
        """Mean log-odds of the class `answer` while nothing is deleted."""
        nothing = np.zeros(0, np.intp)
        return float(_log_odds(self._ask([nothing] * REPEATS), answer).mean())

    def curves(self, orders: Orders, answer: int) -> tuple[Float, NDArray[np.intp]]:
        """Log-odds of `answer` and predicted classes after each step: (orders, depths) each."""
        said = self._ask([order[:depth] for order in orders for depth in self.depths])
        shape = len(orders), len(self.depths)
        return _log_odds(said, answer).reshape(shape), said.argmax(axis=1).reshape(shape)

    def _ask(self, deletions: list[NDArray[np.intp]]) -> Float:
        return self._model.probabilities([self._points[self._left(gone)] for gone in deletions])

    def _left(self, gone: NDArray[np.intp]) -> NDArray[np.intp]:
        """Rows that are looked at: so many for one depth that clouds are described together."""
        kept = np.setdiff1d(np.arange(len(self.patches)), gone)
        rows = np.concatenate([self._pools[number] for number in kept])
        number = max(MIN_POINTS, round(THINNED * self._per_patch * len(kept)))
        return self.rng.choice(rows, number, replace=False)


def _weights(orders: Orders, depths: list[int], drops: Float, kernel: Float) -> Float:
    """Lay the drops to the patches: Gaussian process regression on who was deleted.

    A drop is the sum of the weights of the deleted patches; the weights' prior covariance is
    `kernel`.  The mean drop of a depth says nothing of single patches: it gives their mean.
    """
    p = orders.shape[1]
    rank = np.argsort(orders, axis=1)
    deleted = (rank[:, None, :] < np.array(depths)[None, :, None]).astype(np.float64)
    level = float((drops.mean(axis=0) @ depths) / np.square(depths).sum())
    masks = (deleted - deleted.mean(axis=0)).reshape(-1, p)
    rest = (drops - drops.mean(axis=0)).ravel()
    explained = masks @ kernel @ masks.T
    noise = RIDGE * float(np.trace(explained)) / len(rest)
    weights = kernel @ masks.T @ np.linalg.solve(explained + noise * np.eye(len(rest)), rest)
    result: Float = weights - weights.mean() + level
    return result


def _log_odds(said: Float, answer: int) -> Float:
    """Of one class, nats; the others are summed, since 1 - p loses what a sure model leaves."""
    others = np.delete(said, answer, axis=1).sum(axis=1)
    result: Float = np.log(np.maximum(said[:, answer], _TINY)) - np.log(np.maximum(others, _TINY))
    return result


def _verdict(name: str, standing: float, gain: float, faithfulness: float) -> tuple[bool, str]:
    if standing < LEAST_STANDING:
        return False, (
            f"This picture means nothing: when random parts are missing, the answer is {name} in "
            f"{standing:.0%} of the cases only, so there is no firm answer to explain."
        )
    if gain < LEAST_GAIN or faithfulness < LEAST_FAITHFULNESS:
        return False, (
            "This picture means nothing: deleting what it marks costs the answer hardly more than "
            "deleting as much elsewhere. No part carries it."
        )
    return True, (
        f"Deleting what is marked lowers the odds of {name} by a factor of {np.exp(gain):.3g} more "
        f"than deleting as much elsewhere, more than {faithfulness:.0%} of {ORDERS} random "
        "deletions do."
    )


def _no_picture(name: str, n: int, why: str) -> Blame:
    return Blame(
        predicted_class=name,
        scores=np.zeros(n),
        means_something=False,
        sentence=f"No picture: {why}.",
        faithfulness=None,
        gain=None,
        standing=None,
    )
