"""The tenant's settings, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

import reflex as rx

from enterprise_app.domains.localization import service as localization
from enterprise_app.web import components as ui
from enterprise_app.web.pages.admin.counting_card import counting_card
from enterprise_app.web.pages.admin.keeping_card import keeping_card
from enterprise_app.web.pages.admin.settings import SettingsState as S
from enterprise_app.web.texts import t

ZONES = localization.zone_options()
LANGUAGES = [(language.id, language.name) for language in localization.list_languages()]
WEEKDAYS = [(str(day), t(f"admin.weekday.{day}")) for day in range(1, 8)]
CURRENCIES = [
    "AED",
    "AUD",
    "BHD",
    "BRL",
    "CAD",
    "CHF",
    "CNY",
    "CZK",
    "DKK",
    "EGP",
    "EUR",
    "GBP",
    "HKD",
    "HUF",
    "ILS",
    "INR",
    "JOD",
    "JPY",
    "KRW",
    "KWD",
    "MAD",
    "MXN",
    "NOK",
    "NZD",
    "OMR",
    "PLN",
    "QAR",
    "RON",
    "SAR",
    "SEK",
    "SGD",
    "THB",
    "TND",
    "TRY",
    "USD",
    "ZAR",
]
"""Offered while typing; every other ISO 4217 code is taken as well."""


def settings() -> rx.Component:
    """Name, language, time, money, privacy."""
    body = rx.cond(S.loading, ui.skeleton_page(), ui.stack(_stale(), _form(), counting_card(), keeping_card(), gap=5))
    return ui.stack(
        ui.page_header(t("admin.settings.title"), t("admin.settings.text")),
        rx.cond(S.failed, ui.error_state(on_retry=S.load), body),
        class_name="measure",
    )


def _stale() -> rx.Component:
    again = ui.button(t("admin.settings.reload"), size="sm", icon="refresh", on_click=S.load)
    words = ui.callout(t("admin.settings.stale_text"), title=t("admin.settings.stale"), tone="warning", action=again)
    return rx.cond(S.stale, words)


def _form() -> rx.Component:
    return ui.form(
        ui.card(ui.stack(_name(), _language(), _zone()), title=t("admin.settings.general")),
        ui.card(ui.grid(_currency(), _week()), title=t("admin.settings.formats")),
        ui.card(_privacy(), title=t("admin.settings.privacy")),
        ui.submit_row(ui.button(t("admin.settings.save"), variant="primary", type="submit", loading=S.saving)),
        on_submit=S.save,
        no_validate=True,
        key=S.loads.to(str),
    )


def _name() -> rx.Component:
    return ui.field(
        t("admin.settings.name"),
        ui.text_input(name="name", default_value=S.name, max_length=200, auto_complete="organization"),
        hint=t("admin.settings.name_hint", slug=S.slug),
        error=S.errors["name"],
        required=True,
    )


def _language() -> rx.Component:
    return ui.field(
        t("admin.settings.locale"),
        ui.select(LANGUAGES, name="locale", default_value=S.locale),
        hint=t("admin.settings.locale_hint"),
        error=S.errors["locale"],
    )


def _zone() -> rx.Component:
    return ui.field(
        t("admin.settings.zone"),
        ui.select(ZONES, name="zone", default_value=S.zone),
        hint=t("admin.settings.zone_hint"),
        error=S.errors["zone"],
    )


def _currency() -> rx.Component:
    offered = rx.el.datalist(*[rx.el.option(value=code) for code in CURRENCIES], id="currencies")
    code = ui.text_input(
        name="currency", default_value=S.currency, max_length=3, dir="ltr", list="currencies", auto_complete="off"
    )
    field = ui.field(
        t("admin.settings.currency"),
        code,
        hint=t("admin.settings.currency_hint"),
        error=S.errors["currency"],
        required=True,
    )
    return rx.el.div(field, offered)


def _week() -> rx.Component:
    days = ui.select(WEEKDAYS, name="week_start", default_value=S.week_start)
    return rx.el.div(ui.field(t("admin.settings.week_start"), days, error=S.errors["week_start"]))


def _privacy() -> rx.Component:
    return ui.checkbox(
        t("admin.settings.ip_truncation"),
        hint=t("admin.settings.ip_truncation_hint"),
        name="ip_truncation",
        default_checked=S.ip_truncation,
    )
