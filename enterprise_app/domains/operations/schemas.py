"""The shapes of health and switches. A health report has states only, no addresses: anybody may read it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from enterprise_app.core.switches import Switch

from .vocabulary import Health, State


class HealthReport(BaseModel):
    """How the platform is. `components`: database, redis, worker, mail, disk."""

    model_config = ConfigDict(frozen=True)

    status: Health
    checked_at: datetime
    components: dict[str, State]


class Liveness(BaseModel):
    """The process answers."""

    model_config = ConfigDict(frozen=True)

    status: Health = Health.OK


class SwitchState(BaseModel):
    """A kill switch. One that nobody has touched is on."""

    model_config = ConfigDict(frozen=True)

    name: Switch
    on: bool
    reason: str = ""
    changed_at: datetime | None = None
    changed_by: str = ""


class SwitchList(BaseModel):
    """All kill switches."""

    model_config = ConfigDict(frozen=True)

    items: list[SwitchState]


class SwitchTurn(BaseModel):
    """What the operator says to turn one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: bool
    reason: str = Field(min_length=1, max_length=500, examples=["Mail provider is being changed"])


class FailedDelivery(BaseModel):
    """A delivery of an event that gave up after its last attempt."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    tenant_id: UUID
    id: UUID
    kind: str
    subscriber: str
    attempts: int
    error: str | None
    occurred_at: datetime


class Backlog(BaseModel):
    """Deliveries that wait and that gave up; `oldest_seconds`: how long the oldest one waits."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    pending: int
    dead: int
    oldest_seconds: float


class WaitingEvents(BaseModel):
    """Events of all tenants that were answered and are kept, but not stored yet; `since`: when the oldest came."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    messages: int
    since: datetime | None
