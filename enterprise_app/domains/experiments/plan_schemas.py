"""The shapes of planning: how many units and days a test needs, and which effect it can show. Live, while one types."""

from typing import Annotated

from pydantic import Field, StrictBool

from .schemas import VARIANTS_MAX, Given, Shown
from .vocabulary import Correction, Monitoring, PlanKind

MOST = 1e15
_Number = Annotated[float, Field(ge=-MOST, le=MOST, allow_inf_nan=False)]
_Weight = Annotated[float, Field(gt=0, le=MOST, allow_inf_nan=False)]
_Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class PlanQuestion(Given):
    """What is known before a test. `weights`: the control first; they need not add up to 1."""

    kind: PlanKind = PlanKind.PROPORTION
    base: _Number = Field(description="Of the control: a rate in 0..1, or a mean per unit.", examples=[0.1])
    deviation: Annotated[float, Field(gt=0, le=MOST, allow_inf_nan=False)] | None = Field(
        default=None, description="Of a mean: the standard deviation among units.", examples=[None]
    )
    effect: _Number = Field(description="The smallest change worth seeing.", examples=[0.2])
    relative: StrictBool = Field(default=True, description="Whether `effect` is a share of `base`, else in its unit.")
    weights: list[_Weight] = Field(default=[0.5, 0.5], min_length=2, max_length=VARIANTS_MAX)
    alpha: float = Field(default=0.05, ge=0.001, le=0.5)
    power: float = Field(default=0.8, ge=0.5, le=0.999)
    correction: Correction = Correction.HOLM
    monitoring: Monitoring = Monitoring.ALWAYS_VALID
    daily_units: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)] | None = Field(
        default=None, description="New eligible units a day; without it no days are told.", examples=[1000]
    )
    coverage: _Share = Field(default=1.0, description="The share of eligible units that take part.")
    units: Annotated[int, Field(ge=1, le=10**12, strict=True)] | None = Field(
        default=None, description="Which effect this many units of the smallest arm show.", examples=[5000]
    )
    days: Annotated[int, Field(ge=1, le=3650, strict=True)] | None = Field(
        default=None, description="Which effect this many days show; needs `daily_units`.", examples=[14]
    )


class PlanArm(Shown):
    """One arm of the plan."""

    weight: float = Field(description="Its part of all who take part.")
    units: int


class PlanPoint(Shown):
    """What can be seen by then: the smallest effect, in the metric's unit and as a share of `base`."""

    days: int | None
    units: int = Field(description="Of the smallest arm.")
    effect: float | None = Field(description="Null: not even the greatest possible one.")
    relative: float | None


class PlanAnswer(Shown):
    """How long the test takes, and what it can show."""

    units: int = Field(description="Of the smallest arm; an experiment's `min_units`.", examples=[4324])
    fixed_units: int = Field(description="The same for a single look at the end.", examples=[3841])
    total: int = Field(description="Of all arms.", examples=[8648])
    arms: list[PlanArm]
    days: int | None = Field(description="At `daily_units`.", examples=[9])
    target: float = Field(description="What the variant must reach.", examples=[0.12])
    effect: float = Field(description="In the metric's unit.", examples=[0.02])
    relative: float | None = Field(description="As a share of `base`; null for a base of 0.", examples=[0.2])
    comparisons: int = Field(description="Variants against the control.", examples=[1])
    alpha_each: float = Field(description="The level that each comparison has to hold.", examples=[0.05])
    detectable: PlanPoint | None = Field(description="By `units` or `days` of the question.")
    curve: list[PlanPoint] = Field(description="The smallest effect over the time, up to twice the plan.")
    method: str = Field(examples=["z test of proportions, pooled; monitored"])
    source: str
