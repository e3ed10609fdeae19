"""The ranges that training clouds are drawn from: every parameter of item "randomised training"."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError("the first value must not exceed the second")
    return bounds


Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(ge=0.02, le=50)]
Sigma = Annotated[float, Field(ge=1e-4, le=0.5)]
Cut = Annotated[float, Field(ge=0, le=0.9)]
Count = Annotated[int, Field(ge=16, le=100_000)]
Pixels = Annotated[int, Field(ge=8, le=256)]
Away = Annotated[float, Field(ge=1.05, le=100)]

# YAML and JSON hand over lists; only the container is lenient.
Ratios = Annotated[tuple[Ratio, Ratio], Field(strict=False), AfterValidator(_ascending)]
Sigmas = Annotated[tuple[Sigma, Sigma], Field(strict=False), AfterValidator(_ascending)]
Cuts = Annotated[tuple[Cut, Cut], Field(strict=False), AfterValidator(_ascending)]
Counts = Annotated[tuple[Count, Count], Field(strict=False), AfterValidator(_ascending)]
PixelRange = Annotated[tuple[Pixels, Pixels], Field(strict=False), AfterValidator(_ascending)]
AwayRange = Annotated[tuple[Away, Away], Field(strict=False), AfterValidator(_ascending)]


class _Recipe(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Sensor(_Recipe):
    """The depth camera and what it spoils.  Lengths are in radii of the bounding sphere."""

    resolution: PixelRange = Field(
        (12, 72), description="Pixels along a side of the image that just holds the object."
    )
    distance: AwayRange = Field((1.6, 10.0), description="From the camera to the object's centre.")
    noise_share: Share = Field(0.8, description="Share of the images with noise along the ray.")
    noise: Sigmas = Field((0.002, 0.1), description="Its standard deviation, log-uniform.")
    occluder_share: Share = Field(0.3, description="Share with another object in front.")
    occluded: Cuts = Field((0.1, 0.5), description="Part of the pixels that it hides.")
    warp_share: Share = Field(0.4, description="Share with a smooth depth error.")
    warp: Share = Field(0.03, description="Its largest amplitude.")
    step_share: Share = Field(0.3, description="Share with rounded depths.")
    step: Sigmas = Field((0.005, 0.04), description="The rounding step.")
    flying_share: Share = Field(0.3, description="Share with pixels that fly behind their surface.")
    flying: Share = Field(0.05, description="Largest part of the pixels that fly.")
    lost_share: Share = Field(0.5, description="Share with lost pixels.")
    lost: Cut = Field(0.7, description="Largest part of the pixels that is lost.")


class Randomisation(_Recipe):
    """How training clouds differ from the textbook shape.

    A cloud is scanned (`pcdash.core.corruption.scanning`, all defects at once and noise that is
    mostly heavy), or plain (any proportions, points and noise), or has one of the corruptions
    below, or has several: then each with its own share.
    """

    scan_share: Share = Field(
        0.0, description="Share of clouds scanned as for calibration: heavy noise, any defect."
    )

    plain_share: Share = Field(0.15, description="Share of the clouds without corruption.")
    single_share: Share = Field(
        0.35, description="Share of the clouds with exactly one corruption."
    )

    n_points: Counts = Field((24, 2048), description="Points of a cloud, log-uniform.")
    few_share: Share = Field(0.25, description="Share of the clouds drawn from few_points instead.")
    few_points: Counts = Field((20, 160), description="Points of a small cloud, log-uniform.")

    proportions_share: Share = Field(0.6, description="Share of the shapes with free proportions.")
    box_edge: Ratios = Field((0.2, 1.0), description="Shorter edges of a box over its longest.")
    cylinder_height: Ratios = Field((0.15, 5.0), description="Height of a cylinder over diameter.")
    cone_height: Ratios = Field((0.3, 4.0), description="Height of a cone over base diameter.")
    open_share: Share = Field(
        0.15, description="Share of free cylinders and cones without their discs."
    )
    blunt_share: Share = Field(0.15, description="Share of free cones without their tip.")
    blunt: Cuts = Field((0.05, 0.4), description="Radius where the tip is cut over base radius.")
    torus_tube: Annotated[
        tuple[Annotated[float, Field(ge=0.02, le=0.95)], Annotated[float, Field(ge=0.02, le=0.95)]],
        Field(strict=False),
        AfterValidator(_ascending),
    ] = Field((0.1, 0.7), description="Tube radius of a torus over ring radius.")

    noise_free_share: Share = Field(0.1, description="Share of the clouds without noise.")
    noise: Sigmas = Field(
        (0.004, 0.2), description="Standard deviation over the half extent, log-uniform."
    )

    stretch_share: Share = Field(0.3, description="Share of clouds stretched, if several.")
    stretch: Ratios = Field(
        (0.6, 1.6), description="Factor along each object axis, log-uniform; never a sphere's."
    )
    crop_share: Share = Field(0.6, description="Share of clouds cut by a plane, if several.")
    crop: Cuts = Field((0.1, 0.55), description="Part of the points that is cut off.")
    gradient_share: Share = Field(0.3, description="Share of clouds of uneven density, if several.")
    gradient: Ratios = Field((0.2, 2.0), description="Log density slope per half extent.")
    outlier_share: Share = Field(0.5, description="Share of clouds with clutter, if several.")
    outliers: Cuts = Field((0.0, 0.35), description="Part of the points replaced by clutter.")
    camera_share: Share = Field(0.5, description="Share of clouds seen by the camera, if several.")
    sensor: Sensor = Field(Sensor(), description="The depth camera.")
