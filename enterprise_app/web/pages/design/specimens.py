"""One function per group of components; each takes the sample (language and direction) it shows."""

from typing import Any

import reflex as rx
from pydantic import TypeAdapter

from enterprise_app.web import components as ui
from enterprise_app.web.components.shapes import BarRow, Day, Entry, FieldError, FileLine, Lane, MediaTile
from enterprise_app.web.pages.design.samples import KEY, SNIPPET, TREND, WEEKDAYS, Campaign, Sample
from enterprise_app.web.pages.design.state import DesignState as State
from enterprise_app.web.texts import t

CHOSEN: Any = State.chosen


def _fixed(value: Any, kind: Any) -> rx.Var:
    """Data as a Var without a state: what a page would hold in state."""
    return rx.Var(_js_expr=f"({TypeAdapter(kind).dump_json(value).decode()})", _var_type=kind)


def layout(s: Sample) -> rx.Component:
    """Header, tabs, breadcrumbs, split."""
    header = ui.page_header(
        s.title,
        s.about,
        [ui.button(s.edit, icon="edit"), ui.button(s.new, variant="primary", icon="add")],
        above=ui.breadcrumbs([(s.title, "/design")], s.campaigns()[0].name, label=t("design.breadcrumbs", side=s.side)),
    )
    tabs = ui.tabs(
        ui.tab(s.all, "/design", True, count="128"),
        ui.tab(s.live, "/design?status=live", False),
        ui.tab(s.draft, "/design?status=draft", False),
        label=t("design.tabs", side=s.side),
    )
    aside = ui.card(
        ui.definition_list(
            (s.owner, s.person), (s.status, ui.badge(s.live, "success", dot=True)), (s.budget, "€12,500.00")
        ),
        title=s.title,
    )
    first = ui.card(ui.link(s.about, "/design"), title=s.campaigns()[0].name)
    part = ui.section(s.notes, ui.divider(), description=s.hint, actions=[ui.button(s.edit, size="sm")])
    return ui.stack(header, tabs, ui.split(first, aside, narrow=True), part, _wizard(s))


def _wizard(s: Sample) -> rx.Component:
    """Four steps: one right, one to be mended, the open one, one that was not seen."""
    names = [("a", s.title), ("b", s.owner), ("c", s.budget), ("d", s.notes)]
    marks = _fixed({"a": "done", "b": "wrong", "c": "", "d": ""}, dict[str, str]).to(dict[str, str])
    bar = ui.step_bar(
        back=ui.button(s.edit, variant="ghost", icon="back"),
        note=s.hint,
        forward=[ui.button(s.copy), ui.button(s.open, variant="primary", icon_end="arrow_end")],
    )
    label = t("design.steps", side=s.side)
    return ui.stack(
        ui.steps(names, "c", marks, href=lambda step: f"/design?step={step}", label=label),
        ui.step_title(s.budget, "c", above=s.owner, below=s.hint),
        bar,
    )


def actions(s: Sample) -> rx.Component:
    """Buttons, menus, segments, icons."""
    menu = ui.menu(
        ui.button(s.edit, icon_end="chevron_down"),
        ui.menu_label(s.title),
        ui.menu_item(s.edit, icon="edit", shortcut="E"),
        ui.menu_item(s.copy, icon="duplicate"),
        ui.menu_item(s.weekly, checked=True),
        ui.menu_link(s.open, "/design", icon="arrow_end"),
        ui.menu_separator(),
        ui.menu_item(s.drop, icon="delete", danger=True),
        label=s.edit,
    )
    variants = ui.row(
        ui.button(s.save, variant="primary"),
        ui.button(s.edit),
        ui.button(s.copy, variant="ghost"),
        ui.button(s.drop, variant="danger"),
    )
    states = ui.row(
        ui.button(s.save, variant="primary", loading=True), ui.button(s.edit, disabled=True),
        ui.button(s.edit, size="sm"),
        ui.button(s.edit, size="lg"),
        ui.button_link(s.open, "/design", icon="external"),
        ui.icon_button("more", s.edit), ui.icon_button("star", s.live, pressed=True),
    )  # fmt: skip
    options: list[tuple[str, ui.Text]] = [("hour", s.hour), ("day", s.day), ("week", s.week)]
    segments = ui.segmented(options, State.choice, State.choose, label=t("design.segments", side=s.side))
    tip = ui.tooltip(ui.badge("p95"), s.tip)
    tools = ui.toolbar(menu, segments, end=[tip, ui.kbd("⌘K"), ui.live_dot(s.live), ui.copy_button(KEY)])
    return ui.stack(variants, states, tools)


