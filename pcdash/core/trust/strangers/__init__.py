"""Shapes that are none of the classes, to learn what "none of these" looks like.

Outlier exposure (Hendrycks et al. 2019): a detector that has seen many kinds of strangers knows
others as well.  So the families are broad and each is drawn with free parameters; what a scan does
to them is added by `pcdash.core.corruption.scanning`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pcdash.core.trust.strangers import built, thin, turned

Family = Callable[[int, np.random.Generator], NDArray[np.float64]]

FAMILIES: dict[str, Family] = {
    one.__name__: one
    for one in (
        turned.ellipsoid,
        turned.superquadric,
        turned.blob,
        turned.vase,
        turned.bottle,
        turned.capsule,
        turned.ring,
        turned.shell,
        built.pyramid,
        built.prism,
        built.profile,
        built.furniture,
        built.table,
        built.polytope,
        built.star,
        built.cut,
        built.pair,
        built.barbell,
        thin.sheet,
        thin.band,
        thin.tube,
        thin.helix,
        thin.elbow,
        thin.lattice,
        thin.limbs,
        thin.cloudlet,
    )
}
"""Name -> ``family(n, rng)``, at most n points (k, 3) on a drawn surface; a new one is a function
in a module beside this one and a line here."""
