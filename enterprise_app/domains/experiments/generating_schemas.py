"""The shapes of generated variants: what to make, what was planned, what was made."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from enterprise_app.core.jobs import JobState
from enterprise_app.domains.campaigns.vocabulary import CampaignObjective

ASSETS_MAX = 3
COUNT_MAX = 12


class VariantKind(StrEnum):
    """What of an asset is varied."""

    COLOUR = "colour"
    TEXT = "text"
    LAYOUT = "layout"


class TextUse(StrEnum):
    """What the varied text is on the page."""

    HEADLINE = "headline"
    CALL_TO_ACTION = "call_to_action"


class ColourPlace(StrEnum):
    """What the varied colour is on its background; the contrast that it needs follows (WCAG 2.2)."""

    TEXT = "text"
    LARGE = "large"


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Count = Annotated[int, Field(ge=0, le=COUNT_MAX)]
Css = Annotated[str, Field(min_length=3, max_length=40)]


class Counts(_Input):
    """How many ideas of each kind; the test takes at most four of them."""

    colour: Count = 3
    text: Count = 3
    layout: Count = 2


class ColourWish(_Input):
    """Which colour is varied, and where it stands."""

    base: Css | None = Field(
        default=None, description="By default the one that stands out in the assets.", examples=["#d6336c"]
    )
    background: Css = Field(default="#ffffff", description="What it has to be readable on.")
    place: ColourPlace = ColourPlace.LARGE
    palette: list[Css] = Field(default=[], max_length=24, description="The brand's colours, which are tried first.")


class TextWish(_Input):
    """Which text is varied, and what it may speak of. Nothing is claimed that is not put in here."""

    use: TextUse = TextUse.HEADLINE
    product: str = Field(
        default="", max_length=80, description="By default the campaign's name.", examples=["Aurora lamp"]
    )
    offer: str = Field(default="", max_length=120, examples=["20 % off until Sunday"])
    audience: str = Field(default="", max_length=80)
    max_length: int | None = Field(default=None, ge=5, le=300, description="Columns; a wide character takes two.")


def _once(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


class GenerateDraft(_Input):
    """Which assets to vary, in what, and by which seed: the same draft makes the same bytes."""

    asset_ids: Annotated[
        list[UUID],
        Field(
            min_length=1, max_length=ASSETS_MAX, description="Assets of one campaign: pictures, pages, texts, styles."
        ),
        AfterValidator(_once),
    ]
    kinds: list[VariantKind] = Field(default=[*VariantKind], min_length=1, max_length=3)
    counts: Counts = Counts()
    colour: ColourWish = ColourWish()
    text: TextWish = TextWish()
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    locale: str | None = Field(
        None, max_length=8, description="Language of the texts; by default yours.", examples=["en"]
    )
    objective: CampaignObjective | None = Field(default=None, description="By default the campaign's.")
    limit: int = Field(default=5, ge=2, le=5, description="Variants of the test, the control among them.")
    expected_units: int | None = Field(
        None, ge=0, le=10**12, description="Visitors while it runs: fewer make fewer variants."
    )
    min_units: int = Field(default=1000, ge=1, le=10**9, description="Visitors that each variant needs.")


class GenerateRequest(GenerateDraft):
    """A draft with the variants to make of its plan."""

    only: list[str] = Field(default=[], max_length=4, description="Keys of the plan; by default all of them.")


Value = str | int | float | bool


class ColourFacts(BaseModel):
    """How a colour is seen: contrast to the background, difference from the original, the best text on it."""

    model_config = ConfigDict(frozen=True)

    contrast: float = Field(examples=[5.2])
    difference: float = Field(description="CIEDE2000.", examples=[24.1])
    label: str = Field(examples=["#ffffff"])
    label_contrast: float = Field(examples=[5.2])


class Sample(BaseModel):
    """How an asset looks in a variant; pictures are shown small. `data` is empty where it is too long to show."""

    model_config = ConfigDict(frozen=True)

    asset_id: UUID
    name: str = Field(examples=["hero.png"])
    content_type: str = Field(examples=["image/webp"])
    changed: bool = Field(description="Whether the variant changes this asset.")
    encoding: str = Field(description="`text` or `base64`.", examples=["base64"])
    data: str = Field(examples=["UklGRg=="])


class PlannedSample(BaseModel):
    """A variant of the test, with how each asset looks in it."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(examples=["colour_1"])
    is_control: bool
    parameters: dict[str, Value] = Field(examples=[{"colour": "#0b7285"}])
    changes: dict[str, Value] = Field(description="What is not as in the control.", examples=[{"colour": "#0b7285"}])
    colour: ColourFacts | None
    samples: list[Sample]


class LeftOutIdea(BaseModel):
    """An idea that is not in the test, and why."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(examples=["layout"])
    parameters: dict[str, Value] = Field(examples=[{"hero_height": 90}])
    reason: str = Field(
        description="`limit`, `no_effect`, `same_as_control`, `same_as_another` or `too_few_visitors`.",
        examples=["limit"],
    )


class VariantPlan(BaseModel):
    """The variants of a test, the control first, and the ideas that are not in it. Nothing was stored."""

    model_config = ConfigDict(frozen=True)

    campaign_id: UUID
    seed: int
    variants: list[PlannedSample]
    left_out: list[LeftOutIdea]
    limit: int = Field(examples=[5])
    limited_by: str = Field(examples=["limit"])


class MadeAsset(BaseModel):
    """A child asset that was made, or was there already from the same draft."""

    model_config = ConfigDict(frozen=True)

    asset_id: UUID
    parent_id: UUID
    name: str = Field(examples=["hero colour_1.png"])
    content_type: str = Field(examples=["image/png"])
    size: int = Field(examples=[48_213])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    fresh: bool = Field(description="False: it was there already.")


class MadeVariant(BaseModel):
    """A variant with its assets; those it does not change are the parents themselves."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(examples=["colour_1"])
    changes: dict[str, Value] = Field(examples=[{"colour": "#0b7285"}])
    parameters: dict[str, Value] = Field(
        default={}, description="All of them, also those of the control.", examples=[{"colour": "#0b7285"}]
    )
    assets: list[MadeAsset]


class MadeVariants(BaseModel):
    """What was made, in the plan's order; the control is the assets as they are."""

    model_config = ConfigDict(frozen=True)

    campaign_id: UUID
    seed: int
    asset_ids: list[UUID] = Field(default=[], description="The assets as they are: the control.")
    control: dict[str, Value] = Field(default={}, description="Its parameters.", examples=[{"colour": "#d6336c"}])
    variants: list[MadeVariant]


class GenerationRun(BaseModel):
    """The making of variants by the worker: how far it is, and what came of it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    state: JobState = Field(description="queued, running, done, failed, cancelled.", examples=["running"])
    done: int = Field(description="Assets so far.", examples=[3])
    total: int | None = Field(description="Null before it began.", examples=[8])
    created_at: datetime
    finished_at: datetime | None
    error: str | None = Field(default=None, description="The code of what went wrong.", examples=["quota_exceeded"])
    result: MadeVariants | None = None
