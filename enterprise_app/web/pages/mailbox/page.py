"""`/mailbox`: what would have been mailed, with links to click."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.mailbox.state import MailboxState as S
from enterprise_app.web.pages.mailbox.state import Piece
from enterprise_app.web.shell.action import PUBLIC
from enterprise_app.web.shell.page import Page
from enterprise_app.web.texts import t


def mailbox() -> rx.Component:
    """The letters, newest first."""
    again = ui.button(t("mailbox.refresh"), icon="refresh", on_click=S.load)
    search = ui.search_input(S.to, S.search, label=t("mailbox.search"), name="to")
    letters = ui.stack(rx.foreach(S.letters, _letter))
    shown = rx.cond(
        S.letters.length() > 0, letters, ui.empty_state("inbox", t("mailbox.none_title"), t("mailbox.none_text"), again)
    )
    return ui.stack(
        ui.page_header(t("mailbox.title"), t("mailbox.text"), [again]),
        ui.filter_bar(search),
        rx.cond(S.failed, ui.error_state(on_retry=S.load), rx.cond(S.loading, ui.skeleton_page(), shown)),
        class_name="measure",
    )


def _letter(letter: Any) -> rx.Component:
    head = ui.row(
        rx.el.span(t("mailbox.to", email=letter.recipient), class_name="text-quiet"),
        rx.el.span(letter.sent, class_name="text-quiet"),
        between=True,
    )
    body = rx.el.p(rx.foreach(letter.pieces.to(list[Piece]), _piece), class_name="prose", dir="auto")
    return ui.card(ui.stack(head, body, gap=3), title=letter.subject)


def _piece(piece: Any) -> rx.Component:
    link = rx.el.a(piece.text, href=piece.href, reload_document=True, class_name="link")
    return rx.cond(piece.href != "", link, rx.el.span(piece.text))


PAGES = (
    Page(
        route="/mailbox",
        title="mailbox.title",
        area="mailbox",
        need=PUBLIC,
        body=mailbox,
        on_load=(S.load,),
        platform_topics=("mailbox",),
        refresh=S.load,
        dev_only=True,
    ),
)
