"""The shapes of recommendations: what past tests say about variants, how sure that is, and what to test next.

Gains are shares of the control's value, positive when better, whatever the metric's direction.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from .schemas import Given, Shown

PARAMETERS_MAX = 40
ASKED_MAX = 50
VALUES_MAX = 50
COUNT, COUNT_MAX = 2, 4


class Status(StrEnum):
    """Whether past tests say anything about the next."""

    LEARNED = "learned"
    NOT_ENOUGH_DATA = "not_enough_data"


class TooLittle(StrEnum):
    """Why they don't."""

    TOO_FEW_TESTS = "too_few_tests"
    NOT_BETTER_THAN_MEAN = "not_better_than_mean"
    NOTHING_VARIED = "nothing_varied"


class LeftOut(StrEnum):
    """Why a finished test is not learned from."""

    NO_ANSWER = "no_answer"
    NO_METRIC = "no_metric"
    NO_PARAMETERS = "no_parameters"
    UNTRUSTED = "untrusted"


class Basis(StrEnum):
    """What the next test is chosen by."""

    IMPROVEMENT = "improvement"
    KNOWLEDGE = "knowledge"


class Aspect(StrEnum):
    """What of a parameter is measured."""

    ABSENT = "absent"
    ADDRESS = "address"
    BLUE_YELLOW = "blue_yellow"
    CONTRAST = "contrast"
    EXCLAMATION = "exclamation"
    FIGURE = "figure"
    GREEN_RED = "green_red"
    LENGTH = "length"
    LEVEL = "level"
    LIGHTNESS = "lightness"
    ON = "on"
    QUESTION = "question"
    SIZE = "size"
    URGENCY = "urgency"


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("bad_unicode")
    return text


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_storable)]
Scalar = (
    Annotated[str, Field(max_length=1000), AfterValidator(_storable)]
    | Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(10**9), le=10**9)]
    | Annotated[float, Field(strict=True, ge=-1e9, le=1e9, allow_inf_nan=False)]
)
Parameters = Annotated[
    dict[Name, Scalar],
    Field(max_length=PARAMETERS_MAX, examples=[{"button_color": "#1d4ed8", "headline_size": 40}]),
]


class RecommendationQuestion(Given):
    """What to learn from, and what to say something about. Everything may be left out."""

    campaign_id: UUID | None = Field(default=None, description="Only tests of this campaign; null: of all.")
    metric_id: UUID | None = Field(default=None, description="By default the primary metric of most tests.")
    current: Parameters | None = Field(
        default=None, description="What is in use; by default what the latest decisions left in use."
    )
    variants: list[Parameters] = Field(default=[], max_length=ASKED_MAX, description="Variants to be predicted.")
    space: dict[Name, Annotated[list[Scalar], Field(min_length=1, max_length=VALUES_MAX)]] = Field(
        default={}, max_length=PARAMETERS_MAX,
        description="The values that parameters may take; by default those that were tested and what lies between.",
        examples=[{"headline_size": [32, 40, 48]}],
    )  # fmt: skip
    count: int = Field(default=COUNT, ge=1, le=COUNT_MAX, strict=True, description="Variants of the next test.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, strict=True, description="The same seed, the same answer.")


class Prediction(Shown):
    """A variant against what is in use, in a new test: the gain with its 95 % interval, and the chance that it is one.

    `unseen`: parameters with a value that lies outside of all that was tested.
    """

    parameters: dict[str, Scalar]
    changes: dict[str, Scalar]
    gain: float = Field(examples=[0.042])
    low: float
    high: float
    chance: float
    unseen: list[str]


class UsedFeature(Shown):
    """A feature and its effect: the gain from the value expected to do least to the one expected to do most, between
    what was tested; `share` of what all features explain."""

    parameter: str
    aspect: Aspect
    level: str | None = Field(description="The value of a choice.")
    worst: float
    best: float
    gain: float
    low: float
    high: float
    chance: float = Field(description="That the effect has this direction.")
    share: float


class Optimum(Shown):
    """The best value of one parameter, all others as they are in use; null is how it is now where nothing sets it."""

    parameter: str
    value: Scalar
    now: Scalar | None
    gain: float
    low: float
    high: float
    chance: float


class HeldOutArm(Shown):
    """A past variant as predicted from all other tests; 95 % intervals of what was measured and what was predicted."""

    experiment_id: UUID
    experiment: str
    variant: str
    observed: float
    observed_low: float
    observed_high: float
    predicted: float
    low: float
    high: float
    by_mean: float


class Evidence(Shown):
    """Every test predicted from the others. Errors are weighted squares, a test's mean; `better` is the share of the
    mean predictor's error that the model saves, with its 95 % interval over tests."""

    tests: int
    variants: int
    error_model: float
    error_mean: float
    better: float
    better_low: float
    better_high: float
    p: float
    covered: float = Field(description="The share of held-out variants inside their 95 % intervals.")
    points: list[HeldOutArm]


class TestedVariant(Shown):
    """A variant of the next test; `prediction` only of a model that can be trusted."""

    parameters: dict[str, Scalar]
    changes: dict[str, Scalar]
    prediction: Prediction | None


class NextTest(Shown):
    """What to test against what is in use. `improvement`: what the best of it is worth on average, shipped if better;
    `knowledge`: the share of uncertainty about everything that could be built which the test takes away."""

    basis: Basis
    variants: list[TestedVariant]
    improvement: float | None
    knowledge: float


class MetricChoice(Shown):
    """A metric that can be asked for, and how many finished tests had it."""

    metric_id: UUID
    name: str
    tests: int


class LeftOutTests(Shown):
    """Finished tests that are not learned from."""

    reason: LeftOut
    tests: int


class Recommendations(Shown):
    """All that the tenant's own past tests say. With `not_enough_data` there are no predictions."""

    status: Status
    reason: TooLittle | None
    as_of: datetime
    campaign_id: UUID | None
    metric_id: UUID | None
    metrics: list[MetricChoice]
    tests: int
    tests_needed: int
    left_out: list[LeftOutTests]
    current: dict[str, Scalar]
    evidence: Evidence | None
    features: list[UsedFeature]
    predictions: list[Prediction]
    best: Prediction | None = Field(description="The best combination; null: what is in use, or too little is known.")
    optima: list[Optimum]
    next_test: NextTest | None
    method: str
    source: str
