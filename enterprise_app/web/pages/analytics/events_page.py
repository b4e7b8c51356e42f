"""The explorer, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.vocabulary import Channel, Device, EventType
from enterprise_app.web import components as ui
from enterprise_app.web.pages.analytics.event_shapes import COLUMNS
from enterprise_app.web.pages.analytics.events import PRESETS
from enterprise_app.web.pages.analytics.events import EventsState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

TYPES = [(kind.value, t(f"explorer.type.{kind.value}")) for kind in EventType]
CHANNELS = [(channel.value, t(f"analytics.channel.{channel.value}")) for channel in Channel]
DEVICES = [(device.value, t(f"explorer.device.{device.value}")) for device in Device]
BOTS = [("false", t("explorer.events.humans")), ("true", t("explorer.events.bots"))]
OPERATORS = [(name, t(f"explorer.operator.{name}")) for name in ("eq", "ne", "contains", "gt", "gte", "lt", "lte")]
EXPORT = "/api/v1/analytics/events/export?format="


def events() -> rx.Component:
    """Every event, one by one."""
    return ui.stack(
        ui.page_header(t("explorer.events.title"), t("explorer.events.text"), [_newer(), _columns(), _export()]),
        rx.cond(S.nothing_yet, no_events(), list_parts.body(S, _filters(), _problem(), _table())),
        _adding(),
        event_drawer(),
    )


def no_events() -> rx.Component:
    """Before anything came in."""
    start = rx.cond(
        can(Permission.SOURCES_READ),
        ui.button_link(t("analytics.empty.action"), "/sources", variant="primary", icon="plug"),
    )
    return ui.card(ui.empty_state("activity", t("analytics.empty.title"), t("explorer.events.empty"), start))


def _newer() -> rx.Component:
    again = ui.button(t("explorer.events.newer"), icon="refresh", variant="ghost", on_click=S.load)
    return rx.el.span(rx.cond(S.newer, again), role="status")


def _columns() -> rx.Component:
    items = [
        ui.menu_item(t(f"explorer.column.{name}"), checked=S.columns.contains(name), on_click=S.toggle_column(name))
        for name in COLUMNS
    ]
    trigger = ui.button(t("explorer.events.columns"), icon="options", icon_end="chevron_down")
    return ui.menu(trigger, *items, label=t("explorer.events.columns"), align="end")


def _export() -> rx.Component:
    narrowed: Any = "&" + S.export
    links = [
        ui.menu_link(
            t(f"explorer.events.{form}"),
            rx.Var.create(EXPORT + form) + narrowed,  # pyright: ignore[reportOperatorIssue]
            external=True,
        )
        for form in ("csv", "jsonl")
    ]
    trigger = ui.button(t("explorer.events.export"), icon="download", icon_end="chevron_down")
    note = ui.menu_label(t("explorer.events.limit"))
    return ui.menu(trigger, *links, note, label=t("explorer.events.export"), align="end")


def _filters() -> rx.Component:
    presets = [("", t("explorer.preset.data")), *[(name, t(f"explorer.preset.{name}")) for name in PRESETS]]
    quick = ui.filter_select(
        t("analytics.overview.period"), presets, "", S.set_preset, any_text=t("explorer.preset.choose")
    )
    more = ui.button(t("explorer.events.property"), icon="add", size="sm", on_click=S.start_adding)
    return list_parts.bar(
        S,
        list_parts.words(S, "event", t("explorer.events.by_name")),
        list_parts.words(S, "person", t("explorer.events.by_person")),
        list_parts.words(S, "path", t("explorer.events.by_path")),
        list_parts.day(S, "start", t("analytics.overview.from")),
        list_parts.day(S, "end", t("analytics.overview.to")),
        quick,
        list_parts.choice(S, "type", t("explorer.column.type"), TYPES),
        rx.cond(S.sources.length() > 0, list_parts.choice(S, "source", t("explorer.column.source"), S.sources)),
        list_parts.choice(S, "channel", t("explorer.column.channel"), CHANNELS),
        list_parts.choice(S, "device", t("explorer.column.device"), DEVICES),
        list_parts.choice(S, "bot", t("explorer.events.traffic"), BOTS),
        more,
        lead="event",
    )


def _problem() -> rx.Component:
    return rx.cond(S.problem != "", ui.callout(S.problem, tone="warning"))


def _table() -> rx.Component:
    cells = {
        "person": lambda row: _text(row.person),
        "type": lambda row: row.type,
        "path": lambda row: _text(row.path),
        "title": lambda row: _text(row.title),
        "source": lambda row: rx.el.bdi(row.source),
        "channel": lambda row: row.channel,
        "referrer": lambda row: _text(row.referrer),
        "utm_campaign": lambda row: _text(row.utm_campaign),
        "device": lambda row: row.device,
        "browser": lambda row: row.browser,
        "os": lambda row: row.os,
        "revenue": lambda row: row.revenue,
        "status": lambda row: row.status,
    }
    columns = [
        ui.Column(t("explorer.column.event"), event_name),
        *[
            ui.Column(
                t(f"explorer.column.{name}"),
                cells[name],
                quiet=True,
                align="end" if name in ("revenue", "status") else "start",
                shown=S.columns.contains(name),
            )
            for name in COLUMNS
        ],
        ui.Column(t("explorer.column.at"), lambda row: rx.el.bdi(row.at, class_name="nowrap"), sort="occurred_at"),
    ]
    none = ui.empty_state(
        "search",
        t("explorer.events.none_title"),
        t("explorer.events.none_text"),
        ui.button(t("components.no_match.all"), on_click=S.show_all),
    )
    return list_parts.table(S, columns, label=t("explorer.events.title"), empty=none, no_match=none)


def event_name(row: Any) -> rx.Component:
    """The event, which opens it; bots are marked."""
    name = rx.el.button(
        rx.el.bdi(row.event), type="button", class_name="link link-button wrap-anywhere", on_click=S.open(row.id)
    )
    return ui.row(name, rx.cond(row.bot, ui.badge(t("explorer.events.bot"), "warning")), gap=2)


def _text(text: Any) -> rx.Component:
    """A stranger's text on one line; the whole of it is in the event."""
    return rx.el.bdi(text, class_name="text-clip", title=text)


