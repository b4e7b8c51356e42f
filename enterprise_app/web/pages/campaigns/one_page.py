"""One campaign, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns.vocabulary import CampaignAction
from enterprise_app.web import components as ui
from enterprise_app.web.pages.campaigns.assets_card import assets_card
from enterprise_app.web.pages.campaigns.files_card import files_card
from enterprise_app.web.pages.campaigns.one import CampaignState as S
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t


def campaign() -> rx.Component:
    """The campaign, or the news that there is none."""
    shown = rx.cond(S.loading, ui.skeleton_page(), _campaign())
    return rx.cond(S.missing, _missing(), shown)


def _missing() -> rx.Component:
    back = ui.button_link(t("campaigns.no_match.all"), "/campaigns")
    return ui.empty_state("search", t("campaigns.missing.title"), t("campaigns.missing.text"), back, level=2)


def _campaign() -> rx.Component:
    back = ui.link(t("campaigns.list.title"), "/campaigns")
    return ui.stack(
        ui.page_header(S.name, S.objective, _actions(), above=ui.row(back, ui.badge(S.status_text, S.tone, dot=True))),
        ui.split(_about(), _facts()),
        ui.confirm_dialog(
            open=S.asking,
            on_close=S.keep,
            on_confirm=S.act(CampaignAction.ARCHIVE.value),
            title=t("campaigns.archive.title"),
            text=t("campaigns.archive.text"),
            confirm=t("campaigns.action.archive"),
            key="archive",
        ),
    )


def _actions() -> list[rx.Component]:
    first = [
        _button(CampaignAction.ACTIVATE, "play"),
        _button(CampaignAction.PAUSE, "pause"),
        _button(CampaignAction.RESTORE, "undo"),
    ]
    edit = ui.button_link(t("campaigns.edit"), "/campaigns/" + S.key + "/edit", icon="edit")
    editable = can(Permission.CAMPAIGNS_UPDATE) & (S.status != "archived")
    return [*first, rx.cond(editable, edit), _more()]


def _button(name: CampaignAction, icon: str) -> rx.Component:
    button = ui.button(t(f"campaigns.action.{name.value}"), icon=icon, on_click=S.act(name.value))
    return rx.cond(can(Permission.CAMPAIGNS_UPDATE) & S.actions.contains(name.value), button)


def _more() -> rx.Component:
    complete = ui.menu_item(t("campaigns.action.complete"), icon="check", on_click=S.act(CampaignAction.COMPLETE.value))
    archive = ui.menu_item(t("campaigns.action.archive"), icon="archive", danger=True, on_click=S.ask)
    copy = ui.menu_item(t("campaigns.duplicate"), icon="copy", on_click=S.duplicate)
    menu = ui.menu(
        ui.icon_button("more", t("campaigns.more", name=S.name), variant="secondary"),
        copy,
        rx.cond(S.actions.contains("complete"), complete),
        rx.cond(S.actions.contains("archive") & can(Permission.CAMPAIGNS_DELETE), archive),
        label=S.name,
        align="end",
    )
    return rx.cond(can(Permission.CAMPAIGNS_CREATE), menu)


def _about() -> rx.Component:
    text = rx.el.p(S.description, class_name="prose", dir="auto")
    nothing = rx.el.p(t("campaigns.about.none"), class_name="text-quiet")
    traffic = ui.link(t("campaigns.about.traffic"), "/analytics")
    return ui.stack(
        ui.card(rx.cond(S.description != "", text, nothing), title=t("campaigns.field.description")),
        assets_card(changeable=S.status != "archived"),
        files_card(changeable=S.status != "archived"),
        ui.card(
            rx.el.p(t("campaigns.about.track", slug=S.utm), class_name="text-quiet"),
            traffic,
            title=t("campaigns.about.measure"),
        ),
    )


def _facts() -> rx.Component:
    none = t("campaigns.none")
    tags = rx.el.span(rx.foreach(S.tags, lambda tag: ui.badge(tag)), class_name="chips")
    return ui.card(
        ui.definition_list(
            (t("campaigns.field.dates"), rx.cond(S.dates != "", S.dates, none)),
            (t("campaigns.field.budget"), rx.cond(S.budget != "", S.budget, none)),
            (t("campaigns.field.channels"), rx.cond(S.channels != "", S.channels, none)),
            (t("campaigns.field.tags"), rx.cond(S.tags.length() > 0, tags, none)),
            (t("campaigns.field.created"), S.created),
            (t("campaigns.field.updated"), S.updated),
        ),
        title=t("campaigns.facts"),
    )
