"""Home, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.pages.home.state import METRICS
from enterprise_app.web.pages.home.state import HomeState as S
from enterprise_app.web.shell.page import Page, Section
from enterprise_app.web.shell.session import SessionState, can
from enterprise_app.web.texts import t

STEPS = (
    ("campaign", S.has_campaign, Permission.CAMPAIGNS_CREATE, "/campaigns/new"),
    ("source", S.has_source, Permission.SOURCES_MANAGE, "/sources"),
    ("events", S.has_events, Permission.ANALYTICS_READ, "/sources"),
    ("colleague", S.has_colleague, Permission.MEMBERS_INVITE, "/members"),
)


def home() -> rx.Component:
    """What to do next, and how it goes."""
    title = t("home.hello", name=SessionState.name)
    return ui.stack(
        ui.page_header(title, t("home.text", tenant=SessionState.tenant_name)),
        rx.cond(S.loading, ui.skeleton_page(), ui.stack(_trial(), _next_steps(), _numbers(), _recent(), gap=5)),
    )


def _trial() -> rx.Component:
    plan = rx.cond(can(Permission.USAGE_READ), ui.link(t("home.trial_plan"), "/usage"))
    words = ui.row(t("home.trial", count=S.trial_days), plan)
    return rx.cond(S.trial_days >= 0, ui.callout(words, tone="accent"))


def _next_steps() -> rx.Component:
    steps = rx.el.ol(*[_step(*step) for step in STEPS], class_name="checklist")
    progress = ui.meter(
        t("home.steps_done"), t("home.steps_of", done=S.done, all=len(STEPS)), S.done * 100 / len(STEPS)
    )
    return rx.cond(S.done < len(STEPS), ui.card(ui.stack(progress, steps), title=t("home.next")))


def _step(name: str, done: rx.Var[bool] | bool, need: Permission, href: str) -> rx.Component:
    mark = rx.cond(done, ui.icon("success", 20), ui.icon("target", 20))
    words = rx.el.div(
        rx.el.p(t(f"home.step.{name}.title"), class_name="checklist-title"),
        rx.el.p(t(f"home.step.{name}.text"), class_name="text-quiet"),
    )
    go = ui.button_link(t(f"home.step.{name}.action"), href, size="sm")
    ticked = rx.el.span(t("home.step_done"), class_name="visually-hidden")
    return rx.cond(
        can(need),
        rx.el.li(
            mark,
            words,
            rx.cond(done, ticked, go),
            class_name="checklist-step",
            custom_attrs={"data-done": rx.cond(done, "true", "false")},
        ),
    )


def _numbers() -> rx.Component:
    numbers = {"visitors": S.visitors, "page_views": S.page_views, "sessions": S.sessions}
    tiles = ui.grid(
        *[
            ui.stat_tile(
                t(f"analytics.metric.{name}"), numbers[name].value, spark=numbers[name].trend, href="/analytics"
            )
            for name in METRICS
        ],
        smallest=300,
    )
    return rx.cond(S.has_events, ui.section(t("home.numbers"), tiles, description=S.period))


def _recent() -> rx.Component:
    body = ui.timeline(S.recent, label=t("home.recent"))
    all_of_them = ui.link(t("home.all_campaigns"), "/campaigns")
    return rx.cond(S.recent.length() > 0, ui.card(body, title=t("home.recent"), actions=[all_of_them]))


PAGES = [
    Page(
        route="/",
        title="home.title",
        help_key="home.help.home",
        area="home",
        need=Permission.SELF_MANAGE,
        body=home,
        icon="house",
        section=Section.HOME,
        on_load=(S.load,),
        topics=("campaigns", "analytics", "members"),
        refresh=S.load,
    )
]
