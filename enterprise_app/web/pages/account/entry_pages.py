"""Sign-up, sign-in, forgotten password, reset, invitation and the operator's set-up, as seen."""

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.account.entry import EntryState as S
from enterprise_app.web.pages.account.forms import (
    auth_field,
    auth_form,
    beneath,
    email_field,
    heading,
    name_field,
    password_field,
)
from enterprise_app.web.texts import t


def sign_in() -> rx.Component:
    """E-mail and password."""
    forgot = ui.link(t("account.forgot"), "/forgot")
    form = auth_form(
        "/auth/sign-in",
        email_field(),
        password_field(t("account.password"), is_new=False, aside=forgot),
        submit=t("account.sign_in"),
        hidden={"next": S.next},
    )
    new = beneath(t("account.new_here"), " ", ui.link(t("account.sign_up"), "/sign-up"))
    return _entry(heading(t("account.sign_in_title")), form, new)


def sign_up() -> rx.Component:
    """A workspace and its owner in one form."""
    slug = ui.text_input(name="slug", dir="ltr", auto_complete="off", auto_capitalize="off", max_length=100)
    form = auth_form(
        "/auth/sign-up",
        auth_field(
            t("account.tenant_name"), "name", ui.text_input(name="name", auto_complete="organization", max_length=300)
        ),
        auth_field(t("account.tenant_slug"), "slug", slug, hint=t("account.tenant_slug_hint")),
        name_field(t("account.your_name"), "owner_name"),
        email_field(),
        password_field(t("account.password"), is_new=True),
        submit=t("account.sign_up"),
        hidden={"zone": "", "locale": ""},
    )
    known = beneath(t("account.known_here"), " ", ui.link(t("account.sign_in"), "/sign-in"))
    return _entry(heading(t("account.sign_up_title"), t("account.sign_up_text")), form, known)


def forgot() -> rx.Component:
    """Ask for a link; the answer is the same for everybody."""
    form = auth_form("/auth/forgot", email_field(), submit=t("account.forgot_send"))
    sent = ui.callout(t("account.forgot_sent"), tone="success")
    back = beneath(ui.link(t("account.back_to_sign_in"), "/sign-in"))
    return _entry(heading(t("account.forgot_title"), t("account.forgot_text")), rx.cond(S.sent, sent, form), back)


def reset() -> rx.Component:
    """A new password, by a link that works once."""
    form = auth_form(
        "/auth/reset",
        password_field(t("account.new_password"), is_new=True),
        submit=t("account.reset"),
        hidden={"token": S.token},
    )
    again = ui.button_link(t("account.forgot_send"), "/forgot", variant="primary")
    return _entry(heading(t("account.reset_title")), rx.cond(S.dead, again, form))


def verify() -> rx.Component:
    """The e-mail is proven, or why not."""
    title = rx.cond(S.dead, t("account.verify_dead"), t("account.verify_title"))
    done = heading(t("account.verify_done"), t("account.verify_text", email=S.email))
    on = ui.button_link(t("account.verify_on"), "/sign-in", variant="primary")
    return _entry(rx.cond(S.sent, done, heading(title)), rx.cond(S.sent | S.dead, on))


def invitation() -> rx.Component:
    """Who invites to what, and how to join."""
    text = t("account.invited_text", by=S.invited_by, tenant=S.tenant_name, role=S.role)
    title = rx.cond(S.dead, t("account.invited_dead"), t("account.invited_title", tenant=S.tenant_name))
    form = rx.cond(S.mine, _join_as_me(), rx.cond(S.has_account, _join_known(), _join_new()))
    words = rx.cond(S.dead, heading(title), heading(title, text))
    home = ui.button_link(t("account.back_to_sign_in"), "/sign-in")
    return _entry(words, rx.cond(S.dead, home, rx.cond(S.tenant_name != "", form)))


def _join_as_me() -> rx.Component:
    return auth_form("/auth/invitation", submit=t("account.join"), hidden={"token": S.token})


def _join_known() -> rx.Component:
    return auth_form(
        "/auth/invitation",
        rx.el.p(t("account.join_known", email=S.email), class_name="text-quiet"),
        password_field(t("account.password"), is_new=False),
        submit=t("account.join"),
        hidden={"token": S.token},
    )


def _join_new() -> rx.Component:
    return auth_form(
        "/auth/invitation",
        rx.el.p(t("account.join_new", email=S.email), class_name="text-quiet"),
        name_field(t("account.your_name")),
        password_field(t("account.password"), is_new=True),
        submit=t("account.join"),
        hidden={"token": S.token},
    )


def setup() -> rx.Component:
    """The operator's account, by the link that the first start shows."""
    form = auth_form(
        "/auth/setup",
        name_field(t("account.your_name")),
        email_field(),
        password_field(t("account.password"), is_new=True),
        submit=t("account.setup"),
        hidden={"token": S.token},
    )
    help_text = rx.el.p(t("account.setup_again"), class_name="text-quiet")
    return _entry(heading(t("account.setup_title"), t("account.setup_text")), rx.cond(S.dead, help_text, form))


def _entry(*children: rx.Component) -> rx.Component:
    problem = rx.cond(S.problem != "", ui.callout(S.problem, tone="danger"))
    notice = rx.cond(S.notice != "", ui.callout(S.notice, tone="success"))
    head, *rest = children
    return ui.stack(head, notice, problem, *rest, gap=5)
