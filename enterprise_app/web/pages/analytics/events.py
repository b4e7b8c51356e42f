"""The explorer of raw events: period, filters, columns and page are in the URL; a row opens the whole event."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError, Invalid, NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.errors import EventsSlow
from enterprise_app.domains.analytics.vocabulary import Channel, Device, EventType
from enterprise_app.domains.profiles import service as profiles
from enterprise_app.web.components.shapes import Option
from enterprise_app.web.pages.analytics.event_shapes import COLUMNS, OPENING, EventRow, EventShown, row_of, shown_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of, text_of
from enterprise_app.web.shell.lists import Choice, Day, Words, listed, showing
from enterprise_app.web.shell.urls import change_view, parameters, values_of

PRESETS = {"today": 1, "7d": 7, "30d": 30}
_SOURCES = 200


@dataclass(frozen=True)
class Exactly:
    """A filter by the very value: of text, or of one of our ids."""

    word: str
    field: str
    ids: bool = False
    typed: bool = True

    def taken(self, raw: str) -> str:
        """The text, cut; what is no id is none."""
        try:
            return str(UUID(raw)) if self.ids and raw else raw[:255]
        except ValueError:
            return ""

    def condition(self, ctx: Context, value: str) -> str:
        """Equal to it."""
        return f"{self.field}:eq:{value}"


FILTERS = (
    Words("event", "name"),
    Choice("type", EventType),
    Exactly("source", "source_id", ids=True, typed=False),
    Exactly("person", "person"),
    Words("path"),
    Choice("channel", Channel),
    Choice("device", Device),
    Choice("bot", ("true", "false"), "is_bot"),
    Day("start", "occurred_at"),
    Day("end", "occurred_at", last=True),
)


_COLUMNS = ("channel", "device", "path", "person", "revenue", "status", "type")
_FIELDS = (
    "browser", "os", "user_id", "anonymous_id", "session_id", "message_id", "order_id", "title", "utm_source",
    "utm_medium", "utm_campaign",
)  # fmt: skip
WORDS = {
    **{name: f"explorer.field.{name}" for name in _FIELDS},
    **{name: f"explorer.column.{name}" for name in _COLUMNS},
    "occurred_at": "explorer.column.at",
    "name": "explorer.column.event",
    "source_id": "explorer.column.source",
    "referrer_host": "explorer.column.referrer",
    "host": "explorer.field.host",
    "currency": "explorer.field.currency",
    "visitor_id": "explorer.field.visitor_id",
    "campaign_id": "explorer.field.campaign_id",
    "is_bot": "explorer.events.traffic",
    "is_bot.true": "explorer.events.bots",
    "is_bot.false": "explorer.events.humans",
    "channel.": "analytics.channel.",
    "device.": "explorer.device.",
    "type.": "explorer.type.",
}
"""How the chips of conditions name their fields and closed values."""


class EventsState(listed(Permission.EVENTS_READ, *FILTERS, words=WORDS), rx.State):
    """What the explorer shows now."""

    rows: list[EventRow] = []
    sources: list[Option] = []
    columns: list[str] = list(OPENING)
    nothing_yet: bool = False
    newer: bool = False
    problem: str = ""
    export: str = ""
    keys: list[str] = []
    adding: bool = False
    shown: EventShown = EventShown()
    errors: dict[str, str] = {}

    @action(Permission.EVENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for; without a period, the last day with data."""
        with showing(self):
            self.newer, self.problem = False, ""
            self._read(service.EVENT_LIST.default_sort, ctx.locale)
            asked = parameters(self).get("cols", "")
            self.columns = [name for name in COLUMNS if name in asked.split(",")] if asked else list(OPENING)
            async with tenant_session(ctx) as session:
                known = await list_sources(session, ctx)
                self.sources = [Option(value=key, label=name) for key, name in known.items()]
                await self._set_period(session, ctx)
                await self._list(session, ctx, known)

    async def _set_period(self, session: AsyncSession, ctx: Context) -> None:
        last = await service.last_event_day(session, ctx)
        self.nothing_yet = last is None
        if not self.picked["start"] and not self.picked["end"] and last is not None:
            self.picked = self.picked | {"start": last.isoformat(), "end": last.isoformat()}

    async def _list(self, session: AsyncSession, ctx: Context, sources: dict[str, str]) -> None:
        filters = self._filters(ctx)
        self.export = urlencode([("filter", text) for text in filters])
        cursor = parameters(self).get("cursor")
        query = service.EVENT_LIST.parse(limit=self.size, cursor=cursor, sort=self.sort, filters=filters)
        try:
            page = await service.list_events(session, ctx, query)
        except (EventsSlow, Invalid) as error:
            self.rows, self.problem = [], _told(ctx, error)
            self.next_cursor, self.can_go_back = "", False
            return
        self.rows = [row_of(ctx, event, sources, set(self.columns)) for event in page.items]
        self.keys = sorted({name for event in page.items for name in event.properties or {}})[:100]
        self._turned(page)

    @action(Permission.EVENTS_READ)
    async def notice(self, ctx: Context) -> None:
        """Something came in: say so where it could be on this page, rather than move what is being read."""
        today = now().astimezone(ZoneInfo(ctx.zone)).date().isoformat()
        end = self.picked["end"]
        if not self.newer and not self.can_go_back and not self.loading and (not end or end >= today):
            self.newer = True

    @action(Permission.EVENTS_READ)
    async def set_preset(self, ctx: Context, preset: str) -> EventSpec | None:
        """The last so many days; empty is the last day with data."""
        if preset not in PRESETS:
            return change_view(self, start="", end="", cursor="")
        today = now().astimezone(ZoneInfo(ctx.zone)).date()
        return change_view(self, start=_back(today, PRESETS[preset]), end=today.isoformat(), cursor="")

    @action(Permission.EVENTS_READ)
    async def toggle_column(self, name: str) -> EventSpec | None:
        """Show or hide a column; the address keeps it."""
        if name not in COLUMNS:
            return None
        kept = [one for one in COLUMNS if (one in self.columns) != (one == name)]
        return change_view(self, replace=True, cols=",".join(kept) or "-")

    @action(Permission.EVENTS_READ)
    async def start_adding(self) -> None:
        """Open the form of a condition on a property."""
        self.adding, self.errors = True, {}

    @action(Permission.EVENTS_READ)
    async def add_condition(self, form: dict[str, Any]) -> EventSpec | None:
        """Narrow by a property. Refused at the field that is wrong."""
        name, operator, value = (text_of(form, field) for field in ("key", "operator", "value"))
        if not name or ":" in name:
            raise Invalid.of("key", "required" if not name else "property_name")
        condition = f"properties.{name}:{operator}:{value}"
        try:
            service.EVENT_LIST.parse(filters=[condition])
        except Invalid as error:
            raise Invalid.of("value", error.problems[0].code, **error.problems[0].params) from error
        self.adding = False
        return self._with(condition)

    @action(Permission.EVENTS_READ)
    async def narrow(self, condition: str) -> EventSpec | None:
        """Only events with this property, from the event that is open."""
        if not condition.startswith("properties."):
            return None
        self.shown = EventShown()
        return self._with(condition[:500])

    def _with(self, condition: str) -> EventSpec:
        kept = [*values_of(self, "filter"), condition]
        path = "/analytics/events"
        if self.router.url.path.rstrip("/") != path:
            return rx.redirect(f"{path}?{urlencode({'filter': condition})}")
        return change_view(self, filter=list(dict.fromkeys(kept)), cursor="")

    @action(Permission.EVENTS_READ)
    async def open(self, ctx: Context, key: str) -> None:
        """The whole event."""
        at, _, event_id = key.partition("~")
        async with tenant_session(ctx) as session:
            event = await service.get_event(session, ctx, id_of(event_id), _moment(at))
            shown = shown_of(ctx, event)
            if event.user_id and ctx.can(Permission.PROFILES_READ):
                person = await profiles.find_profile(session, ctx, event.user_id)
                shown = shown.model_copy(update={"person_href": f"/people/{person.id}"}) if person else shown
        self.shown = shown

    @action(Permission.EVENTS_READ)
    async def close(self) -> None:
        """Close whatever is open."""
        self.shown, self.adding, self.errors = EventShown(), False, {}


async def list_sources(session: AsyncSession, ctx: Context) -> dict[str, str]:
    """The names of the sources by id; nothing for whom sources are none of their business."""
    if not ctx.can(Permission.SOURCES_READ):
        return {}
    page = await service.list_sources(session, ctx, service.SOURCES.parse(limit=_SOURCES, sort="name"))
    return {str(source.id): source.name for source in page.items}


def _back(today: date, days: int) -> str:
    return (today - timedelta(days=days - 1)).isoformat()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if moment.tzinfo is None:
        raise NotFound
    return moment


def _told(ctx: Context, error: AtriumError) -> str:
    """The refusal with what helps."""
    code, params = error.code, error.params
    if isinstance(error, Invalid):
        code, params = error.problems[0].code, error.problems[0].params
    return (
        f"{translate(ctx.locale, f'errors.{code}', **params)} {translate(ctx.locale, f'errors.{code}.fix', **params)}"
    )
