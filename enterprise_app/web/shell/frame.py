"""What stands around a page: navigation, top bar, messages; and the plain layout of pages before sign-in."""

import functools
import operator
from collections.abc import Callable, Sequence

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.components.actions import button
from enterprise_app.web.components.notices import callout
from enterprise_app.web.shell.browser import connection_banner, nav_link, shell_sync
from enterprise_app.web.shell.i18n import t, t_of
from enterprise_app.web.shell.menus import language_choice, menu, tenant_switcher, user_menu
from enterprise_app.web.shell.page import Layout, Page, Section
from enterprise_app.web.shell.session import SessionState
from enterprise_app.web.shell.status import no_permission
from enterprise_app.web.shell.toast_stack import toast_stack


def laid_out(page: Page, pages: Sequence[Page]) -> Callable[[], rx.Component]:
    """The page's component in its layout, as Reflex wants it."""
    if page.layout is Layout.BARE:
        return lambda: bare(page.body())
    return lambda: frame(page, pages)


def frame(page: Page, pages: Sequence[Page]) -> rx.Component:
    """Side bar, top bar and the page; a page that the reader may not open says so instead."""
    return rx.el.div(
        _overhead(),
        rx.el.aside(
            tenant_switcher(), navigation(pages), _collapse(), class_name="sidebar", aria_label=t("shell.navigation")
        ),
        rx.el.div(
            _topbar(page),
            rx.el.main(
                rx.cond(SessionState.unverified, _unverified()),
                rx.cond(SessionState.denied, no_permission(), page.body()),
                id="content",
                class_name="content",
                tab_index=-1,
            ),
            class_name="column",
        ),
        toast_stack(),
        class_name="frame",
    )


def _unverified() -> rx.Component:
    """Until the e-mail is proven: what to do, and the letter once more."""
    again = button(t("shell.verification.again"), size="sm", on_click=SessionState.resend_verification)
    return callout(t("shell.verification.text", email=SessionState.email), tone="warning", action=again)


def bare(*children: rx.Component) -> rx.Component:
    """A page without navigation: sign-in, sign-up, invitations, errors."""
    return rx.el.div(
        _overhead(),
        rx.el.main(rx.el.div(*children, class_name="bare-card"), id="content", class_name="bare-main", tab_index=-1),
        rx.el.footer(language_choice(), class_name="bare-footer"),
        toast_stack(),
        class_name="bare",
    )


def navigation(pages: Sequence[Page]) -> rx.Component:
    """Sections in their order; what the reader may not open is not shown."""
    return rx.el.nav(*[_section(section, pages) for section in Section], aria_label=t("shell.navigation"))


def _section(section: Section, pages: Sequence[Page]) -> rx.Component:
    own = [page for page in pages if page.section is section]
    if not own:
        return rx.fragment()
    shown = [_allowed(page) for page in own]
    heading_and_links = rx.el.div(
        rx.el.h2(t_of(f"shell.section.{section.value}"), class_name="nav-heading"),
        rx.el.ul(*[_entry(page, own) for page in own], class_name="nav-list"),
        class_name="nav-section",
    )
    if any(need is None for need in shown):
        return heading_and_links
    return rx.cond(functools.reduce(operator.or_, [need for need in shown if need is not None]), heading_and_links)


def _entry(page: Page, others: Sequence[Page]) -> rx.Component:
    # A page is marked while one below it is open, but not where that one stands in the navigation itself.
    alone = page.route == "/" or any(other.route.startswith(f"{page.route}/") for other in others)
    link = rx.el.li(
        nav_link(
            rx.icon(page.icon, size=16, aria_hidden="true"),
            rx.el.span(t(page.title), class_name="nav-text"),
            to=page.route,
            end=alone,
            class_name="nav-link",
            custom_attrs={"title": t(page.title)},
        )
    )
    allowed = _allowed(page)
    return link if allowed is None else rx.cond(allowed, link)


def _allowed(page: Page) -> rx.Var[bool] | None:
    """Whether the reader may open it, as the browser knows; None when everybody may."""
    if not isinstance(page.need, Permission):
        return None
    allowed = SessionState.permissions.contains(page.need.value)  # pyright: ignore[reportAttributeAccessIssue]
    if page.feature is not None:
        allowed &= SessionState.features.contains(page.feature.value)  # pyright: ignore[reportAttributeAccessIssue]
    return allowed


def _overhead() -> rx.Component:
    """What no eye sees or only in trouble: skip link, language and theme, lost connection."""
    return rx.fragment(
        rx.el.nav(
            rx.el.a(t("shell.skip"), href="#content", class_name="skip-link"),
            aria_label=t("shell.skip"),
            class_name="skip",
        ),
        shell_sync(locale=SessionState.locale, theme=SessionState.theme, ready=rx.State.is_hydrated),
        connection_banner(
            rx.el.div(
                rx.icon("wifi-off", size=16, aria_hidden="true"), t("shell.offline"), class_name="banner", role="alert"
            )
        ),
    )


def _topbar(page: Page) -> rx.Component:
    return rx.el.header(
        rx.el.button(
            rx.icon("menu", size=18, aria_hidden="true"),
            type="button",
            aria_label=t("shell.open_navigation"),
            aria_expanded="false",
            class_name="icon-button only-narrow",
            custom_attrs={"data-shell": "drawer"},
        ),
        _breadcrumbs(page),
        rx.el.div(_help(page), user_menu(), class_name="topbar-end"),
        class_name="topbar",
    )


def _breadcrumbs(page: Page) -> rx.Component:
    section = rx.fragment()
    if page.section is not None and page.route != "/":
        section = rx.el.li(t_of(f"shell.section.{page.section.value}"), class_name="crumb")
    return rx.el.nav(
        rx.el.ol(section, rx.el.li(t(page.title), class_name="crumb", aria_current="page"), class_name="crumbs"),
        aria_label=t("shell.breadcrumbs"),
        class_name="crumbs-nav",
    )


def _help(page: Page) -> rx.Component:
    """What the page is for, behind a question mark: no address elsewhere that may be gone one day."""
    if not page.help_key:
        return rx.fragment()
    return menu(
        rx.el.span(rx.icon("circle-help", size=18, aria_hidden="true"), class_name="icon-button"),
        rx.el.p(t(page.title), class_name="menu-name"),
        rx.el.p(t(page.help_key), class_name="help-text"),
        label=t("shell.help"),
        class_name="help-menu",
    )


def _collapse() -> rx.Component:
    return rx.el.button(
        rx.icon("panel-left", size=16, aria_hidden="true"),
        rx.el.span(t("shell.collapse"), class_name="nav-text"),
        type="button",
        class_name="nav-link only-wide",
        custom_attrs={"data-shell": "sidebar"},
    )
