"""Takes messages over HTTP: checks each one, stores the good ones together, tells what became of each."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from enterprise_app.core import switches
from enterprise_app.core.clock import now
from enterprise_app.core.errors import Invalid, ReadOnly
from enterprise_app.core.settings import get_settings
from enterprise_app.core.switches import Switch
from enterprise_app.core.texts import translate
from enterprise_app.domains.analytics.errors import OriginRefused, WriteKeyMissing, WriteKeyUnknown
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.keys import tenant_salt, visitor_of_address, visitor_of_id
from enterprise_app.domains.analytics.schemas import IngestResult, MessageVerdict
from enterprise_app.domains.analytics.service import rushing
from enterprise_app.domains.analytics.service.flushing import Kept, flush
from enterprise_app.domains.analytics.service.sorting import reading_of, sort_messages
from enterprise_app.domains.analytics.service.spending import SPENT
from enterprise_app.domains.analytics.service.write_keys import KeyOwner, find_key_owner
from enterprise_app.domains.analytics.vocabulary import Verdict

MAX_BATCH = 2_500


async def authenticate(write_key: str | None, origin: str | None) -> KeyOwner:
    """Whose key it is. Raises WriteKeyMissing, WriteKeyUnknown, OriginRefused, ReadOnly (suspended tenant).

    And Unavailable while the operator has switched ingestion off: clients keep their events and try again.
    """
    await switches.require(Switch.INGESTION)
    return await recognise(write_key, origin)


async def recognise(write_key: str | None, origin: str | None) -> KeyOwner:
    """Whose key it is, whatever it is shown for. Raises WriteKeyMissing, WriteKeyUnknown, OriginRefused, ReadOnly."""
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
    do_not_track: bool = False,
    locale: str = "en",
) -> IngestResult:
    """Store the good messages; what is reported as accepted is committed. Raises Invalid for too many at once.

    `do_not_track`: the visitor's browser asked for it; the source's setting says what that means.
    """
    if len(messages) > MAX_BATCH:
        raise Invalid.of("batch", "batch_too_long", count=len(messages), limit=MAX_BATCH)
    reading = reading_of(owner, now(), sent_at, ip, agent)
    done = sort_messages(owner, messages, reading, type_hint=type_hint, do_not_track=do_not_track, locale=locale)
    rushing.take(owner.source_id, len(messages))
    if done.records or done.tally:
        kept = await flush(
            owner.tenant_id, owner.source_id, list(done.records.values()), reading.received_at, done.tally,
            owner.entitlements,
        )  # fmt: skip
        _apply(kept, done.taken, locale)
        if kept.refusal is not None and len(kept.refused) == len(messages):
            raise kept.refusal
    return _result(done.verdicts)


def _apply(kept: Kept, taken: Sequence[tuple[MessageVerdict, str]], locale: str) -> None:
    """Tell the messages that had been there and those beyond the plan."""
    for verdict, event_id in taken if kept.repeats or kept.refused else ():
        if event_id in kept.repeats:
            verdict.status = Verdict.DUPLICATE
        elif event_id in kept.refused:
            verdict.status, verdict.code, verdict.field = Verdict.REJECTED, SPENT.code, SPENT.field
            verdict.problem = translate(locale, f"errors.{SPENT.code}")
            verdict.fix = translate(locale, f"errors.{SPENT.code}.fix")


def visitor_of(tenant_id: UUID, client_id: str) -> str:
    """The visitor behind an anonymous or user id, as its events have it: 32 hexadecimal digits."""
    return visitor_of_id(tenant_salt(get_settings().secret, tenant_id), client_id)


def passer_by(owner: KeyOwner, ip: str, agent: str) -> str:
    """An id for a visitor without one: address without its last part and user agent, as a hash of this day only."""
    day = f"{now():%Y-%m-%d} {stored_address(ip, True)}"
    return visitor_of_address(tenant_salt(get_settings().secret, owner.tenant_id), day, agent)


def _result(verdicts: list[MessageVerdict]) -> IngestResult:
    counts = Counter([verdict.status for verdict in verdicts])
    return IngestResult.model_construct(
        success=counts[Verdict.REJECTED] < len(verdicts) or not verdicts,
        accepted=counts[Verdict.ACCEPTED],
        duplicates=counts[Verdict.DUPLICATE],
        rejected=counts[Verdict.REJECTED],
        dropped=counts[Verdict.DROPPED],
        results=verdicts,
    )
