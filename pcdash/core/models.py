"""The classifiers: a visible table of what can be fitted on descriptors.

Every one answers with calibrated probabilities: the ensemble calibrates itself on the folds that
its members have not seen, the others are wrapped in a temperature that is fitted on held-out folds
of the training data.  scikit-learn is imported by the builders, at the first training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Parameters(BaseModel):
    """Base of the classifiers' parameters: frozen, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Width = Annotated[int, Field(ge=4, le=2048)]
Widths = Annotated[tuple[Width, ...], Field(strict=False, min_length=1, max_length=4)]


class EnsembleParams(Parameters):
    """Of the default ensemble."""

    hidden: Widths = Field((256, 64), description="Widths of the networks' hidden layers.")
    epochs: int = Field(15, ge=1, le=1000, description="Passes over the training clouds.")
    steps: int = Field(800, ge=1, le=100_000, description="Fewest steps of 128 clouds each.")
    folds: int = Field(
        4, ge=2, le=10, description="Networks; each leaves out one fold, which calibrates it."
    )


class ForestParams(Parameters):
    """Of both forests."""

    n_estimators: int = Field(400, ge=10, le=2000, description="Number of trees.")
    max_depth: int | None = Field(None, ge=1, le=100, description="Deepest tree; null: no bound.")
    min_samples_leaf: int = Field(1, ge=1, le=1000, description="Fewest clouds in a leaf.")
    max_features: Literal["sqrt", "log2"] = Field(
        "sqrt", description="How many features are tried at a node."
    )


class BoostingParams(Parameters):
    """Of gradient boosting."""

    max_iter: int = Field(100, ge=10, le=2000, description="Rounds; each grows a tree per class.")
    learning_rate: float = Field(0.1, ge=0.001, le=1, description="Weight of each round.")
    max_leaf_nodes: int = Field(31, ge=2, le=1024, description="Leaves of a tree.")
    max_features: float = Field(
        0.1, ge=0.01, le=1, description="Share of features tried at a node."
    )


class LdaParams(Parameters):
    """Of linear discriminant analysis."""

    shrinkage: float | None = Field(
        None, ge=0, le=1, description="Of the covariance; null: the amount of Ledoit and Wolf."
    )


class SvmParams(Parameters):
    """Of the support vector machine."""

    C: float = Field(10.0, ge=1e-3, le=1e4, description="Price of a training error.")
    gamma: float = Field(
        0.3, ge=1e-3, le=100, description="Kernel width: gamma over the number of features."
    )


class MlpParams(Parameters):
    """Of a single network."""

    hidden: Widths = Field((256, 64), description="Widths of the hidden layers.")
    epochs: int = Field(15, ge=1, le=1000, description="Passes over the training clouds.")


@dataclass(frozen=True)
class ModelSpec:
    """A classifier that can be chosen.

    Attributes
    ----------
    summary : str
        One line for the page and ``--help``.
    params : type of Parameters
        Every parameter that may be set, with bounds and help.
    build : callable
        ``build(params, seed)`` gives an unfitted classifier for descriptors (m, DIM), with ``fit``,
        calibrated ``predict_proba`` and ``classes_``.
    """

    summary: str
    params: type[Parameters]
    build: Callable[[Any, int], Any]


def _ensemble(params: EnsembleParams, seed: int) -> Any:
    from pcdash.core.classifiers.ensemble import Ensemble

    return Ensemble(**params.model_dump(), seed=seed)


def _random_forest(params: ForestParams, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return _calibrated(
        RandomForestClassifier(**params.model_dump(), n_jobs=-1, random_state=seed % 2**32)
    )


def _extra_trees(params: ForestParams, seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return _calibrated(
        ExtraTreesClassifier(**params.model_dump(), n_jobs=-1, random_state=seed % 2**32)
    )


def _boosting(params: BoostingParams, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return _calibrated(
        HistGradientBoostingClassifier(
            **params.model_dump(), early_stopping=False, random_state=seed % 2**32
        )
    )


def _lda(params: LdaParams, seed: int) -> Any:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline

    from pcdash.core.classifiers.scaling import Rooted

    shrinkage = "auto" if params.shrinkage is None else params.shrinkage
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
    return _calibrated(make_pipeline(Rooted(), lda))


def _svm(params: SvmParams, seed: int) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    from pcdash.core.classifiers.scaling import Rooted
    from pcdash.core.descriptor import DIM

    return _calibrated(make_pipeline(Rooted(), SVC(C=params.C, gamma=params.gamma / DIM)))


def _mlp(params: MlpParams, seed: int) -> Any:
    from sklearn.pipeline import make_pipeline

    from pcdash.core.classifiers.perceptron import Perceptron
    from pcdash.core.classifiers.scaling import Rooted

    return _calibrated(
        make_pipeline(Rooted(), Perceptron(hidden=params.hidden, epochs=params.epochs, seed=seed))
    )


def _calibrated(classifier: Any) -> Any:
    from pcdash.core.classifiers.calibration import TemperatureScaled

    return TemperatureScaled(classifier)


MODELS: dict[str, ModelSpec] = {
    "ensemble": ModelSpec(
        "Networks and linear discriminants, each blind to the fold that calibrates it",
        EnsembleParams,
        _ensemble,
    ),
    "mlp": ModelSpec("One multilayer perceptron", MlpParams, _mlp),
    "svm_rbf": ModelSpec("Support vector machine with Gaussian kernel", SvmParams, _svm),
    "lda": ModelSpec("Linear discriminant analysis", LdaParams, _lda),
    "random_forest": ModelSpec("Forest of decision trees", ForestParams, _random_forest),
    "extra_trees": ModelSpec("Forest of randomised trees", ForestParams, _extra_trees),
    "hist_gradient_boosting": ModelSpec("Gradient-boosted trees", BoostingParams, _boosting),
}
"""Names for configs, forms and requests; a new classifier is a builder above and a line here."""
