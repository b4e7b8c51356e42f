"""What the platform itself does in a tenant, recorded among the tenant's events (ANA-14): a campaign was created, an
asset was looked at, the API was called.

These records have a type and a source of their own: they are neither visitors nor page views, mark no rollups and cost
no event quota. Calls are gathered in memory and written once a minute, one record for each method, route and status:
the API does not wait for it. A process that is killed loses the calls of its last minute here; the usage that is
billed is counted elsewhere, exactly (metering).
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.events import Delivery
from enterprise_app.core.settings import get_settings
from enterprise_app.domains.analytics.queries.storing import Intake, store
from enterprise_app.domains.analytics.rules import keys
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.record import EventRecord
from enterprise_app.domains.analytics.rules.rows import rows
from enterprise_app.domains.analytics.service.sources import ensure_platform_source, touch_source
from enterprise_app.domains.analytics.service.telling import tell_soon
from enterprise_app.domains.analytics.vocabulary import EventType

log = logging.getLogger(__name__)

LOOK_EVERY = 15.0
"""Seconds until the minutes that are over are written."""
MOST_WAITING = 20_000
"""Records that wait while the database is away; older ones are given up, and said so in the log."""


_LONGEST_AGENT = 500


@dataclass(slots=True)
class _Calls:
    """The calls of one minute with one method, route and status."""

    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0


@dataclass(frozen=True, slots=True)
class _Kind:
    tenant_id: UUID
    minute: datetime
    method: str
    route: str
    status: int


_calls: defaultdict[_Kind, _Calls] = defaultdict(_Calls)
_waiting: defaultdict[UUID, list[EventRecord]] = defaultdict(list)
_timer: asyncio.TimerHandle | None = None
_writing: "set[asyncio.Task[None]]" = set()


def note_call(tenant_id: UUID, method: str, route: str, status: int, seconds: float) -> None:
    """Remember one answered call of the API; written within two minutes. For the web process's gate."""
    calls = _calls[_Kind(tenant_id, now().replace(second=0, microsecond=0), method, route, status)]
    calls.count += 1
    calls.seconds += seconds
    calls.longest = max(calls.longest, seconds)
    _look_later()


def note_asset_view(
    tenant_id: UUID, asset_id: UUID, campaign_id: UUID, number: int, agent: str | None, address: str | None
) -> None:
    """Remember that somebody looked at an asset: with which agent, from which network; written within a minute.

    Of the address its network is kept: who works in the tenant is no visitor that anybody has to tell apart.
    """
    record = _record(tenant_id, now(), "Asset viewed", "atrium")
    record.campaign_id, record.ip = campaign_id.hex, stored_address(address, True) if address else None
    record.properties = json.dumps({"asset": str(asset_id), "version": number, "agent": (agent or "")[:_LONGEST_AGENT]})
    waiting = _waiting[tenant_id]
    waiting.append(record)
    del waiting[:-MOST_WAITING]
    _look_later()


async def write_calls(*, all_of_them: bool = False) -> None:
    """Write the calls of the minutes that are over; at the end of a process also those of this minute."""
    _gather(None if all_of_them else now().replace(second=0, microsecond=0))
    for tenant_id in list(_waiting):
        records = _waiting.pop(tenant_id)
        try:
            async with tenant_session(job_context(tenant_id, "analytics.own")) as session:
                await _store(session, job_context(tenant_id, "analytics.own"), records)
        except Exception:
            log.warning("analytics.own_calls_wait", extra={"tenant": str(tenant_id)}, exc_info=True)
            _waiting[tenant_id] = [*records, *_waiting.pop(tenant_id, [])][-MOST_WAITING:]


def forget_calls() -> None:
    """As if nothing had been called or looked at: for tests, whose databases come and go."""
    _calls.clear()
    _waiting.clear()


async def record_campaign(
    session: AsyncSession, ctx: Context, campaign_id: UUID, told: dict[str, Any], delivery: Delivery
) -> None:
    """A campaign was created; delivered twice it is recorded once."""
    await _record_fact(session, ctx, "Campaign created", campaign_id, told, delivery)


async def record_asset(
    session: AsyncSession, ctx: Context, campaign_id: UUID, told: dict[str, Any], delivery: Delivery
) -> None:
    """An asset was uploaded, or generated (and how long that took); delivered twice it is recorded once."""
    name = "Asset generated" if told["generated"] else "Asset created"
    await _record_fact(session, ctx, name, campaign_id, told, delivery)


async def _record_fact(
    session: AsyncSession, ctx: Context, name: str, campaign_id: UUID, told: dict[str, Any], delivery: Delivery
) -> None:
    record = _record(ctx.tenant_id, delivery.occurred_at, name, str(delivery.actor.id or "atrium"))
    record.message_id = f"atrium:{delivery.event_id}"
    record.id = keys.event_id(ctx.tenant_id.bytes, record.message_id)
    record.campaign_id = campaign_id.hex
    record.properties = json.dumps(told | {"by": delivery.actor.kind.value})
    await _store(session, ctx, [record])


def _look_later() -> None:
    global _timer
    if _timer is None:
        _timer = asyncio.get_running_loop().call_later(LOOK_EVERY, _look)


def _look() -> None:
    global _timer
    _timer = None
    task = asyncio.create_task(write_calls())
    _writing.add(task)
    task.add_done_callback(_looked)


def _looked(task: "asyncio.Task[None]") -> None:
    _writing.discard(task)
    if (_calls or _waiting) and not task.cancelled():
        _look_later()


def _gather(before: datetime | None) -> None:
    """Make records of the minutes before that one."""
    for kind in [kind for kind in _calls if before is None or kind.minute < before]:
        calls = _calls.pop(kind)
        record = _record(kind.tenant_id, kind.minute, "API call", "atrium")
        record.path, record.status = kind.route, kind.status
        told = {
            "method": kind.method, "route": kind.route, "outcome": _outcome(kind.status), "count": calls.count,
            "duration_ms_mean": round(calls.seconds / calls.count * 1000, 2),
            "duration_ms_max": round(calls.longest * 1000, 2),
        }  # fmt: skip
        record.properties = json.dumps(told)
        _waiting[kind.tenant_id].append(record)


def _outcome(status: int) -> str:
    if status < 400:
        return "success"
    return "refused" if status < 500 else "failed"


def _record(tenant_id: UUID, at: datetime, name: str, actor: str) -> EventRecord:
    visitor = keys.visitor_of_id(keys.tenant_salt(get_settings().secret, tenant_id), f"atrium:{actor}")
    return EventRecord(id=keys.random_id(), occurred_at=at, type=EventType.PLATFORM, visitor_id=visitor, name=name)


async def _store(session: AsyncSession, ctx: Context, records: Sequence[EventRecord]) -> None:
    """Past quota and people, without marks for the rollups: no number of the overview counts these."""
    source = await ensure_platform_source(session, ctx)
    intake = Intake(ctx.tenant_id, source.id, now(), False)
    await store(session, intake, rows(records), len(records))
    await touch_source(session, ctx, source.id)
    await tell_soon(session, ctx.tenant_id)
