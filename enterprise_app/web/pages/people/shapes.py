"""A person as its pages show it: every text translated, every time in the reader's zone."""

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.analytics.schemas import EventItem, TouchedCampaign
from enterprise_app.domains.analytics.vocabulary import EventType
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.profiles.schemas import Merge, Profile, ProfileId
from enterprise_app.domains.profiles.vocabulary import IdKind, Stage
from enterprise_app.web.components.shapes import Entry

TONES = {Stage.LEAD: "info", Stage.CUSTOMER: "success", Stage.LOST: "neutral"}
EDITED = ("name", "email", "phone", "company", "country")
"""Traits that the form has a field for."""
_SHOWN_PROPERTIES = 3
_SAID_ALREADY = frozenset({"url", "path", "title", "referrer", "search", "previousId", "groupId"})
_LONGEST = 200


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class PersonRow(_Shape):
    """One person in a list."""

    id: str
    name: str
    initials: str
    email: str
    href: str
    stage: str
    stage_text: str
    tone: str
    country: str
    active: str
    created: str
    archived: bool


class TraitRow(_Shape):
    """One trait of a person."""

    id: str
    value: str


class Compared(_Shape):
    """One trait of two people, and of what merging makes of them."""

    id: str
    target: str
    source: str
    result: str


class IdRow(_Shape):
    """One id that leads to a person."""

    id: str
    kind: str
    value: str
    note: str


class MergeRow(_Shape):
    """One merge of a person."""

    id: str
    text: str
    at: str
    open: bool


class TouchRow(_Shape):
    """A campaign that brought a person."""

    id: str
    text: str
    last: str


def row_of(ctx: Context, person: Profile) -> PersonRow:
    """The person in the reader's words."""
    return PersonRow(
        id=str(person.id),
        name=person.name,
        initials=initials_of(person.name),
        email=person.email or "",
        href=f"/people/{person.id}",
        stage=person.stage.value,
        stage_text=translate(ctx.locale, f"people.stage.{person.stage.value}"),
        tone=TONES[person.stage],
        country=person.country or "",
        active=when(ctx, person.last_seen_at) if person.last_seen_at else translate(ctx.locale, "people.never"),
        created=when(ctx, person.created_at),
        archived=person.archived_at is not None,
    )


def trait_rows(person: Profile) -> list[TraitRow]:
    """All traits by name; what is no text as JSON."""
    return [TraitRow(id=name, value=_value(value)) for name, value in sorted(person.traits.items())]


def compared(target: Profile, source: Profile, result: Profile) -> list[Compared]:
    """The traits of all three by name; the stage is no trait."""
    lists = [{row.id: row.value for row in trait_rows(person)} for person in (target, source, result)]
    names = sorted({name for known in lists for name in known})
    return [
        Compared(id=n, target=lists[0].get(n, ""), source=lists[1].get(n, ""), result=lists[2].get(n, ""))
        for n in names
    ]


def id_row(ctx: Context, known: ProfileId) -> IdRow:
    """One id, and what there is to know about it."""
    key = "people.id.shared" if known.shared else "people.id.seen"
    return IdRow(
        id=f"{known.kind.value}:{known.value}:{known.profile_id}",
        kind=translate(ctx.locale, f"people.id.{'user' if known.kind is IdKind.USER else 'anonymous'}"),
        value=known.value,
        note=translate(ctx.locale, key, at=when(ctx, known.last_at)),
    )


def merge_row(ctx: Context, merge: Merge) -> MergeRow:
    """One merge in a sentence."""
    by = merge.merged_by or translate(ctx.locale, f"people.merge.by.{merge.reason.value}")
    key = "people.merge.done" if merge.undone_at is None else "people.merge.was_undone"
    text = translate(ctx.locale, key, source=merge.source_name, target=merge.target_name, by=by)
    return MergeRow(id=str(merge.id), text=text, at=when(ctx, merge.created_at), open=merge.undone_at is None)


def touch_row(ctx: Context, touched: TouchedCampaign) -> TouchRow:
    """One campaign."""
    number = localization.format_number(touched.events, ctx.locale)
    text = translate(ctx.locale, "people.campaigns.events", count=touched.events, number=number)
    return TouchRow(id=touched.name, text=text, last=when(ctx, touched.last_at))


def entry_of(ctx: Context, event: EventItem) -> Entry:
    """One event of the timeline."""
    tone = {EventType.TRACK: "accent", EventType.IDENTIFY: "success", EventType.ALIAS: "warning"}
    return Entry(
        id=str(event.id),
        title=_title(ctx, event),
        text=" · ".join(_notes(ctx, event)),
        at=when(ctx, event.occurred_at),
        iso=event.occurred_at.isoformat(),
        tone=tone.get(event.type, "neutral"),
    )


def _title(ctx: Context, event: EventItem) -> str:
    if event.type in (EventType.PAGE, EventType.REQUEST):
        return f"\u2066{event.path}\u2069" if event.path else event.title or event.name or "/"
    return event.name or translate(ctx.locale, f"people.event.{event.type.value}")


def _notes(ctx: Context, event: EventItem) -> list[str]:
    """What helps to recall the moment: what it was, where, how the person came, the first few properties."""
    notes = [translate(ctx.locale, f"people.event.{event.type.value}")] if event.name or event.path else []
    notes += [event.host] if event.host and event.type is not EventType.IDENTIFY else []
    if event.referrer_host or event.utm_source:
        source = event.utm_source or event.referrer_host
        notes.append(translate(ctx.locale, "people.event.from", source=source))
    told = [pair for pair in (event.properties or {}).items() if pair[0] not in _SAID_ALREADY]
    notes += [f"{name}: {_value(value)[:60]}" for name, value in told[:_SHOWN_PROPERTIES]]
    device = [word for word in (event.browser, event.os) if word]
    return [_apart(note) for note in notes + ([" / ".join(device)] if device else [])]


def _apart(text: str) -> str:
    """Keeps its own direction among words of another script (Unicode's isolates)."""
    return f"\u2068{text}\u2069"


def when(ctx: Context, moment: datetime | None) -> str:
    """A time as the reader writes it."""
    return localization.format_datetime(moment, ctx.locale, ctx.zone) if moment else ""


def initials_of(name: str) -> str:
    """The first letters of the first two words."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
