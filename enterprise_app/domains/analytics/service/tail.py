"""The live tail, and what happens right now: for pages that ask again and again while events arrive."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.explorer_schemas import Pulse, TailEvent
from enterprise_app.domains.analytics.queries import tail as sql

TAIL = 100
MINUTES = 30
_UNSETTLED = 2
"""Minutes that are read anew each time: most of what is still to come belongs there."""
_AGAIN = timedelta(seconds=60)
"""After so long all minutes are read anew, for what came late."""
_FRESH = timedelta(seconds=3)
_TENANTS = 200
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_ID = np.dtype("<u8")


@dataclass(slots=True)
class _Known:
    """What this process counted of one tenant's last minutes."""

    minutes: dict[int, tuple[int, np.ndarray]] = field(default_factory=dict)
    all_at: datetime = _NEVER
    read_at: datetime = _NEVER
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


_known: "OrderedDict[UUID, _Known]" = OrderedDict()


async def list_tail(
    session: AsyncSession, ctx: Context, *, source_id: UUID | None = None, name: str = ""
) -> list[TailEvent]:
    """The newest 100 events of the last 30 minutes; with a source or a part of the name, among the newest 10,000."""
    ctx.require(Permission.EVENTS_READ)
    moment = now()
    columns = list(TailEvent.model_fields)
    rows = await sql.newest(
        session, ctx.tenant_id, columns, moment - timedelta(minutes=MINUTES), moment,
        source_id=source_id, name=name, limit=TAIL,
    )  # fmt: skip
    return [TailEvent(**dict(zip(columns, row, strict=True))) for row in rows]


async def get_pulse(session: AsyncSession, ctx: Context) -> Pulse:
    """People and events of the last minutes; read every three seconds at most per process, however many ask.

    Settled minutes are remembered: each time only the last ones are read, and all of them once a minute.
    """
    ctx.require(Permission.EVENTS_READ)
    known = _of(ctx.tenant_id)
    async with known.busy:
        if now() - known.read_at >= _FRESH:
            await _read(session, ctx.tenant_id, known)
        return _pulse(known)


def _of(tenant_id: UUID) -> _Known:
    known = _known.setdefault(tenant_id, _Known())
    _known.move_to_end(tenant_id)
    if len(_known) > _TENANTS:
        _known.popitem(last=False)
    return known


async def _read(session: AsyncSession, tenant_id: UUID, known: _Known) -> None:
    moment = now()
    last = _minute(moment)
    whole = moment - known.all_at >= _AGAIN
    first = last - MINUTES + 1 if whole else max(_minute(known.read_at) - _UNSETTLED, last - MINUTES + 1)
    found = await sql.minutes(session, tenant_id, _at(first), _at(last + 1))
    kept = {minute: value for minute, value in known.minutes.items() if last - MINUTES < minute < first}
    known.minutes = kept | {minute: (events, np.frombuffer(ids, _ID)) for minute, events, ids in found}
    known.read_at, known.all_at = moment, moment if whole else known.all_at


def _pulse(known: _Known) -> Pulse:
    last = _minute(known.read_at)
    counted = [known.minutes.get(minute) for minute in range(last - MINUTES + 1, last + 1)]
    return Pulse(
        visitors_5=_distinct(counted[-5:]),
        visitors_30=_distinct(counted),
        per_minute=[events[0] if events else 0 for events in counted],
    )


def _distinct(counted: "list[tuple[int, np.ndarray] | None]") -> int:
    parts = [one[1] for one in counted if one]
    return int(np.unique(np.concatenate(parts)).size) if parts else 0


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