def forms(s: Sample) -> rx.Component:
    """Fields and controls, right and wrong."""
    name, side = f"name-{s.side}", s.side
    channels = [
        ui.checkbox(s.search_ads, name=f"ch-{side}", default_checked=True),
        ui.checkbox(s.social, name=f"ch-{side}"),
        ui.radio(s.mail, name=f"ra-{side}", value="mail"),
    ]
    statuses: list[tuple[str, ui.Text]] = [("draft", s.draft), ("live", s.live)]
    return ui.native_form(
        ui.error_summary(s.check_form, _fixed(s.errors(), list[FieldError])),
        ui.field(s.name, ui.text_input(name=name, default_value=s.campaigns()[0].name), hint=s.hint, required=True),
        ui.field(s.email, ui.text_input(name=f"mail-wrong-{side}", type="email", default_value="ana@"), error=s.wrong),
        ui.field(
            s.password, ui.password_input(name=f"password-{side}", auto_complete="off", defaultValue="correct horse")
        ),
        ui.field(s.status, ui.select(statuses, name=f"status-{side}")),
        ui.row(
            ui.field(s.start, ui.date_input(name=f"start-{side}", default_value="2026-03-12")),
            ui.field(s.budget, ui.money_input(name=f"budget-{side}", currency="EUR", default_value="12,500.00")),
            gap=4,
        ),
        ui.field(s.tags, ui.tag_input(value=State.tags, on_tags=State.set_tags), name=f"tags-{side}", optional=True),
        ui.field(s.notes, ui.textarea(name=f"notes-{side}", default_value=s.about)),
        ui.choice_group(*channels, label=s.roles),
        ui.switch(s.weekly, hint=s.weekly_hint, checked=State.on, on_change=State.toggle),
        ui.copy_field(KEY, label=s.key),
        ui.code_block(SNIPPET, title="HTML"),
        ui.submit_row(ui.button(s.save, variant="primary", type="submit"), ui.button(s.copy, variant="ghost")),
        action="/design",
        method="get",
    )


def numbers(s: Sample) -> rx.Component:
    """Tiles, meters, bars."""
    tiles = ui.grid(
        ui.stat_tile(s.visitors, "12,810", change="+14.3%", direction="up", good=True, previous=s.versus, spark=TREND),
        ui.stat_tile(s.bounce, "41.2", unit="%", change="+2.1%", direction="up", good=False, previous=s.versus),
        ui.stat_tile(s.views, "–", loading=True),
        ui.card(ui.stack(ui.skeleton_line("60%"), ui.skeleton_block(40), ui.delta("±0%", "flat"), gap=2)),
        smallest=180,
    )
    meters = ui.card(
        ui.stack(
            ui.meter(s.used, s.used_text, 80, tone="warning"),
            ui.progress(s.importing, 62, text=s.rate, on_cancel=State.hide),
            ui.progress(s.importing),
        ),
        title=s.used,
    )
    bars = ui.card(ui.bar_list(_fixed(s.bars(), list[BarRow]), label=s.pages, value_label=s.views), title=s.pages)
    return ui.stack(tiles, meters, bars)


def charts(s: Sample) -> rx.Component:
    """Area with the previous period, bars, donut."""
    days, series = s.chart()
    channels, both = s.channels()
    area = ui.card(ui.chart(days, series, label=f"{s.visitors} · {s.week}"), title=s.visitors)
    bars = ui.card(ui.chart(channels, both, label=s.roles, kind="bar", height=200), title=s.roles)
    donut = ui.card(ui.chart(channels, both[:1], label=s.source, kind="donut", height=180), title=s.source)
    return ui.stack(area, bars, donut)


def tables(s: Sample) -> rx.Component:
    """Filters, bulk bar, table, paging."""
    rows = _fixed(s.campaigns(), list[Campaign])
    columns = [
        ui.Column(s.name, lambda row: ui.link(row.name, "/design", quiet=True), sort="name"),
        ui.Column(s.status, lambda row: ui.badge(row.status, row.tone, dot=True)),
        ui.Column(s.visits, lambda row: row.visits, align="end", sort="visits"),
        ui.Column(s.budget, lambda row: row.budget, align="end", quiet=True),
    ]
    chosen = ui.Selection(State.chosen, State.tick, State.tick_all, CHOSEN.length() == 3, CHOSEN.length() > 0)
    statuses: list[tuple[str, ui.Text]] = [("draft", s.draft), ("live", s.live)]
    bar = ui.filter_bar(
        ui.search_input(State.q, State.search, label=s.find),
        ui.filter_select(s.status, statuses, State.choice, State.choose),
        end=[ui.button(s.new, variant="primary", size="sm", icon="add")],
        chips=rx.fragment(
            ui.chip(s.live, State.hide, key_text=s.status), ui.chip("acme.com", State.hide, key_text=s.source)
        ),
    )

    def menu(row: Any) -> rx.Component:
        opener = ui.icon_button("more", t("design.row_menu", name=row.name), size="sm")
        return ui.menu(opener, ui.menu_item(s.edit), ui.menu_item(s.drop, danger=True), label=s.edit, align="end")

    table = ui.data_table(
        columns, rows, label=s.title, sort=State.sort, on_sort=State.sort_by, selection=chosen, actions=menu
    )
    waiting = ui.data_table(
        columns, rows, label=t("design.waiting", side=s.side), loading=rx.Var.create(True), phone="scroll"
    )
    paging = ui.pagination(
        on_previous=State.hide, on_next=State.hide, has_previous=False, has_next=True, summary=s.range
    )
    bulk = ui.bulk_bar(
        s.chosen, ui.button(s.copy, size="sm"), on_clear=State.tick_all(False), shown=CHOSEN.length() > 0
    )
    return ui.stack(bar, ui.card(bulk, table, paging, flush=True), ui.card(waiting, flush=True))


