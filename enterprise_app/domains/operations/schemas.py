"""The shape of a health report: states only, no addresses and no messages, because anybody may read it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

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
