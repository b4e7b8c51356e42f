"""How long events are kept, as seen."""

# Reflex makes Vars of a state's attributes; that a dict of them can be indexed, no type says.
# pyright: reportAttributeAccessIssue=false

import reflex as rx

from enterprise_app.domains.analytics.vocabulary import ImportedKeep
from enterprise_app.web import components as ui
from enterprise_app.web.pages.admin.keeping import KeepingState as S
from enterprise_app.web.texts import t

CHOICES = [(kind.value, t(f"analytics.retention.imported.{kind.value}")) for kind in ImportedKeep]


def keeping_card() -> rx.Component:
    """What the plan keeps, what the tenant decides, what is announced, what smaller plans would take."""
    parts = ui.stack(_notices(), rx.el.p(S.kept), _smaller(), _form())
    body = rx.cond(S.failed, ui.error_state(on_retry=S.load), parts)
    return ui.card(body, title=t("analytics.retention.title"))


def _notices() -> rx.Component:
    again = ui.button(t("admin.settings.reload"), size="sm", icon="refresh", on_click=S.load)
    words = ui.callout(t("admin.settings.stale_text"), title=t("admin.settings.stale"), tone="warning", action=again)
    announced = rx.cond(S.announced != "", ui.callout(S.announced, tone="warning"))
    return rx.fragment(rx.cond(S.stale, words), announced)


def _smaller() -> rx.Component:
    lines = rx.foreach(S.smaller, lambda line: rx.el.p(line, class_name="text-quiet"))
    return rx.cond(S.smaller.length() > 0, rx.el.div(lines))


def _form() -> rx.Component:
    save = ui.button(t("analytics.retention.save"), variant="primary", type="submit", loading=S.saving)
    kind = ui.field(
        t("analytics.retention.imported"),
        ui.select(CHOICES, name="imported", default_value=S.imported),
        hint=t("analytics.retention.imported_hint"),
        error=S.errors["imported"],
    )
    days = ui.field(
        t("analytics.retention.days"),
        ui.text_input(name="imported_days", type="number", default_value=S.imported_days, min=1, max=36500),
        hint=t("analytics.retention.days_hint"),
        error=S.errors["imported_days"],
    )
    return ui.form(ui.stack(kind, days), ui.submit_row(save), on_submit=S.save, no_validate=True, key=S.loads.to(str))
