"""The card of files on a campaign's page, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.files.vocabulary import MAX_FILE_BYTES
from enterprise_app.web import components as ui
from enterprise_app.web.pages.campaigns.files import CampaignFilesState as F
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t


def files_card(*, changeable: Any) -> rx.Component:
    """The files; with the right, and where the campaign can be changed, the zone that takes new ones."""
    may = can(Permission.CAMPAIGNS_UPDATE)
    zone = ui.upload_zone(
        "/api/v1/campaigns/" + F.key + "/files",
        _list(may),
        label=t("files.label"),
        hint=t("files.hint", max=F.max_size),
        max_bytes=MAX_FILE_BYTES,
        too_large=t("files.too_large", max=F.max_size),
        on_done=F.load,
    )
    shown = rx.cond(may & changeable, zone, _list(may))
    return ui.card(rx.cond(F.loading, ui.skeleton_block(), shown), title=t("files.title"))


def _list(may: rx.Var[bool]) -> rx.Component:
    listing = ui.file_list(F.files, label=t("files.label"), on_remove=F.remove, removable=may)
    more = rx.cond(F.more != "", rx.el.p(F.more, class_name="text-quiet"))
    empty = ui.empty_state("attach", t("files.empty.title"), t("files.empty.text"), level=3)
    return rx.cond(F.files.length() > 0, ui.stack(listing, more), empty)
