"""Sorts a request's messages: good ones become events, repeats and refused ones are told, and all are counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from enterprise_app.core.settings import get_settings
from enterprise_app.core.texts import has_text, translate
from enterprise_app.domains.analytics.rules import dates, privacy
from enterprise_app.domains.analytics.rules.jsontext import clean_text
from enterprise_app.domains.analytics.rules.keys import tenant_salt
from enterprise_app.domains.analytics.rules.messages import Reading, read_message
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.rules.tally import Tally
from enterprise_app.domains.analytics.schemas import MessageVerdict
from enterprise_app.domains.analytics.service.write_keys import KeyOwner
from enterprise_app.domains.analytics.vocabulary import DoNotTrack, HealthKind, Verdict


@dataclass(slots=True)
class Sorted:
    """The events by id, a verdict for each message, and which of the verdicts wait for what the database says."""

    records: dict[str, EventRecord] = field(default_factory=dict)
    verdicts: list[MessageVerdict] = field(default_factory=list)
    taken: list[tuple[MessageVerdict, str]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def take(self, index: int, record: EventRecord) -> None:
        """A good message; the second of the same id is a duplicate."""
        verdict = MessageVerdict(index, record.message_id, Verdict.ACCEPTED)
        self.verdicts.append(verdict)
        if self.records.setdefault(record.id, record) is record:
            self.taken.append((verdict, record.id))
        else:
            verdict.status = Verdict.DUPLICATE
            self.tally.count(HealthKind.DUPLICATE)

    def drop(self, index: int, record: EventRecord) -> None:
        """A message of somebody who asks not to be tracked, and of which nothing is kept."""
        self.verdicts.append(MessageVerdict(index, record.message_id, Verdict.DROPPED))
        self.tally.count(HealthKind.DROPPED)


def sort_messages(
    owner: KeyOwner,
    messages: Sequence[Any],
    reading: Reading,
    *,
    type_hint: str | None = None,
    do_not_track: bool = False,
    locale: str = "en",
) -> Sorted:
    """Read each message. `do_not_track`: the request said so; the source's setting says what that means."""
    heeds, drops = owner.do_not_track is not DoNotTrack.IGNORE, owner.do_not_track is DoNotTrack.DROP
    done = Sorted()
    for index, message in enumerate(messages):
        try:
            record = read_message(message, reading, type_hint)
        except Rejected as problem:
            done.verdicts.append(_rejection(index, message, problem, locale))
            done.tally.refuse(problem, message)
            continue
        if heeds and (do_not_track or privacy.asks(record)):
            if drops or record.type in privacy.ONLY_IDENTITY:
                done.drop(index, record)
                continue
            privacy.anonymise(record, reading)
        done.take(index, record)
    return done


def reading_of(owner: KeyOwner, received_at: datetime, sent_at: Any, ip: str | None, agent: str | None) -> Reading:
    """What messages are read against that came to this source at this time."""
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
