"""Placeholder until the classifiers land (owned by the descriptor work)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Params(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ForestParams(_Params):
    n_estimators: int = Field(400, ge=10, le=2000, description="Number of trees.")
    max_depth: int | None = Field(None, ge=1, le=100, description="Deepest tree; null: no bound.")


class LdaParams(_Params):
    shrinkage: float | None = Field(None, ge=0, le=1, description="null: Ledoit-Wolf.")


@dataclass(frozen=True)
class ModelSpec:
    summary: str
    params: type[BaseModel]
    build: Callable[[Any, int], Any]


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
    "ensemble": ModelSpec("placeholder", LdaParams, _lda),
    "lda": ModelSpec("Linear discriminant analysis", LdaParams, _lda),
    "random_forest": ModelSpec("Forest of decision trees", ForestParams, _forest),
}
