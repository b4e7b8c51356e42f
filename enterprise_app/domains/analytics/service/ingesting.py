"""Takes messages over HTTP: checks each one, stores the good ones together, tells what became of each."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from enterprise_app.core import switches
from enterprise_app.core.clock import now
from enterprise_app.core.errors import Invalid, ReadOnly
from enterprise_app.core.settings import get_settings
from enterprise_app.core.switches import Switch
from enterprise_app.core.texts import has_text, translate
from enterprise_app.domains.analytics.errors import OriginRefused, WriteKeyMissing, WriteKeyUnknown
from enterprise_app.domains.analytics.rules import dates, privacy
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.jsontext import clean_text
from enterprise_app.domains.analytics.rules.keys import tenant_salt, visitor_of_address
from enterprise_app.domains.analytics.rules.messages import Reading, read_message
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.rules.tally import Tally
from enterprise_app.domains.analytics.schemas import IngestResult, MessageVerdict
from enterprise_app.domains.analytics.service.flushing import Kept, flush
from enterprise_app.domains.analytics.service.spending import SPENT
from enterprise_app.domains.analytics.service.write_keys import KeyOwner, find_key_owner
from enterprise_app.domains.analytics.vocabulary import DoNotTrack, HealthKind, Verdict

MAX_BATCH = 2_500


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
    do_not_track: bool = False,
    locale: str = "en",
) -> IngestResult:
    """Store the good messages; what is reported as accepted is committed. Raises Invalid for too many at once.

    `do_not_track`: the visitor's browser asked for it; the source's setting says what that means.
    """
    if len(messages) > MAX_BATCH:
        raise Invalid.of("batch", "batch_too_long", count=len(messages), limit=MAX_BATCH)
    received_at = now()
    reading = _reading(owner, received_at, sent_at, ip, agent)
    heeds, drops = owner.do_not_track is not DoNotTrack.IGNORE, owner.do_not_track is DoNotTrack.DROP
    verdicts: list[MessageVerdict] = []
    records: dict[str, EventRecord] = {}
    taken: list[tuple[MessageVerdict, str]] = []
    tally = Tally()
    for index, message in enumerate(messages):
        try:
            record = read_message(message, reading, type_hint)
        except Rejected as problem:
            verdicts.append(_rejection(index, message, problem, locale))
            tally.refuse(problem, message)
            continue
        if heeds and (do_not_track or privacy.asks(record)):
            if drops or record.type in privacy.ONLY_IDENTITY:
                verdicts.append(MessageVerdict(index, record.message_id, Verdict.DROPPED))
                tally.count(HealthKind.DROPPED)
                continue
            privacy.anonymise(record, reading)
        verdict = MessageVerdict(index, record.message_id, Verdict.ACCEPTED)
        verdicts.append(verdict)
        if records.setdefault(record.id, record) is record:
            taken.append((verdict, record.id))
        else:
            verdict.status = Verdict.DUPLICATE
            tally.count(HealthKind.DUPLICATE)
    if records or tally:
        kept = await flush(
            owner.tenant_id, owner.source_id, list(records.values()), received_at, tally, owner.entitlements
        )
        _apply(kept, taken, locale)
        if kept.refusal is not None and len(kept.refused) == len(messages):
            raise kept.refusal
    return _result(verdicts)


def _apply(kept: Kept, taken: Sequence[tuple[MessageVerdict, str]], locale: str) -> None:
    """Tell the messages that had been there and those beyond the plan."""
    for verdict, event_id in taken if kept.repeats or kept.refused else ():
        if event_id in kept.repeats:
            verdict.status = Verdict.DUPLICATE
        elif event_id in kept.refused:
            verdict.status, verdict.code, verdict.field = Verdict.REJECTED, SPENT.code, SPENT.field
            verdict.problem = translate(locale, f"errors.{SPENT.code}")
            verdict.fix = translate(locale, f"errors.{SPENT.code}.fix")


def passer_by(owner: KeyOwner, ip: str, agent: str) -> str:
    """An id for a visitor without one: address without its last part and user agent, as a hash of this day only."""
    day = f"{now():%Y-%m-%d} {stored_address(ip, True)}"
    return visitor_of_address(tenant_salt(get_settings().secret, owner.tenant_id), day, agent)


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


def _rejection(index: int, message: Any, problem: Rejected, locale: str) -> MessageVerdict:
    message_id = message.get("messageId") if isinstance(message, dict) else None
    key = f"errors.{problem.code}"
    return MessageVerdict(
        index=index,
        message_id=clean_text(message_id[:255]) if isinstance(message_id, str) else None,
        status=Verdict.REJECTED,
        code=problem.code,
        field=problem.field,
        problem=clean_text(translate(locale, key, **problem.params)),
        fix=translate(locale, f"{key}.fix", **problem.params) if has_text(f"{key}.fix") else None,
    )


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