def _adding() -> rx.Component:
    names = rx.el.datalist(rx.foreach(S.keys, lambda name: rx.el.option(value=name)), id="property-names")
    body = ui.form(
        ui.field(
            t("explorer.property.key"),
            ui.text_input(name="key", max_length=200, list="property-names", dir="ltr", auto_complete="off"),
            hint=t("explorer.property.key_hint"),
            error=S.errors["key"],
            required=True,
        ),
        names,
        ui.field(t("explorer.property.operator"), ui.select(OPERATORS, name="operator")),
        ui.field(
            t("explorer.property.value"),
            ui.text_input(name="value", max_length=500, dir="auto", auto_complete="off"),
            error=S.errors["value"],
        ),
        ui.submit_row(ui.button(t("explorer.property.add"), variant="primary", type="submit")),
        on_submit=S.add_condition,
    )
    return ui.dialog(
        body,
        open=S.adding,
        on_close=S.close,
        title=t("explorer.events.property"),
        text=t("explorer.property.text"),
        key="add-property",
    )


def event_drawer() -> rx.Component:
    """The whole event, beside the list it is of."""
    e = S.shown
    facts = ui.definition_list(
        (t("explorer.column.type"), ui.badge(e.type, "accent")),
        (t("explorer.column.at"), rx.el.bdi(e.at)),
        (t("explorer.event.received"), rx.el.bdi(e.received)),
        (t("explorer.column.person"), _person()),
        (t("explorer.column.source"), rx.el.bdi(e.source)),
        (t("explorer.column.channel"), rx.cond(e.channel != "", e.channel, "–")),
        (t("explorer.column.device"), rx.cond(e.device != "", e.device, "–")),
        (t("explorer.column.revenue"), rx.cond(e.revenue != "", e.revenue, "–")),
    )
    return ui.drawer(
        ui.stack(
            rx.cond(e.bot, ui.callout(t("explorer.event.bot"), tone="warning")),
            facts,
            rx.cond(
                e.campaign_href != "", ui.button_link(t("explorer.event.campaign"), e.campaign_href, icon="campaign")
            ),
            _facts(t("explorer.event.properties"), e.properties, narrows=True),
            _facts(t("explorer.event.fields"), e.facts, narrows=False),
            rx.cond(e.context != "", ui.code_block(e.context, title=t("explorer.event.context"))),
            ui.code_block(e.whole, title=t("explorer.event.json")),
        ),
        open=e.id != "",
        on_close=S.close,
        title=e.event,
        key="event",
        size="lg",
    )


def _person() -> rx.Component:
    e = S.shown
    name = rx.cond(e.person_href != "", ui.link(rx.el.bdi(e.person), e.person_href), rx.el.bdi(e.person))
    every = ui.link(t("explorer.event.same_person"), e.events_href, on_click=S.close)
    return ui.row(name, rx.cond(e.events_href != "", every), gap=3)


def _facts(title: Any, rows: Any, *, narrows: bool) -> rx.Component:
    def line(fact: Any) -> rx.Component:
        button = ui.icon_button("filter", t("explorer.event.narrow"), size="sm", on_click=S.narrow(fact.href))
        value = rx.el.bdi(fact.value, class_name="wrap-anywhere")
        shown = ui.row(value, rx.cond(fact.href != "", button), gap=2, wrap=False) if narrows else value
        name = rx.el.bdi(fact.label)
        return rx.el.div(rx.el.dt(name, class_name="wrap-anywhere"), rx.el.dd(shown), class_name="fact")

    listing = ui.card(rx.el.dl(rx.foreach(rows, line), class_name="facts"), title=title, level=3)
    return rx.cond(rows.length() > 0, listing)
