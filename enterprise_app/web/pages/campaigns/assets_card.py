"""The card of assets on a campaign's page, and the dialog of the one that is open, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns.vocabulary import AssetAction
from enterprise_app.domains.files.vocabulary import MAX_FILE_BYTES
from enterprise_app.web import components as ui
from enterprise_app.web.pages.campaigns.assets import CampaignAssetsState as A
from enterprise_app.web.pages.campaigns.assets_variants import VariantsState as V
from enterprise_app.web.pages.campaigns.assets_variants_dialog import variants_dialog
from enterprise_app.web.shell.session import SessionState, can
from enterprise_app.web.texts import t


def assets_card(*, changeable: Any) -> rx.Component:
    """The assets; with the right, and where the campaign can be changed, the zone that takes new ones."""
    may = can(Permission.ASSETS_MANAGE) & changeable
    zone = ui.upload_zone(
        "/api/v1/campaigns/" + A.key + "/assets",
        _grid(),
        label=t("assets.label"),
        hint=t("assets.hint", max=A.max_size),
        max_bytes=MAX_FILE_BYTES,
        too_large=t("files.too_large", max=A.max_size),
        on_done=A.load,
    )
    body = rx.cond(A.loading, ui.skeleton_block(), rx.cond(may, zone, _grid()))
    card = ui.card(body, title=t("assets.title"), actions=[rx.cond(may, _make())])
    return rx.cond(can(Permission.ASSETS_READ), rx.fragment(card, _opened(may), variants_dialog()))


def _make() -> rx.Component:
    button = ui.button(t("assets.variants.open"), icon="sparkles", size="sm", on_click=V.open(A.key, ""))
    return rx.cond(_offered() & (A.assets.length() > 0), button)


def _offered() -> Any:
    return SessionState.features.contains(Feature.EXPERIMENTS.value) & can(Permission.EXPERIMENTS_CREATE)


def _grid() -> rx.Component:
    tiles = ui.media_grid(
        A.assets, label=t("assets.label"), on_open=A.open, open_label=lambda a: t("assets.open", name=a.name)
    )
    more = rx.cond(A.more != "", rx.el.p(A.more, class_name="text-quiet"))
    empty = ui.empty_state("image", t("assets.empty.title"), t("assets.empty.text"), level=3)
    return rx.cond(A.assets.length() > 0, ui.stack(tiles, more), empty)


def _opened(may: Any) -> rx.Component:
    facts = rx.el.p(rx.foreach(A.notes, lambda note: rx.el.bdi(note, class_name="file-note")), class_name="file-notes")
    asked = rx.cond(A.note != "", ui.callout(rx.el.span(A.note, dir="auto"), title=A.note_by, tone="warning"))
    return ui.dialog(
        _view(),
        ui.row(ui.badge(A.state_text, A.tone, dot=True), facts, gap=3),
        asked,
        rx.cond(A.asking, _asking(), rx.cond(may, _buttons())),
        _versions(may),
        open=A.opened != "",
        on_close=A.close,
        title=rx.el.bdi(A.name),  # pyright: ignore[reportArgumentType]
        key="asset",
        size="lg",
    )


def _view() -> rx.Component:
    image = rx.el.img(src=A.view_href, alt=A.name, class_name="media-image")
    picture = rx.el.div(image, class_name="media-view media-large")
    page = rx.el.div(ui.media_frame(src=A.view_href, title=t("assets.preview", name=A.name)), class_name="media-large")
    page_note = rx.cond(A.kind == "html", rx.el.p(t("assets.sandboxed"), class_name="text-quiet"))
    film = rx.el.p(t("assets.no_preview"), class_name="text-quiet")
    shown = rx.cond(A.kind == "image", picture, rx.fragment(page, page_note))
    return rx.cond(A.view_href != "", shown, film)


def _buttons() -> rx.Component:
    acts = [
        _act(AssetAction.SUBMIT, A.act(AssetAction.SUBMIT.value), "send", "primary"),
        _act(AssetAction.APPROVE, A.act(AssetAction.APPROVE.value), "check", "primary"),
        _act(AssetAction.REQUEST_CHANGES, A.ask, "edit", "secondary"),
        _act(AssetAction.REOPEN, A.act(AssetAction.REOPEN.value), "undo", "secondary"),
    ]
    download = ui.button_link(t("assets.download"), A.href, icon="download", external=True, download=True)
    vary = ui.button(t("assets.variants.open"), icon="sparkles", on_click=[A.close, V.open(A.key, A.opened)])
    archive = ui.button(t("assets.archive"), icon="archive", variant="ghost", on_click=A.archive)
    return ui.row(*acts, download, rx.cond(_offered() & (A.kind != "video"), vary), archive)


def _act(wanted: AssetAction, handler: Any, icon: str, variant: str) -> rx.Component:
    button = ui.button(t(f"assets.action.{wanted.value}"), icon=icon, variant=variant, on_click=handler)
    return rx.cond(A.actions.contains(wanted.value), button)


def _asking() -> rx.Component:
    words = ui.textarea(name="note", rows=3, max_length=1000)
    send = ui.button(t("assets.action.request_changes"), variant="primary", type="submit")
    return ui.form(
        ui.field(t("assets.note"), words, error=A.errors["note"], required=True),
        ui.submit_row(send, ui.button(t("components.cancel"), on_click=A.open(A.opened))),
        on_submit=A.request_changes,
    )


def _versions(may: Any) -> rx.Component:
    def line(version: Any) -> rx.Component:
        name = rx.el.a(
            version.title, href=version.href, download=True, reload_document=True, class_name="link link-quiet"
        )
        return rx.el.li(
            rx.el.div(name, rx.el.p(rx.el.bdi(version.notes), class_name="file-notes"), class_name="file-text"),
            ui.badge(version.state_text, version.tone),
            class_name="file",
        )

    listing = rx.el.ul(rx.foreach(A.versions, line), class_name="files", aria_label=t("assets.versions"))
    zone = ui.upload_zone(
        A.versions_href,
        listing,
        label=t("assets.new_version"),
        hint=t("assets.new_version.hint"),
        max_bytes=MAX_FILE_BYTES,
        too_large=t("files.too_large", max=A.max_size),
        on_done=A.load,
        single=True,
    )
    title = rx.el.h3(t("assets.versions"), class_name="card-title")
    return ui.stack(title, rx.cond(may, zone, listing), gap=2)
