"""The shapes of flags, layers and hold-outs, and of what flags serve to whom."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, JsonValue, StrictBool

from .schemas import Condition, Description, Given, Key, Name, Shown
from .vocabulary import FlagKind

VariationKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$", examples=["on"])]


class Portion(Given):
    """A variation's part of a split."""

    variation: VariationKey
    weight: float = Field(ge=0, le=1, allow_inf_nan=False, examples=[0.5])


class Serve(Given):
    """What is answered: exactly one of a variation, a split of the units, an experiment's variants.

    `coverage` is the share of units that a split is for; the others go on to the next rule.
    """

    variation: VariationKey | None = None
    split: Annotated[list[Portion], Field(min_length=1, max_length=50)] | None = None
    coverage: float = Field(default=1.0, ge=0, le=1, allow_inf_nan=False)
    experiment_id: UUID | None = None


class Rule(Given):
    """Who matches all conditions is served so."""

    name: str = Field(default="", max_length=200, examples=["German speaking countries"])
    conditions: list[Condition] = Field(default=[], max_length=20)
    serve: Serve


class Prerequisite(Given):
    """Another flag that must answer one of these variations; else this flag is off."""

    flag: str = Field(min_length=1, max_length=100, examples=["payments"])
    variations: list[VariationKey] = Field(min_length=1, max_length=50, examples=[["on"]])


class Variation(Given):
    """One of the values that a flag can have."""

    key: VariationKey
    name: str = Field(default="", max_length=200)
    value: JsonValue = Field(description="Of the flag's kind.", examples=[True])


class FlagDraft(Given):
    """A flag to be created. A boolean one needs no variations: it has `on` and `off`."""

    name: Name
    key: Key
    description: Description = ""
    kind: FlagKind = FlagKind.BOOLEAN
    enabled: StrictBool = True
    variations: Annotated[list[Variation], Field(max_length=50)] = Field(default=[])
    off_variation: str | None = Field(
        default=None, description="What a disabled flag answers; default: the last variation."
    )
    serve: Serve | None = Field(
        default=None, description="What everybody gets whom no rule matches; default: as when disabled."
    )
    rules: Annotated[list[Rule], Field(max_length=50, description="The first that matches decides.")] = Field(
        default=[]
    )
    prerequisites: Annotated[list[Prerequisite], Field(max_length=20)] = Field(default=[])


class FlagChange(Given):
    """The fields to change; those left out stay as they are."""

    name: Name = ""
    description: Description = ""
    variations: Annotated[list[Variation], Field(max_length=50)] = Field(default=[])
    off_variation: str = ""
    serve: Serve = Field(default=Serve())
    rules: Annotated[list[Rule], Field(max_length=50)] = Field(default=[])
    prerequisites: Annotated[list[Prerequisite], Field(max_length=20)] = Field(default=[])

    def changes(self) -> dict[str, Any]:
        """Only what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Flag(Shown):
    """A flag as it is now."""

    id: UUID
    key: str = Field(examples=["new-checkout"])
    name: str = Field(examples=["New checkout"])
    description: str
    kind: FlagKind
    enabled: bool = Field(description="false: everybody gets `off_variation`.")
    variations: list[Variation]
    off_variation: str
    serve: Serve
    rules: list[Rule]
    prerequisites: list[Prerequisite]
    experiment_id: UUID | None = Field(description="The experiment that it serves.")
    version: int = Field(description="Counts changes; send it as `If-Match`.", examples=[1])
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class LayerDraft(Given):
    """A layer to be created."""

    name: Name
    key: Key
    description: Description = ""


class LayerChange(Given):
    """The fields to change."""

    name: Name = ""
    description: Description = ""

    def changes(self) -> dict[str, Any]:
        """Only what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Layer(Shown):
    """Experiments that exclude each other."""

    id: UUID
    key: str = Field(examples=["checkout"])
    name: str = Field(examples=["Checkout"])
    description: str
    version: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class HoldoutDraft(LayerDraft):
    """A hold-out to be created; its units see no experiment from now on."""

    share: Annotated[float, Field(gt=0, le=0.5, description="Its part of all units.", examples=[0.05])]


class HoldoutChange(LayerChange):
    """The fields to change; the share stays as it is: another one would reshuffle who has seen what."""


class Holdout(Layer):
    """Units that see no experiment, to learn what all of them together are worth."""

    share: float
