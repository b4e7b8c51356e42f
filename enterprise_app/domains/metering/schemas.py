"""The shapes of usage that leave."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.vocabulary.entitlements import Limit


@dataclass(frozen=True, slots=True)
class CallsLeft:
    """API calls of this hour: granted, remaining, and the seconds until the next hour starts."""

    granted: int
    remaining: int
    resets_in: int


class Usage(BaseModel):
    """One resource: `granted` -1 is unlimited, `remaining` then None; `resets_at` None for what is held."""

    model_config = ConfigDict(frozen=True)

    resource: Limit
    used: int
    granted: int
    remaining: int | None
    over: bool
    period: str
    resets_at: datetime | None


class UsageReport(BaseModel):
    """What a tenant uses of its plan now."""

    model_config = ConfigDict(frozen=True)

    plan: str
    items: list[Usage]


class Drift(BaseModel):
    """A counter beside the recount of the real things."""

    model_config = ConfigDict(frozen=True)

    resource: Limit
    counted: int
    recounted: int
