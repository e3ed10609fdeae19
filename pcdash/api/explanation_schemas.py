"""What comes out of `POST /predict` for each name in `"explain"`.

True to `pcdash.core.explanations`, which knows nothing of the web; a test holds the one against the
other.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pcdash.core.audit.turntable import Verdict

Vector = tuple[float, float, float]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Explained(_Part):
    """Base of the answers."""

    note: str | None = Field(None, description="What else there is to know about this answer.")


class Uncalibrated(_Part):
    """All that is said by a version that was never calibrated."""

    note: str = Field(description="That it was not, and what helps.")


class RestsOn(_Part):
    """The calibration scans that label_set rests on."""

    bin: str = Field(
        description="What they have in common.", examples=["at least 100 points, little noise"]
    )
    scans: int = Field(ge=0, description="How many they are.")
    pooled: bool = Field(
        description="Whether there were too few like this one, so that others count among them."
    )


class QualityAnswer(_Explained):
    """Estimates of how good the scan is."""

    points: int = Field(ge=0, description="Points of the scan.")
    distinct: int | None = Field(None, ge=0, description="Those of them in different places.")
    noise: float = Field(
        ge=0, description="Standard deviation along each axis, in rms radii of the object."
    )
    outliers: float = Field(ge=0, le=1, description="Share of the points that belong to nothing.")
    coverage: float = Field(ge=0, le=1, description="Share of the surface that is seen.")
    evenness: float = Field(
        ge=0, le=1, description="Effective over actual number of points; 1: evenly spread."
    )
    label_set_rests_on: RestsOn
    sentences: dict[str, str] = Field(
        description="A sentence about each of the estimates, and about what label_set rests on."
    )


class ExpectedAccuracyAnswer(_Explained):
    """How right the version was on calibration scans of like quality."""

    accuracy: float = Field(
        ge=0,
        le=1,
        description="Share of them that was classified right. It is about known classes: where the "
        "cloud is unknown, note and sentence say that it does not hold.",
    )
    low: float = Field(ge=0, le=1, description="Lower end of a 95 % interval.")
    high: float = Field(ge=0, le=1, description="Its upper end.")
    clouds: int = Field(ge=0, description="How many calibration scans those are.")
    sentence: str


class FarthestBlock(_Part):
    """The descriptor block that is farthest from any class."""

    block: str = Field(examples=["planes"])
    sigma: float = Field(
        ge=0, description="Distance from the nearest class, in standard deviations of that class."
    )


class NeighbourAnswer(_Part):
    """A training cloud."""

    label: str = Field(description="Its class.", examples=["torus"])
    distance: float = Field(
        ge=0,
        description="Root mean square difference of the scaled features; two clouds at random are "
        "about 1.4 apart.",
    )
    points: list[Vector] = Field(description="Some of its points, centred, of rms radius 1.")


class NeighboursAnswer(_Explained):
    """The training clouds that are most alike."""

    farthest: FarthestBlock
    nearest: list[NeighbourAnswer] = Field(description="The nearest first.")
    score: float | None = Field(None, description="How unlike any class the cloud is.")
    threshold: float | None = Field(None, description="Score above which it is unknown.")
    reason: str | None = Field(None, description="Why it is unknown, or is not.")


class TrialAnswer(_Part):
    """What was said of one changed cloud."""

    name: str = Field(description="What was done to it.", examples=["all coordinates times 10"])
    predicted_class: str
    probability: float = Field(ge=0, le=1, description="Of the class of the unchanged cloud.")


class FamilyAnswer(_Part):
    """Trials of one kind."""

    name: str = Field(examples=["rotations"])
    title: str = Field(examples=["turned about its centre"])
    trials: int = Field(ge=1)
    agreement: float = Field(ge=0, le=1, description="Share of them with the same class.")
    lowest: float = Field(
        ge=0, le=1, description="Least probability of the class of the unchanged cloud."
    )
    median: float = Field(ge=0, le=1)
    highest: float = Field(ge=0, le=1)
    worst: TrialAnswer = Field(description="One of another class, if there is any.")
    sentence: str


class TurntableAnswer(_Explained):
    """Whether the answer holds when the cloud is changed."""

    predicted_class: str = Field(description="Of the unchanged cloud, as it was sampled.")
    probability: float = Field(ge=0, le=1, description="Of that class.")
    n_points: int = Field(ge=0, description="Points of the cloud.")
    n_used: int = Field(ge=0, description="Those that were turned; of large clouds, a sample.")
    verdict: Verdict = Field(
        description="pose-sensitive: pose, unit or place matter, so the model is at fault. "
        "fragile: another sampling or a missing quarter changes the class. stable: neither."
    )
    sentence: str = Field(description="The verdict for people.")
    agreement: float = Field(ge=0, le=1, description="Share of all trials with the same class.")
    worst: TrialAnswer = Field(description="The trial that hurts most.")
    families: list[FamilyAnswer] = Field(description="Those that could be tried.")
    notes: list[str] = Field(description="What was left out, and why.")


class BlameAnswer(_Explained):
    """Which points carry the answer."""

    predicted_class: str
    scores: list[float] = Field(
        description="Of each point, in the order of the points: log-odds of that class (nats) that "
        "go with its patch; negative where it speaks against it, all 0 where no picture was made."
    )
    means_something: bool = Field(description="Whether the scores are to be believed.")
    sentence: str = Field(description="The same for people; also why no picture was made.")
    faithfulness: float | None = Field(
        ge=0,
        le=1,
        description="Share of random orders of deletion that cost clearly less than the order of "
        "the scores; null: no picture was made.",
    )
    gain: float | None = Field(
        description="How much more the order of the scores costs than random ones do, nats; null: "
        "no picture was made."
    )
    standing: float | None = Field(
        ge=0,
        le=1,
        description="Share of random deletions after which the class is the same; null: no picture "
        "was made.",
    )


class ResidualAnswer(_Part):
    """Distances from the fitted surface, in the scan's unit."""

    rms: float = Field(ge=0, description="Root mean square, of the points that lie on it.")
    median: float = Field(ge=0, description="Median of all points.")


