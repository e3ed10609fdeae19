"""The ranges that training clouds are drawn from."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Range = Annotated[tuple[float, float], Field(strict=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class Sensor(BaseModel):
    """What a depth sensor spoils."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    resolution: Range = (16, 72)
    distance: Range = (1.6, 10)
    noise_share: Share = 0.8
    noise: Range = (0.002, 0.1)
    occluder_share: Share = 0.3
    occluded: Range = (0.1, 0.5)
    warp_share: Share = 0.4
    warp: float = 0.03
    step_share: Share = 0.3
    step: Range = (0.005, 0.04)
    flying_share: Share = 0.3
    flying: float = 0.05
    lost_share: Share = 0.5
    lost: float = 0.7


class Randomisation(BaseModel):
    """How training clouds differ from the textbook shape."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    n_points: Range = (24, 2048)
    plain_share: Share = 0.25
    few_share: Share = 0.15
    few_points: Range = (20, 160)
    proportions_share: Share = 0.65
    box_edge: Range = (0.2, 1)
    cylinder_height: Range = (0.15, 5)
    cone_height: Range = (0.3, 4)
    open_share: Share = 0.15
    truncation_share: Share = 0.15
    truncation: Range = (0.05, 0.4)
    torus_tube: Range = (0.1, 0.7)
    stretch_share: Share = 0.2
    stretch: Range = (0.6, 1.6)
    noise_free_share: Share = 0.1
    noise: Range = (0.004, 0.12)
    heavy_noise_share: Share = 0.12
    heavy_noise: Range = (0.1, 0.2)
    crop_share: Share = 0.15
    crop: Range = (0.1, 0.5)
    gradient_share: Share = 0.2
    gradient: Range = (0.2, 2)
    outlier_share: Share = 0.35
    outliers: Range = (0.0, 0.3)
    camera_share: Share = 0.35
    sensor: Sensor = Sensor()