def records(s: Sample) -> rx.Component:
    """People, badges, timeline, calendar, board."""
    tones = [
        ui.badge(text, tone, dot=True)
        for text, tone in (
            (s.draft, "neutral"),
            (s.live, "success"),
            (s.paused, "warning"),
            (s.failed, "danger"),
            (s.new, "accent"),
            (s.all, "info"),
        )
    ]
    people = ui.row(
        ui.person(s.person, s.initials, "ana@acme.example"), ui.avatar(s.person, s.initials, size="lg"), gap=6
    )
    calendar = ui.calendar_month(
        s.month,
        rx.Var.create(WEEKDAYS[s.language]),
        _fixed(s.weeks(), list[list[Day]]),
        on_previous=State.hide,
        on_next=State.hide,
        on_today=State.hide,
    )
    history = ui.card(ui.timeline(_fixed(s.history(), list[Entry]), label=s.activity), title=s.activity)
    files = ui.card(
        ui.upload_zone(
            "/design",
            ui.file_list(_fixed(s.files(), list[FileLine]), label=s.about, on_remove=State.show),
            label=s.about, hint="100 MB", max_bytes=0, too_large=s.failed, on_done=State.hide,
        ),
        title=s.about,
    )  # fmt: skip
    media = ui.card(
        ui.media_grid(
            _fixed(s.tiles(), list[MediaTile]), label=s.about, on_open=State.show, open_label=lambda item: item.name
        ),
        ui.grid(
            ui.media_figure(ui.media_frame(doc=f"<p>{s.about}</p>", title=s.about), s.about, ui.swatch("teal")),
        ),
        title=s.about,
    )
    board = ui.board(_fixed(s.lanes(), list[Lane]), State.move, label=s.board)
    return ui.stack(ui.row(*tones), people, history, files, media, calendar, board)


def feedback(s: Sample) -> rx.Component:
    """Notes, empty, error, no permission, skeletons, overlays."""
    notes = [
        ui.callout(s.trial_text, title=s.trial, tone=tone)
        for tone in ("info", "success", "warning", "danger", "accent")
    ]
    overlays = ui.row(
        ui.button(s.open, on_click=State.show(f"dialog-{s.side}")),
        ui.button(s.ask, on_click=State.show(f"ask-{s.side}")),
        ui.button(s.panel, on_click=State.show(f"panel-{s.side}")),
    )
    done = [ui.button(s.save, variant="primary", on_click=State.hide)]
    dialog = ui.dialog(
        ui.form(ui.field(s.name, ui.text_input(name=f"dialog-{s.side}")), on_submit=State.hide),
        open=State.shown == f"dialog-{s.side}", on_close=State.hide,
        title=s.new, text=s.none_text, key=f"dialog-{s.side}", footer=done,
    )  # fmt: skip
    ask = ui.confirm_dialog(
        open=State.shown == f"ask-{s.side}",
        on_close=State.hide,
        on_confirm=State.hide,
        title=s.drop,
        text=s.drop_text,
        confirm=s.drop,
        key=f"ask-{s.side}",
    )
    panel = ui.drawer(
        ui.definition_list((s.owner, s.person), (s.budget, "€12,500.00")),
        open=State.shown == f"panel-{s.side}", on_close=State.hide,
        title=s.panel, key=f"panel-{s.side}", footer=done,
    )  # fmt: skip
    empty = ui.card(
        ui.empty_state("campaign", s.none, s.none_text, ui.button(s.new, variant="primary", icon="add"), level=3)
    )
    states = [ui.card(ui.error_state(on_retry=State.hide)), ui.card(ui.no_permission())]
    banner = ui.banner(s.trial, action=ui.link(s.open, "/design"))
    return ui.stack(banner, *notes, overlays, empty, *states, ui.card(ui.skeleton_page()), dialog, ask, panel)