class PrimitiveAnswer(_Explained):
    """The primitive in the scan; lengths and places are in the scan's unit and frame."""

    kind: Literal["cube", "cylinder", "cone", "torus", "sphere"] = Field(
        description="The predicted class, or what fits best where that is none of these; a cube is "
        "a box of any edges."
    )
    centre: Vector = Field(description="Middle of its height; of torus and sphere the centre.")
    axis: Vector | None = Field(
        description="Unit vector, of a cone towards its tip; null for cube and sphere."
    )
    apex: Vector | None = Field(
        description="Where a cone's mantle meets its axis, cut off or not; null for the others."
    )
    edges: tuple[Vector, Vector, Vector] | None = Field(
        description="Unit vectors along a cube's edges, the longest first; null for the others."
    )
    sizes: dict[str, float] = Field(
        description="length, width, height of a cube; radius, height of a cylinder, also "
        "top_radius, half_angle_deg of a cone; ring_radius, tube_radius of a torus; radius of a "
        "sphere. Lengths, but for degrees where the name ends in _deg."
    )
    errors: dict[str, float] = Field(description="Standard error of each of the sizes.")
    turn_error_deg: float = Field(
        ge=0, description="Standard error of axis or edges, in degrees; 0 for a sphere."
    )
    ratio: float | None = Field(
        ge=0,
        description="Of a cube shortest over longest edge, of cylinder and cone height over "
        "diameter, of a torus tube over ring radius; null for a sphere.",
    )
    residual: ResidualAnswer
    inliers: float = Field(ge=0, le=1, description="Share of the points that lie on the surface.")
    coverage: float = Field(ge=0, le=1, description="Share of the surface that has points.")
    unseen: list[str] = Field(
        description="Faces without points: open there, or not seen.", examples=[["bottom"]]
    )
    rivals: dict[str, float] = Field(
        description="Median distance of some points from a quick fit of each kind."
    )
    n_points: int = Field(ge=0, description="Points that were fitted.")
    caveats: list[str] = Field(
        description="Why not to trust it, in sentences; empty: the errors may be believed."
    )
