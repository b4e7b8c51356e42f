"""How many events of all tenants are kept and not stored yet: when it grows, the worker can't follow."""

from sqlalchemy import text

from enterprise_app.core.context import Context
from enterprise_app.core.db import system_session
from enterprise_app.core.vocabulary.permissions import Permission

from ..schemas import WaitingEvents

# A number of the database's own, like its locks: analytics stands above and can't be asked.
_WAITING = text("SELECT coalesce(sum(messages), 0) AS messages, min(received_at) AS since FROM analytics_backlog")


async def get_waiting_events(ctx: Context) -> WaitingEvents:
    """Messages of all tenants that wait to be stored. Needs operator:system."""
    ctx.require(Permission.OPERATOR_SYSTEM)
    async with system_session("the operator sees what waits to be stored") as session:
        return WaitingEvents.model_validate((await session.execute(_WAITING)).one())
