"""The shapes of results: per metric and variant what was measured, how sure it is, and what may be wrong with it.

They are frozen as JSON at a decision: fields are added, never changed or taken away.
"""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .vocabulary import Correction, Dimension, Direction, Inference, MetricKind, MetricRole, Monitoring, Origin

ARMS_MAX, METRICS_MAX = 10, 50
MOST = 10**12
"""Units or conversions of one arm; more is a mistake in a unit of measure."""


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class Difference(_Shown):
    """Variant minus control with its interval, in the metric's unit; relative figures are shares of the control."""

    estimate: float
    low: float
    high: float
    p: float
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    method: str = Field(examples=["Welch's t"])
    source: str
    notes: list[str] = []


class Bounds(_Shown):
    """The same as it may be looked at any time. `fraction`: how much of the planned information is there."""

    low: float
    high: float
    p: float
    fraction: float
    method: str
    source: str


class Belief(_Shown):
    """The Bayesian view."""

    chance_to_win: float = Field(examples=[0.93])
    expected_loss: float
    low: float
    high: float
    prior: str
    method: str
    source: str


class ArmOutcome(_Shown):
    """One variant on one metric. The control has no differences; with a `failure` there are none either."""

    variant: str = Field(examples=["green"])
    units: int = Field(description="Units that count for this metric.", examples=[5012])
    value: float | None = Field(description="Per unit: rate, mean, ratio or percentile.", examples=[0.131])
    low: float | None
    high: float | None
    total: str | None = Field(default=None, description="Of money: the exact sum, refunds taken off, nothing capped.")
    difference: Difference | None = None
    bounds: Bounds | None = None
    belief: Belief | None = None
    p: float | None = Field(default=None, description="The one that counts: monitored or fixed.")
    p_adjusted: float | None = Field(default=None, description="Corrected over the metric's family.")
    significant: bool = False
    confirmed: bool = Field(default=False, description="By the test, whatever the inference: what a winner needs.")
    failure: str | None = Field(default=None, description="Why there is no answer.", examples=["too_few_units"])


class SeriesPoint(_Shown):
    """A variant at the end of a day, with what was known then."""

    day: date
    variant: str
    units: int
    value: float | None
    estimate: float | None = None
    low: float | None = Field(default=None, description="Of the difference: bounds that hold on all days at once.")
    high: float | None = None


class MetricOutcome(_Shown):
    """One metric, all variants."""

    metric_id: UUID | None
    key: str = Field(examples=["orders"])
    name: str = Field(examples=["Orders per visitor"])
    kind: MetricKind
    role: MetricRole
    direction: Direction
    currency: str | None = None
    definition_version: int | None = Field(default=None, description="The one in force when the plan was frozen.")
    cap: float | None = Field(default=None, description="Where winsorising cuts.")
    arms: list[ArmOutcome]
    series: list[SeriesPoint] = Field(default=[], description="None for percentiles and retention.")


class Bin(_Shown):
    """Units whose value lies in [low, high), by variant in the order of `arms`; of the last one `high` is included."""

    low: float
    high: float
    units: list[int]
    tail: bool = Field(default=False, description="Wider than the others: all that lies beyond them.")


class SpreadArm(_Shown):
    """The values of one variant's units, nothing capped."""

    variant: str = Field(examples=["green"])
    units: int
    zeros: int = Field(description="Units whose value is 0; they are in no bin.")
    mean: float | None
    least: float | None
    most: float | None


class Distribution(_Shown):
    """How the values of units are spread, of a mean, a revenue or a percentile: one value per unit."""

    experiment_id: UUID
    metric_id: UUID
    key: str
    name: str
    kind: MetricKind
    currency: str | None = None
    as_of: datetime
    cap: float | None = Field(default=None, description="Where winsorising cuts, of a metric that does.")
    arms: list[SpreadArm] = Field(description="The control first.")
    bins: list[Bin] = Field(description="At most 40, alike in width but for the tails; none without a value but 0.")
    frozen: bool = Field(default=False, description="Taken at the decision.")


class SegmentArm(_Shown):
    """One variant in one segment."""

    variant: str
    units: int
    value: float | None
    difference: Difference | None = None
    p_adjusted: float | None = None
    significant: bool = False
    failure: str | None = None


class SegmentRow(_Shown):
    """One value of the dimension; null: units that no event tells it of, or one of the small ones."""

    segment: str | None
    arms: list[SegmentArm]


class SegmentOutcome(_Shown):
    """One metric by segment. `heterogeneity_p` by variant: whether the effects differ at all."""

    metric_id: UUID
    key: str
    rows: list[SegmentRow]
    heterogeneity_p: dict[str, float | None]


class SegmentResults(_Shown):
    """All metrics by one dimension; p values are corrected over its segments."""

    experiment_id: UUID
    dimension: Dimension
    as_of: datetime
    correction: Correction
    metrics: list[SegmentOutcome]
    frozen: bool = Field(default=False, description="Taken at the decision.")


class UnitCount(_Shown):
    """Units of a variant; conflicted ones saw two variants, are told by the first and left out."""

    variant: str
    units: int
    conflicted: int
    weight: float
    expected: float


