"""The pages of getting in and of one's own account."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.pages.account import entry_pages as pages
from enterprise_app.web.pages.account.entry import EntryState
from enterprise_app.web.pages.account.own import AccountState
from enterprise_app.web.pages.account.own_page import account
from enterprise_app.web.shell.action import PUBLIC
from enterprise_app.web.shell.page import Layout, Page


def _entry(route: str, title: str, body: Callable[[], rx.Component], on_load: Any) -> Page:
    return Page(
        route=route, title=title, area="account", need=PUBLIC, body=body, on_load=(on_load,), layout=Layout.BARE
    )


PAGES = [
    _entry("/sign-in", "account.sign_in", pages.sign_in, EntryState.load_sign_in),
    _entry("/sign-up", "account.sign_up", pages.sign_up, EntryState.load_plain),
    _entry("/forgot", "account.forgot_title", pages.forgot, EntryState.load_plain),
    _entry("/reset", "account.reset_title", pages.reset, EntryState.load_reset),
    _entry("/verify", "account.verify_title", pages.verify, EntryState.load_verify),
    _entry("/invitation", "account.invitation", pages.invitation, EntryState.load_invitation),
    _entry("/setup", "account.setup_title", pages.setup, EntryState.load_setup),
    Page(
        route="/account",
        title="account.title",
        help_key="account.help.account",
        area="account",
        need=Permission.SELF_MANAGE,
        body=account,
        icon="user",
        on_load=(AccountState.load,),
    ),
]
