"""How sessions are counted, as seen."""

# Reflex makes Vars of a state's attributes; that a dict of them can be indexed, no type says.
# pyright: reportAttributeAccessIssue=false

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.admin.counting import CountingState as S
from enterprise_app.web.texts import t


def counting_card() -> rx.Component:
    """What ends a session."""
    body = rx.cond(S.failed, ui.error_state(on_retry=S.load), ui.stack(_notices(), _form()))
    return ui.card(body, title=t("analytics.counting.title"))


def _notices() -> rx.Component:
    again = ui.button(t("admin.settings.reload"), size="sm", icon="refresh", on_click=S.load)
    words = ui.callout(t("admin.settings.stale_text"), title=t("admin.settings.stale"), tone="warning", action=again)
    recounting = rx.cond(S.recounting, ui.callout(t("analytics.counting.recounting")))
    return rx.fragment(rx.cond(S.stale, words, recounting))


def _form() -> rx.Component:
    save = ui.button(t("analytics.counting.save"), variant="primary", type="submit", loading=S.saving)
    return ui.form(
        ui.stack(rx.el.p(t("analytics.counting.text")), _gap(), _midnight(), _campaign()),
        ui.submit_row(save),
        on_submit=S.save,
        no_validate=True,
        key=S.loads.to(str),
    )


def _gap() -> rx.Component:
    return ui.field(
        t("analytics.counting.gap"),
        ui.text_input(name="session_gap_minutes", type="number", default_value=S.gap, min=1, max=480),
        hint=t("analytics.counting.gap_hint"),
        error=S.errors["session_gap_minutes"],
        required=True,
    )


def _midnight() -> rx.Component:
    return ui.checkbox(
        t("analytics.counting.midnight"),
        hint=t("analytics.counting.midnight_hint"),
        name="cut_at_midnight",
        default_checked=S.cut_at_midnight,
    )


def _campaign() -> rx.Component:
    return ui.checkbox(
        t("analytics.counting.campaign"),
        hint=t("analytics.counting.campaign_hint"),
        name="cut_at_campaign",
        default_checked=S.cut_at_campaign,
    )
