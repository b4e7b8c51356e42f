"""What every use case of experiments does: find the row, know whether it may be written, tell everybody, audit."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live, search
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.errors import ReadOnly
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..errors import ExperimentNotFound
from ..events import ExperimentEvent
from ..models import ExperimentRow
from ..queries import experiments as queries

AREA, FLAGS_AREA = "experiments", "flags"


def check_writable(ctx: Context, *, feature: bool = True) -> None:
    """Raises ReadOnly while the tenant is suspended, and FeatureMissing where the plan has no experiments.

    What only ends something asks for no feature: who has moved to a smaller plan must get out of what runs.
    """
    if feature:
        ctx.require_feature(Feature.EXPERIMENTS)
    if ctx.read_only:
        raise ReadOnly


def check_may_run(ctx: Context) -> None:
    """What runs is changed by who may run it; known only once its state is. Raises Forbidden."""
    ctx.require(Permission.EXPERIMENTS_RUN)


async def locked(session: AsyncSession, experiment_id: UUID) -> ExperimentRow:
    """The row, as it is now and until the transaction ends. Raises ExperimentNotFound."""
    row = await queries.find_row(session, experiment_id, lock=True)
    if row is None:
        raise ExperimentNotFound
    return row


async def announce(session: AsyncSession, ctx: Context, experiment_id: UUID | None = None) -> None:
    """Tell open lists, the experiment's own pages, and whoever serves flags."""
    await live.changed(session, live.topic(ctx.tenant_id, AREA))
    if experiment_id is not None:
        await live.changed(session, live.topic(ctx.tenant_id, AREA, experiment_id))
    await live.changed(session, live.topic(ctx.tenant_id, FLAGS_AREA))


async def tell(
    session: AsyncSession,
    ctx: Context,
    row: ExperimentRow,
    event: ExperimentEvent,
    verb: AuditVerb,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Publish, announce, audit: the end of every act. Locks are taken in one order: row, layer, flag, audit chain."""
    await events.publish(session, ctx, event)
    await announce(session, ctx, row.id)
    await audit.record(session, ctx, verb, target_of(row), before=_audited(before), after=_audited(after))


def facts(ctx: Context, row: ExperimentRow) -> dict[str, Any]:
    """What every event about the experiment says."""
    return {
        "tenant_id": ctx.tenant_id, "entity_id": row.id, "key": row.key, "name": row.name,
        "campaign_id": row.campaign_id,
    }  # fmt: skip


def target_of(row: ExperimentRow) -> Target:
    """The experiment as the audit trail names it."""
    return Target(kind=queries.KIND, id=row.id, name=row.name)


def member_of(ctx: Context) -> UUID | None:
    """The member who acts; None for a key or a job."""
    return ctx.actor.id if ctx.actor.kind is ActorKind.MEMBER else None


async def index(session: AsyncSession, ctx: Context, row: ExperimentRow) -> None:
    """Found by the words of name and key."""
    await search.index(session, ctx.tenant_id, queries.KIND, row.id, f"{row.name} {row.key}")


def _audited(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: _plain(value) for name, value in values.items() if name != "name_key"}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, UUID | datetime) else value
