"""The classifiers: a visible table of what can be fitted on the feature matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class _Params(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True)
class ModelSpec:
    """A classifier that can be chosen.

    Attributes
    ----------
    summary : str
        One line for the page and ``--help``.
    params : type of pydantic model
        Every parameter that may be set, with bounds and help.
    build : callable
        ``build(params, seed)`` gives an unfitted classifier with ``fit(X, y)``, ``predict_proba`` and
        ``classes_``; probabilities are calibrated.
    """

    summary: str
    params: type[BaseModel]
    build: Callable[[Any, int], Any]


class EnsembleParams(_Params):
    """The default."""

    hidden: Annotated[
        tuple[Annotated[int, Field(ge=4, le=2048)], ...],
        Field(strict=False, min_length=1, max_length=4),
    ] = Field((256, 64), description="Widths of the networks' hidden layers.")
    epochs: int = Field(25, ge=1, le=1000, description="Passes over the training clouds.")
    folds: int = Field(
        4, ge=2, le=10, description="Networks; each leaves out one fold, which calibrates it."
    )


class ForestParams(_Params):
    """Forests of decision trees."""

    n_estimators: int = Field(400, ge=10, le=2000, description="Number of trees.")
    max_depth: int | None = Field(None, ge=1, le=100, description="Deepest tree; null: no bound.")


class LdaParams(_Params):
    """Linear discriminant analysis."""

    shrinkage: float | None = Field(None, ge=0, le=1, description="null: Ledoit-Wolf.")


def _ensemble(p: EnsembleParams, seed: int) -> Any:
    from pcdash.core.classifiers.ensemble import Ensemble

    return Ensemble(hidden=p.hidden, epochs=p.epochs, folds=p.folds, seed=seed)


def _forest(p: ForestParams, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(p.n_estimators, max_depth=p.max_depth, random_state=seed)


def _lda(p: LdaParams, seed: int) -> Any:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        StandardScaler(),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=p.shrinkage or "auto"),
    )


MODELS: dict[str, ModelSpec] = {
    "ensemble": ModelSpec(
        "Networks and discriminants, by number of points", EnsembleParams, _ensemble
    ),
    "lda": ModelSpec("Linear discriminant analysis", LdaParams, _lda),
    "random_forest": ModelSpec("Forest of decision trees", ForestParams, _forest),
}
