"""Usage, as seen."""

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.web import components as ui
from enterprise_app.web.pages.admin.usage import UsageState as S
from enterprise_app.web.shell.session import SessionState
from enterprise_app.web.texts import t


def usage() -> rx.Component:
    """The plan, its meters, its features."""
    body = ui.stack(_trial(), _near(), _plan(), _meters(), _features(), gap=5)
    return ui.stack(
        ui.page_header(t("admin.usage.title"), t("admin.usage.text")),
        rx.cond(S.failed, ui.error_state(on_retry=S.load), rx.cond(S.loading, ui.skeleton_page(), body)),
    )


def _trial() -> rx.Component:
    words = t("admin.usage.trial_text", at=S.trial_ends, plan=S.own_plan)
    return rx.cond(S.on_trial, ui.callout(words, title=t("admin.usage.trial", count=S.trial_days), tone="accent"))


def _near() -> rx.Component:
    words = ui.callout(t("admin.usage.near_text"), title=t("admin.usage.near", count=S.near), tone="warning")
    return rx.cond(S.near > 0, words)


def _plan() -> rx.Component:
    trial = rx.cond(S.on_trial, ui.badge(t("admin.usage.on_trial"), "accent"))
    facts = ui.definition_list(
        (t("admin.usage.in_force"), ui.row(rx.el.bdi(S.plan), trial)),
        (t("admin.usage.own_plan"), rx.el.bdi(S.own_plan)),
        (t("admin.limit.retention_days"), S.retention),
    )
    return ui.card(facts, title=t("admin.usage.plan"))


def _meters() -> rx.Component:
    cards = rx.foreach(S.meters, _meter)
    return ui.section(t("admin.usage.used"), ui.grid(cards, smallest=260), description=t("admin.usage.used_text"))


def _meter(row: Any) -> rx.Component:
    resets = rx.cond(row.resets != "", rx.el.p(row.resets, class_name="text-quiet"))
    return ui.card(ui.meter(row.label, row.text, row.percent, tone=row.tone), resets)


def _features() -> rx.Component:
    lines = [_feature(feature) for feature in Feature]
    return ui.section(
        t("admin.usage.features"),
        ui.card(rx.el.ul(*lines, class_name="feature-list")),
        description=t("admin.usage.features_text"),
    )


def _feature(feature: Feature) -> rx.Component:
    included = SessionState.features.contains(feature.value)  # pyright: ignore[reportAttributeAccessIssue]
    mark = rx.cond(included, ui.icon("success", 16), ui.icon("minus", 16))
    missing = rx.cond(included, rx.fragment(), rx.el.span(t("admin.usage.missing"), class_name="visually-hidden"))
    return rx.el.li(
        mark,
        rx.el.span(t(f"admin.feature.{feature.value}")),
        missing,
        class_name="feature",
        custom_attrs={"data-included": rx.cond(included, "true", "false")},
    )
