"""Takes messages over HTTP: checks each one, stores the good ones in one transaction, tells what became of each."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from enterprise_app.core import switches
from enterprise_app.core.clock import now
from enterprise_app.core.context import job_context
from enterprise_app.core.db import BUSY_RETRY, tenant_session
from enterprise_app.core.errors import Invalid, ReadOnly, Unavailable
from enterprise_app.core.settings import get_settings
from enterprise_app.core.switches import Switch
from enterprise_app.core.texts import translate
from enterprise_app.domains.analytics.errors import OriginRefused, WriteKeyMissing, WriteKeyUnknown
from enterprise_app.domains.analytics.queries.storing import store
from enterprise_app.domains.analytics.rules import dates
from enterprise_app.domains.analytics.rules.keys import tenant_salt
from enterprise_app.domains.analytics.rules.messages import Reading, read_message
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.schemas import IngestResult, MessageVerdict
from enterprise_app.domains.analytics.service.telling import tell_soon
from enterprise_app.domains.analytics.service.write_keys import KeyOwner, find_key_owner
from enterprise_app.domains.analytics.vocabulary import Verdict

log = logging.getLogger(__name__)

MAX_BATCH = 2_500
_TOUCH_EVERY = timedelta(seconds=30)
_TRIES = 3
_touched: dict[UUID, datetime] = {}
_TOUCH = sa.text("UPDATE analytics_sources SET last_event_at = :at WHERE tenant_id = :tenant_id AND id = :id")


async def authenticate(write_key: str | None, origin: str | None) -> KeyOwner:
    """Whose key it is. Raises WriteKeyMissing, WriteKeyUnknown, OriginRefused, ReadOnly (suspended tenant).

    And Unavailable while the operator has switched ingestion off: clients keep their events and try again.
    """
    await switches.require(Switch.INGESTION)
    if not write_key:
        raise WriteKeyMissing
    owner = await find_key_owner(write_key)
    if owner is None:
        raise WriteKeyUnknown
    if origin and owner.allowed_origins and origin.lower() not in owner.allowed_origins:
        raise OriginRefused(origin=origin[:255])
    if owner.suspended:
        raise ReadOnly
    return owner


async def take_messages(
    owner: KeyOwner,
    messages: Sequence[Any],
    *,
    type_hint: str | None = None,
    sent_at: Any = None,
    ip: str | None = None,
    agent: str | None = None,
    locale: str = "en",
) -> IngestResult:
    """Store the good messages; what is reported as accepted is committed. Raises Invalid for too many at once."""
    if len(messages) > MAX_BATCH:
        raise Invalid.of("batch", "batch_too_long", count=len(messages), limit=MAX_BATCH)
    received_at = now()
    reading = _reading(owner, received_at, sent_at, ip, agent)
    verdicts: list[MessageVerdict | None] = [None] * len(messages)
    records: dict[UUID, tuple[int, EventRecord]] = {}
    for index, message in enumerate(messages):
        try:
            record = read_message(message, reading, type_hint)
        except Rejected as problem:
            verdicts[index] = _rejection(index, message, problem, locale)
            continue
        if record.id in records:
            verdicts[index] = MessageVerdict(index=index, message_id=record.message_id, status=Verdict.DUPLICATE)
        else:
            records[record.id] = (index, record)
    fresh = await _store(owner, [record for _, record in records.values()], received_at)
    for event_id, (index, record) in records.items():
        status = Verdict.ACCEPTED if event_id in fresh else Verdict.DUPLICATE
        verdicts[index] = MessageVerdict(index=index, message_id=record.message_id, status=status)
    return _result([verdict for verdict in verdicts if verdict is not None])


def _reading(owner: KeyOwner, received_at: datetime, sent_at: Any, ip: str | None, agent: str | None) -> Reading:
    settings = get_settings()
    try:
        sent = dates.read_time(sent_at, "sentAt")
    except Rejected:
        sent = None  # a batch without a usable sending time is only not corrected
    return Reading(
        tenant_id=owner.tenant_id,
        salt=tenant_salt(settings.secret, owner.tenant_id),
        received_at=received_at,
        sent_at=sent,
        ip=ip,
        agent=agent,
        truncate_ip=owner.truncate_ip or settings.ip_truncate,
    )


async def _store(owner: KeyOwner, records: list[EventRecord], received_at: datetime) -> set[UUID]:
    """One transaction. An import that holds the same ids in another order may deadlock with us: then once more."""
    if not records:
        return set()
    for attempt in range(1, _TRIES + 1):
        try:
            return await _store_once(owner, records, received_at)
        except Unavailable as error:
            if error.code != BUSY_RETRY or attempt == _TRIES:
                raise
            await asyncio.sleep(0.05 * attempt)
    raise AssertionError("unreachable")


async def _store_once(owner: KeyOwner, records: list[EventRecord], received_at: datetime) -> set[UUID]:
    async with tenant_session(job_context(owner.tenant_id, "ingest")) as session:
        fresh = await store(session, owner.tenant_id, owner.source_id, records, received_at=received_at, forever=False)
        if fresh:
            await tell_soon(session, owner.tenant_id)
            await _touch(session, owner, received_at)
        return fresh


async def _touch(session: Any, owner: KeyOwner, at: datetime) -> None:
    """Note when the source last sent, now and then: one hot row must not line up all requests."""
    last = _touched.get(owner.source_id)
    if last is None or at - last >= _TOUCH_EVERY:
        _touched[owner.source_id] = at
        await session.execute(_TOUCH, {"at": at, "tenant_id": owner.tenant_id, "id": owner.source_id})


def _rejection(index: int, message: Any, problem: Rejected, locale: str) -> MessageVerdict:
    message_id = message.get("messageId") if isinstance(message, dict) else None
    return MessageVerdict(
        index=index,
        message_id=message_id[:255] if isinstance(message_id, str) else None,
        status=Verdict.REJECTED,
        code=problem.code,
        field=problem.field,
        problem=translate(locale, f"errors.{problem.code}", **problem.params),
    )


def _result(verdicts: list[MessageVerdict]) -> IngestResult:
    counts = {status: sum(v.status is status for v in verdicts) for status in Verdict}
    return IngestResult(
        success=counts[Verdict.REJECTED] < len(verdicts) or not verdicts,
        accepted=counts[Verdict.ACCEPTED],
        duplicates=counts[Verdict.DUPLICATE],
        rejected=counts[Verdict.REJECTED],
        results=verdicts,
    )
