"""The shapes of experiments, flags, layers and hold-outs that enter and leave: the same for API and pages."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StrictBool

from .vocabulary import (
    Allocation,
    Correction,
    DecisionOutcome,
    ExperimentState,
    GuardrailAction,
    Inference,
    MetricRole,
    Monitoring,
    Operator,
    Origin,
)

NAME_MAX = 200
VARIANTS_MAX = 5
CONDITIONS_MAX = 20


def clean_name(name: str) -> str:
    """Without space around and doubled inside. Raises ValueError with the code of its problem."""
    cleaned = re.sub(r"\s+", " ", name).strip()
    if not cleaned:
        raise ValueError("required")
    if len(cleaned) > NAME_MAX:
        raise ValueError("experiment_name_long")
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in cleaned):
        raise ValueError("bad_unicode")
    return cleaned


Key = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$",
        description="What programs ask for: letters, digits and `._:-`, at most 100; never changed later.",
        examples=["checkout-button"],
    ),
]
Name = Annotated[
    str,
    AfterValidator(clean_name),
    Field(description="1 to 200 characters, in any script.", examples=["Green checkout button"]),
]
Description = Annotated[str, Field(max_length=4000, description="For the team.", examples=["Asked for by sales."])]
Hypothesis = Annotated[
    str,
    Field(
        max_length=4000,
        description="What is expected to change what, and why.",
        examples=["A green button is seen earlier, so more visitors buy."],
    ),
]
Share = Annotated[float, Field(ge=0, le=1, strict=False, allow_inf_nan=False)]
Coverage = Annotated[Share, Field(description="The share of eligible units that take part.", examples=[1.0])]


def aware(moment: datetime) -> datetime:
    """A moment that says its zone. Raises ValueError with the code of its problem."""
    if moment.tzinfo is None:
        raise ValueError("results_time_zone")
    return moment


Moment = Annotated[datetime, AfterValidator(aware)]
Scalar = Annotated[str, Field(max_length=1000)] | bool | int | float


class Given(BaseModel):
    """What comes from outside: nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(BaseModel):
    """What leaves."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Condition(Given):
    """A comparison of one attribute: of the evaluation's context, else of the profile's traits.

    A missing attribute matches nothing but `exists` with `false`. Any of the `values` is enough; for `ne`, `not_in`
    none of them may match. `semver` values are ranges: `>=1.4.0`, `^2.0.0`, `~1.2.3`, `1.2.3`.
    """

    attribute: str = Field(min_length=1, max_length=200, examples=["country"])
    operator: Operator = Field(examples=[Operator.IN])
    values: list[Scalar] = Field(default=[], max_length=1000, examples=[["DE", "AT"]])


Targeting = Annotated[
    list[Condition],
    Field(max_length=CONDITIONS_MAX, description="Who is eligible: all of these; none means everybody.", examples=[[]]),
]


class Variant(Given):
    """One arm. `value` is what its flag answers, by default its key; `weight` its part of all who take part."""

    key: Key
    name: Annotated[str, Field(max_length=200, examples=["Green"])] = ""
    weight: Share = Field(description="All weights together are 1.", examples=[0.5])
    is_control: StrictBool = False
    value: JsonValue = None


class MetricUse(Given):
    """A metric in an experiment, and what for."""

    metric_id: UUID
    role: MetricRole = MetricRole.SECONDARY


class ExperimentSettings(Given):
    """How an experiment is judged; frozen at its start."""

    alpha: float = Field(default=0.05, ge=0.001, le=0.5, description="1 − confidence.")
    power: float = Field(default=0.8, ge=0.5, le=0.999)
    min_units: int = Field(
        default=1000, ge=1, le=10**9, strict=True, description="Units of each variant before a winner."
    )
    auto_winner: StrictBool = True
    auto_after_days: int = Field(default=14, ge=1, le=365, strict=True)
    correction: Correction = Correction.HOLM
    inference: Inference = Inference.FREQUENTIST
    monitoring: Monitoring = Monitoring.ALWAYS_VALID
    cuped: StrictBool = False
    guardrail_action: GuardrailAction = Field(
        default=GuardrailAction.STOP, description="What happens when a variant surely harms a guardrail."
    )
    allocation: Allocation = Field(
        default=Allocation.FIXED,
        description="bandit: weights follow the results once a day; then a person names the winner.",
    )
    exposed_when_served: StrictBool = Field(
        default=True,
        description="false: only `Experiment Viewed` events tell who saw a variant, not the flag's evaluation.",
    )


_METRICS = Field(max_length=50, description="Each metric once; one of them primary.")
_VARIANTS = Field(
    max_length=100,
    description=f"2 to {VARIANTS_MAX}, one of them the control; their weights add up to 1. Default: five alike.",
    examples=[
        [
            {"key": "control", "name": "Blue", "weight": 0.5, "is_control": True},
            {"key": "green", "name": "Green", "weight": 0.5},
        ]
    ],
)


class ExperimentDraft(Given):
    """An experiment to be created, with the defaults of everything that is left out; a flag comes with it."""

    name: Name
    key: Key | None = Field(
        default=None, description="Also its flag's; by default made of the name.", examples=["green-button"]
    )
    hypothesis: Hypothesis = ""
    campaign_id: UUID | None = Field(default=None, description="The campaign it belongs to.")
    variants: Annotated[list[Variant], _VARIANTS] | None = None
    targeting: Targeting = []
    coverage: Coverage = 1.0
    holdout: StrictBool = Field(default=True, description="Whether units of hold-outs are left out.")
    layer_id: UUID | None = Field(default=None, description="Experiments of one layer exclude each other.")
    layer_share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Its part of the layer's units."
    )
    metrics: Annotated[list[MetricUse], _METRICS] = []
    settings: ExperimentSettings = ExperimentSettings()


class ExperimentChange(Given):
    """The fields to change; those left out stay. Of a running experiment: name, hypothesis, and what makes a new
    version of its plan: variants (their number and keys stay), targeting, coverage, metrics, settings."""

    name: Name = ""
    hypothesis: Hypothesis = ""
    campaign_id: UUID | None = None
    variants: Annotated[list[Variant], _VARIANTS] = []
    targeting: Targeting = []
    coverage: Coverage = 1.0
    holdout: StrictBool = True
    layer_id: UUID | None = None
    layer_share: Annotated[float, Field(gt=0, le=1)] | None = None
    metrics: Annotated[list[MetricUse], _METRICS] = []
    settings: ExperimentSettings = ExperimentSettings()

    def changes(self) -> dict[str, Any]:
        """Only what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class DecisionDraft(Given):
    """A decision to be recorded. It stops the experiment, freezes its results and says what everybody gets."""

    outcome: DecisionOutcome = Field(examples=[DecisionOutcome.INCONCLUSIVE])
    variant: str | None = Field(default=None, max_length=100, description="What to ship; only then.")
    note: str = Field(default="", max_length=4000, description="For the team.", examples=["The effect is too small."])


