"""Tenant switcher and user menu: native disclosure elements with forms, usable before the socket is open."""

import reflex as rx

from enterprise_app.core.texts import LOCALES
from enterprise_app.web.components.badges import badge
from enterprise_app.web.components.fields import NativeForm
from enterprise_app.web.shell.browser import nav_link
from enterprise_app.web.shell.i18n import t, t_of
from enterprise_app.web.shell.session import THEMES, SessionState, TenantChoice

LANGUAGE_NAMES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "hi": "हिन्दी",
    "ja": "日本語",
    "zh": "中文",
    "ar": "العربية",
}
"""Languages by their own name, as a reader who can't read the current one looks for them."""


def menu(summary: rx.Component, *items: rx.Component, label: rx.Var[str], class_name: str = "") -> rx.Component:
    """A disclosure that closes on Escape, on a choice, and on a click elsewhere (assets/shell/sync.js)."""
    return rx.el.details(
        rx.el.summary(summary, aria_label=label, class_name="menu-trigger"),
        rx.el.div(*items, class_name="menu-panel"),
        class_name=f"menu {class_name}",
        custom_attrs={"data-menu": ""},
    )


def tenant_switcher() -> rx.Component:
    """The tenant we are in; the others by a form that hands the session over to their host."""
    current = rx.el.span(
        rx.el.span(SessionState.tenant_name[:1], class_name="tenant-mark", aria_hidden="true"),
        rx.el.span(SessionState.tenant_name, class_name="tenant-name"),
        rx.cond(SessionState.is_demo, _demo_badge()),
        rx.icon("chevrons-up-down", size=14, aria_hidden="true", class_name="hide-collapsed"),
        class_name="tenant-current",
    )
    return menu(
        current,
        rx.el.p(t("shell.tenants"), class_name="menu-label"),
        rx.foreach(SessionState.tenants, _tenant),
        label=t("shell.switch_tenant", name=SessionState.tenant_name),
        class_name="tenant-menu",
    )


def _demo_badge() -> rx.Component:
    """Made-up numbers must never pass for real ones."""
    return rx.el.span(badge(t("shell.demo"), "info"), class_name="hide-collapsed")


def _tenant(choice: TenantChoice) -> rx.Component:
    return NativeForm.create(
        rx.el.input(type="hidden", name="tenant", value=choice.slug, read_only=True),
        rx.el.button(
            choice.name,
            rx.cond(choice.is_demo, _demo_badge()),
            rx.cond(choice.slug == SessionState.tenant_slug, rx.icon("check", size=14, aria_hidden="true")),
            type="submit",
            class_name="menu-item",
            aria_current=rx.cond(choice.slug == SessionState.tenant_slug, "true", "false"),
        ),
        action="/auth/switch",
        method="post",
        key=choice.slug,
    )


def language_choice() -> rx.Component:
    """One button a language, in its own name."""
    return rx.el.div(
        *[
            rx.el.button(
                rx.el.span(LANGUAGE_NAMES[code], lang=code, dir="auto"),
                type="button",
                on_click=SessionState.choose_locale(code),
                class_name="choice",
                aria_pressed=rx.cond(SessionState.locale == code, "true", "false"),
                key=code,
            )
            for code in LOCALES
        ],
        role="group",
        aria_label=t("shell.language"),
        class_name="choices languages",
    )


def theme_choice() -> rx.Component:
    """Light, dark, as the system."""
    return rx.el.div(
        *[
            rx.el.button(
                t_of(f"shell.theme.{theme}"),
                type="button",
                on_click=SessionState.choose_theme(theme),
                class_name="choice",
                aria_pressed=rx.cond(_is_theme(theme), "true", "false"),
                key=theme,
            )
            for theme in THEMES
        ],
        role="group",
        aria_label=t("shell.theme"),
        class_name="choices",
    )


def _is_theme(theme: str) -> rx.Var[bool]:
    """Who never chose has it as the system has it."""
    chosen = SessionState.theme == theme
    return (chosen | (SessionState.theme == "")) if theme == "system" else chosen  # pyright: ignore[reportReturnType]


def user_menu() -> rx.Component:
    """Who is signed in, language, theme, account, out."""
    return menu(
        rx.el.span(SessionState.initials, class_name="avatar", aria_hidden="true"),
        rx.el.div(
            rx.el.p(rx.el.bdi(SessionState.name), class_name="menu-name"),
            rx.el.p(rx.el.bdi(SessionState.email), class_name="menu-mail"),
            class_name="menu-who",
        ),
        rx.el.p(t("shell.language"), class_name="menu-label"),
        language_choice(),
        rx.el.p(t("shell.theme"), class_name="menu-label"),
        theme_choice(),
        rx.el.hr(class_name="menu-line"),
        nav_link(t("shell.account"), to="/account", class_name="menu-item"),
        NativeForm.create(
            rx.el.button(t("shell.sign_out"), type="submit", class_name="menu-item"),
            action="/auth/sign-out",
            method="post",
        ),
        label=t("shell.user_menu", name=SessionState.name),
        class_name="user-menu",
    )
