"""The pages of campaigns."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns.vocabulary import CampaignAction, CampaignStatus
from enterprise_app.web import components as ui
from enterprise_app.web.pages.campaigns.editing import CampaignFormState
from enterprise_app.web.pages.campaigns.form_page import campaign_form
from enterprise_app.web.pages.campaigns.one import CampaignState
from enterprise_app.web.pages.campaigns.one_page import campaign
from enterprise_app.web.pages.campaigns.state import CampaignsState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.page import Page, Section
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

STATUSES = [(status.value, t(f"campaigns.status.{status.value}")) for status in CampaignStatus]
ICONS = {
    CampaignAction.ACTIVATE: "play",
    CampaignAction.ARCHIVE: "archive",
    CampaignAction.COMPLETE: "check",
    CampaignAction.PAUSE: "pause",
    CampaignAction.RESTORE: "undo",
}


def campaigns() -> rx.Component:
    """All campaigns, in the view of the URL."""
    view = rx.match(S.view, ("board", _board()), ("calendar", _calendar()), _list())
    return ui.stack(
        ui.page_header(
            t("campaigns.list.title"), t("campaigns.list.text"), [rx.cond(can(Permission.CAMPAIGNS_CREATE), _new())]
        ),
        list_parts.body(S, view),
    )


def _new() -> rx.Component:
    return ui.button_link(t("campaigns.new"), "/campaigns/new", variant="primary", icon="add")


def _views() -> rx.Component:
    options = [(view, t(f"campaigns.view.{view}")) for view in ("list", "board", "calendar")]
    return ui.segmented(options, S.view, S.show, label=t("campaigns.view.label"))


def _list() -> rx.Component:
    bar = list_parts.bar(
        S,
        list_parts.search(S, t("campaigns.list.search")),
        list_parts.choice(S, "status", t("campaigns.field.status"), STATUSES),
        end=[_views()],
    )
    return ui.stack(bar, _bulk(), _table())


def _bulk() -> rx.Component:
    names = (CampaignAction.ACTIVATE, CampaignAction.PAUSE, CampaignAction.COMPLETE, CampaignAction.ARCHIVE)
    buttons = [
        ui.button(
            t(f"campaigns.action.{name.value}"), size="sm", icon=ICONS[name], on_click=S.act_on_chosen(name.value)
        )
        for name in names
    ]
    return ui.bulk_bar(
        t("campaigns.bulk.chosen", count=S.chosen.length()),
        *buttons,
        on_clear=S.choose_all(False),
        shown=S.chosen.length() > 0,
    )


def _table() -> rx.Component:
    columns = [
        ui.Column(t("campaigns.field.name"), lambda row: ui.link(row.name, row.href, quiet=True), sort="name"),
        ui.Column(
            t("campaigns.field.status"), lambda row: ui.badge(row.status_text, row.tone, dot=True), sort="status"
        ),
        ui.Column(t("campaigns.field.objective"), lambda row: row.objective, quiet=True),
        ui.Column(t("campaigns.field.dates"), lambda row: row.dates, sort="starts_on"),
        ui.Column(t("campaigns.field.budget"), lambda row: row.budget, align="end"),
        ui.Column(t("campaigns.field.updated"), lambda row: row.updated, quiet=True, sort="updated_at"),
    ]
    every = (S.chosen.length() > 0) & (S.chosen.length() == S.rows.length())
    some = (S.chosen.length() > 0) & (S.chosen.length() < S.rows.length())
    return list_parts.table(
        S,
        columns,
        label=t("campaigns.list.title"),
        actions=_row_menu,
        selection=ui.Selection(S.chosen, S.choose, S.choose_all, every, some),
        empty=_empty(),
        no_match=_no_match(),
    )


def _row_menu(row: Any) -> rx.Component:
    edit = ui.menu_link(t("campaigns.edit"), row.href + "/edit", icon="edit")
    copy = ui.menu_item(t("campaigns.duplicate"), icon="copy", on_click=S.duplicate(row.id))
    acts = [
        rx.cond(
            row.actions.contains(name.value),
            ui.menu_item(t(f"campaigns.action.{name.value}"), icon=icon, on_click=S.act(row.id, name.value)),
        )
        for name, icon in ICONS.items()
    ]
    return ui.menu(
        ui.icon_button("more", t("campaigns.more", name=row.name), size="sm"),
        rx.cond(can(Permission.CAMPAIGNS_UPDATE) & (row.status != "archived"), edit),
        rx.cond(can(Permission.CAMPAIGNS_CREATE), copy),
        ui.menu_separator(),
        *acts,
        label=row.name,
        align="end",
    )


def _empty() -> rx.Component:
    return ui.empty_state(
        "campaign",
        t("campaigns.empty.title"),
        t("campaigns.empty.text"),
        rx.cond(can(Permission.CAMPAIGNS_CREATE), _new()),
    )


def _no_match() -> rx.Component:
    again = ui.button_link(t("campaigns.no_match.all"), "/campaigns")
    return ui.empty_state("search", t("campaigns.no_match.title"), t("campaigns.no_match.text"), again)


def _board() -> rx.Component:
    board = ui.board(S.lanes, S.move, label=t("campaigns.view.board"), movable=can(Permission.CAMPAIGNS_UPDATE))
    return ui.stack(ui.toolbar(end=[_views()]), rx.cond(S.loading, ui.skeleton_page(), board))


def _calendar() -> rx.Component:
    month = ui.calendar_month(
        S.month_title,
        S.weekdays,
        S.weeks,
        on_previous=S.go_month(-1),
        on_next=S.go_month(1),
        on_today=S.go_month(0),
    )
    more = rx.cond(S.truncated, ui.callout(t("campaigns.calendar.truncated")))
    return ui.stack(ui.toolbar(end=[_views()]), rx.cond(S.loading, ui.skeleton_page(), month), more)


PAGES = [
    Page(
        route="/campaigns",
        title="campaigns.list.title",
        help_key="campaigns.help.list",
        area="campaigns",
        need=Permission.CAMPAIGNS_READ,
        body=campaigns,
        icon="megaphone",
        section=Section.GROW,
        on_load=(S.load,),
        on_leave=(S.leave,),
        topics=("campaigns",),
        refresh=S.load,
    ),
    Page(
        route="/campaigns/new",
        title="campaigns.new",
        help_key="campaigns.help.form",
        area="campaigns",
        need=Permission.CAMPAIGNS_CREATE,
        body=lambda: campaign_form(is_new=True),
        icon="megaphone",
        on_load=(CampaignFormState.load_new,),
    ),
    Page(
        route="/campaigns/[id]",
        title="campaigns.one",
        help_key="campaigns.help.one",
        area="campaigns",
        need=Permission.CAMPAIGNS_READ,
        body=campaign,
        icon="megaphone",
        on_load=(CampaignState.load,),
        topics=("campaigns", "jobs"),
        refresh=CampaignState.load,
    ),
    Page(
        route="/campaigns/[id]/edit",
        title="campaigns.edit",
        help_key="campaigns.help.form",
        area="campaigns",
        need=Permission.CAMPAIGNS_UPDATE,
        body=lambda: campaign_form(is_new=False),
        icon="megaphone",
        on_load=(CampaignFormState.load,),
    ),
]