class Decision(Shown):
    """What was decided. Its results are frozen and read at `/results`."""

    outcome: DecisionOutcome
    variant: str | None = Field(description="What was shipped.")
    served: str = Field(description="The variant that everybody gets since.", examples=["control"])
    note: str
    automatic: bool = Field(description="By the rules, not by a person.")
    plan_version: int
    decided_at: datetime
    decided_by: UUID | None = Field(description="The member.")


class Winner(Shown):
    """The decision, or before it what the rules advise now."""

    experiment_id: UUID
    state: ExperimentState
    decided: bool
    decision: Decision | None
    variant: str | None = Field(description="The winner: decided, or as advised now. Null: there is none.")
    step: str | None = Field(description="Advised: continue, declare, stop, review; null when decided or unknown.")
    grounds: list[str] = Field(description="Why, as codes.", examples=[["before_days"]])
    origin: Origin | None = Field(description="Where the results come from; null without any.")
    as_of: datetime | None = Field(description="How old the results are.")


class Missing(Shown):
    """What a start still needs."""

    field: str = Field(examples=["hypothesis"])
    code: str = Field(examples=["hypothesis_missing"])


class Readiness(Shown):
    """Whether a draft, right as far as it goes, could start as it is."""

    ready: bool
    missing: list[Missing] = Field(description="In the order of the fields.")


class Experiment(Shown):
    """An experiment as it is now."""

    id: UUID
    key: str = Field(examples=["green-button"])
    name: str = Field(examples=["Green checkout button"])
    hypothesis: str
    campaign_id: UUID | None
    author_id: UUID | None = Field(description="Who made it.")
    state: ExperimentState
    variants: list[Variant]
    targeting: list[Condition]
    coverage: float
    holdout: bool
    layer_id: UUID | None
    layer_share: float | None
    unit: str = Field(examples=["visitor"])
    primary_metric_id: UUID | None
    metrics: list[MetricUse]
    settings: ExperimentSettings
    plan_version: int = Field(description="Counts what was frozen; 0 before the start.")
    started_at: datetime | None
    paused_at: datetime | None
    stopped_at: datetime | None
    decision: Decision | None
    version: int = Field(description="Counts changes; send it as `If-Match`.", examples=[1])
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class StartDraft(Given):
    """When a test from elsewhere began; by default it begins now."""

    started_at: Moment | None = Field(
        default=None,
        description="Not in the future, and only where `settings.exposed_when_served` is false: nobody was served "
        "before. Views (`Experiment Viewed`) that are stored since then count.",
        examples=[None],
    )


class StopDraft(Given):
    """When a test from elsewhere ended; by default it ends now."""

    stopped_at: Moment | None = Field(
        default=None,
        description="Not in the future, not before the present plan began, and only where "
        "`settings.exposed_when_served` is false. What happened since doesn't count.",
        examples=[None],
    )


class PlanVersion(Shown):
    """What was frozen from `started_at` to `ended_at`."""

    version: int
    variants: list[Variant]
    targeting: list[Condition]
    coverage: float
    metrics: list[MetricUse]
    settings: ExperimentSettings
    started_at: datetime
    ended_at: datetime | None
    frozen_at: datetime = Field(description="Later than `started_at` where a test from elsewhere had begun before.")


class PlanVersions(Shown):
    """Everything that was frozen, newest first."""

    items: list[PlanVersion]


class VariantExposures(Shown):
    """How many units saw the variant, without conflicted ones."""

    variant: str
    units: int
    first_at: datetime | None
    last_at: datetime | None = Field(description="When the newest unit saw it first.")


class Exposures(Shown):
    """Who takes part; `conflicted` units saw two variants and are left out of the analysis."""

    variants: list[VariantExposures]
    units: int
    conflicted: int


class ExperimentExposures(Exposures):
    """Who takes part in one of several experiments."""

    experiment_id: UUID


class ExposureCounts(Shown):
    """Who takes part in each of the experiments that were asked for, in that order; unknown ones are left out."""

    items: list[ExperimentExposures]