class DayUnits(_Shown):
    """Units that were exposed first on that day."""

    day: date
    variant: str
    units: int


class Split(_Shown):
    """Whether the units are split as planned; a suspicious split blocks a winner."""

    p: float
    suspicious: bool
    method: str
    source: str
    any_time_p: float | None = Field(
        default=None, description="While it runs: the smallest p of all looks, by a test that holds over all of them."
    )


class Verdict(_Shown):
    """On one variant: wins, loses, inconclusive, needs_units, untrusted; and why."""

    variant: str
    outcome: str = Field(examples=["needs_units"])
    grounds: list[str]
    harmed: list[str] = Field(description="Keys of guardrail metrics that are surely worse.")


class Advice(_Shown):
    """What the rules say to do now: continue, declare, stop, review."""

    step: str = Field(examples=["continue"])
    variant: str | None
    grounds: list[str]
    verdicts: list[Verdict]


class Remark(_Shown):
    """Something a reader must know; `results.warning.<code>` is its text."""

    code: str = Field(examples=["conflicted_units"])
    params: dict[str, Any] = {}


class Results(_Shown):
    """The results of an experiment at one moment."""

    experiment_id: UUID
    plan_version: int
    origin: Origin
    source: str | None = Field(default=None, description="Where it ran, of results from elsewhere.")
    as_of: datetime = Field(description="Events and refunds up to then.")
    started_at: datetime | None
    ended_at: datetime | None
    control: str
    alpha: float
    correction: Correction
    inference: Inference
    monitoring: Monitoring
    cuped: bool
    planned_units: int
    units: list[UnitCount]
    split: Split | None = Field(description="None without any unit.")
    exposures: list[DayUnits] = []
    metrics: list[MetricOutcome]
    advice: Advice | None = Field(description="None without a primary metric or units.")
    warnings: list[Remark] = []
    frozen: bool = Field(default=False, description="Taken at the decision.")


class Look(_Shown):
    """What was seen of a variant at the last look of a day. `low`, `high`, `p` are those of all looks so far together;
    the control has none."""

    day: date
    metric_id: UUID
    variant: str = Field(examples=["green"])
    plan_version: int
    units: int
    value: float | None
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    fraction: float | None = Field(description="How much of the planned information was there.")
    looked_at: datetime


class Looks(_Shown):
    """Where the watch of an experiment stands, and every day's look, oldest first; of very many the newest 5,000."""

    looked_at: datetime | None = Field(description="The last look; null before the first.")
    step: str | None = Field(description="What the rules advised then: continue, declare, stop, review.")
    variant: str | None
    grounds: list[str]
    since: datetime | None = Field(description="Since when the advice is the same.")
    failure: str | None = Field(description="Why the last look gave nothing, or the advice could not be followed.")
    items: list[Look]


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_Count = Annotated[int, Field(ge=0, le=MOST, strict=True)]
_Sum = Annotated[float, Field(ge=-1e30, le=1e30, allow_inf_nan=False)]


class ArmGiven(_Given):
    """The sums of one arm over all its units. By the metric's kind: `converted` (proportion, retention); `total` and
    `squares` (mean, revenue); these and `denominator`, `denominator_squares`, `cross` (ratio)."""

    variant: str = Field(min_length=1, max_length=100, description="One of the experiment's.", examples=["green"])
    units: _Count = Field(examples=[1000])
    converted: _Count | None = Field(default=None, description="Units that did it.", examples=[130])
    total: _Sum | None = Field(default=None, description="Σ y")
    squares: _Sum | None = Field(default=None, description="Σ y²")
    denominator: _Sum | None = Field(default=None, description="Σ b")
    denominator_squares: _Sum | None = Field(default=None, description="Σ b²")
    cross: _Sum | None = Field(default=None, description="Σ y·b")


class MetricGiven(_Given):
    """One metric of the test with the sums of every arm."""

    metric_id: UUID = Field(description="One of the experiment's metrics; percentiles can't be submitted.")
    arms: list[ArmGiven] = Field(
        min_length=2,
        max_length=ARMS_MAX,
        examples=[
            [
                {"variant": "control", "units": 1000, "converted": 100},
                {"variant": "green", "units": 1000, "converted": 130},
            ]
        ],
    )


class ExternalDraft(_Given):
    """Aggregated results of a test that ran elsewhere. Kept apart from what is measured here, never changed."""

    source: str = Field(min_length=1, max_length=200, description="Where it ran.", examples=["Mail tool"])
    started_at: datetime | None = Field(default=None, examples=["2026-03-01T00:00:00Z"])
    ended_at: datetime | None = Field(default=None, examples=["2026-03-14T00:00:00Z"])
    metrics: list[MetricGiven] = Field(min_length=1, max_length=METRICS_MAX)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for moment in (self.started_at, self.ended_at):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("results_time_zone")
        if self.started_at and self.ended_at and self.ended_at < self.started_at:
            raise ValueError("results_times")
        return self


class ExternalResults(_Shown):
    """Results from elsewhere as they were submitted and analysed."""

    id: UUID
    created_at: datetime
    results: Results


class ExternalList(_Shown):
    """All that was submitted, newest first, at most 50."""

    items: list[ExternalResults]
