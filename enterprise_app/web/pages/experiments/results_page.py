"""The page of one experiment: head, what to do, what was found, and everything behind it."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.vocabulary import ReportFormat
from enterprise_app.web import components as ui
from enterprise_app.web.components.intervals import line_key
from enterprise_app.web.pages.experiments import results_panels as panels
from enterprise_app.web.pages.experiments.actions import ExperimentHeadState as H
from enterprise_app.web.pages.experiments.actions import experiment_page
from enterprise_app.web.pages.experiments.results import DRAFT, NO_METRICS, TABS, WAITING
from enterprise_app.web.pages.experiments.results import ResultsState as S
from enterprise_app.web.pages.experiments.results_deciding import OUTCOMES
from enterprise_app.web.pages.experiments.results_deciding import DecidingState as D
from enterprise_app.web.pages.experiments.results_variants_panel import variants
from enterprise_app.web.shell.page import Page
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

PANELS = {
    "metrics": panels.metrics,
    "exposures": panels.exposures,
    "variants": variants,
    "history": panels.history,
}
SHIP = OUTCOMES[0]


def results() -> rx.Component:
    """One experiment in the view of the URL."""
    body = rx.match(
        S.stage,
        (DRAFT, ui.stack(_draft(), variants(), panels.elsewhere())),
        (NO_METRICS, ui.stack(_tabs(), _panel(_no_metrics()))),
        (WAITING, ui.stack(_frozen(), _tabs(), _panel(_waiting()))),
        ui.stack(_frozen(), _notes(), _summary(), _tiles(), _tabs(), _panel()),
    )
    return experiment_page(rx.cond(S.loading, ui.skeleton_page(), ui.stack(body, gap=5)), _dialog())


def _tabs() -> rx.Component:
    return ui.tabs(
        *[ui.tab(t(f"results.tab.{name}"), f"?tab={name}", S.tab == name) for name in TABS], label=t("results.tabs")
    )


def _panel(first: rx.Component | None = None) -> Any:
    """What the tab shows; `first` stands in the place of the metrics while there is nothing to show of them."""
    shown = panels.metrics() if first is None else first
    return rx.match(S.tab, *[(name, PANELS[name]()) for name in TABS[1:]], shown)


def _edit(text: rx.Var) -> Any:
    return rx.cond(
        can(Permission.EXPERIMENTS_UPDATE),
        ui.button_link(text, "/experiments/" + H.key + "/edit", variant="primary", icon="edit"),
    )


def _draft() -> rx.Component:
    return ui.card(ui.empty_state("experiment", t("results.draft.title"), t("results.draft.text"),
                                  _edit(t("results.draft.action"))))  # fmt: skip


def _no_metrics() -> rx.Component:
    return ui.card(ui.empty_state("target", t("results.no_metrics.title"), t("results.no_metrics.text"),
                                  _edit(t("results.no_metrics.action"))))  # fmt: skip


def _waiting() -> rx.Component:
    """No unit yet: how programs ask for their variant, and how they tell what was seen."""
    ask = 'curl -X POST "$ATRIUM/ofrep/v1/evaluate/flags/' + H.code + '" \\\n  -H "Authorization: Bearer $WRITE_KEY" -H'
    ask = ask + ' "Content-Type: application/json" \\\n  -d \'{"context": {"targetingKey": "visitor-1"}}\''
    told = 'analytics.track("Experiment Viewed", {\n  experiment_id: "' + H.code + '",\n  variation_id: "control"\n});'
    sources = rx.cond(
        can(Permission.SOURCES_READ), ui.button_link(t("results.waiting.sources"), "/sources", icon="plug")
    )
    return ui.card(
        ui.empty_state("plug", t("results.waiting.title"), t("results.waiting.text"), sources),
        ui.grid(
            ui.stack(rx.el.p(t("results.waiting.flag"), class_name="flat"), ui.code_block(ask, title="OFREP"), gap=2),
            ui.stack(
                rx.el.p(t("results.waiting.track"), class_name="flat"), ui.code_block(told, title="JavaScript"), gap=2
            ),
            smallest=420,
        ),
    )


def _frozen() -> Any:
    words = ui.stack(
        rx.el.span(S.frozen), rx.cond(S.note != "", rx.el.p(S.note, class_name="prose", dir="auto")), gap=1
    )
    return rx.cond(S.decided != "", ui.callout(words, title=S.decided, tone="accent"))


def _notes() -> Any:
    def note(one: Any) -> Any:
        tones = [(tone, ui.callout(one.text, tone=tone)) for tone in ("danger", "warning")]
        return rx.match(one.tone, *tones, ui.callout(one.text, tone="info"))

    return rx.cond(S.notes.length() > 0, ui.stack(rx.foreach(S.notes, note), gap=2))


def _summary() -> Any:
    """What to do now and why, in words; beside it the verdict on each variant."""
    lines = rx.el.ul(rx.foreach(S.sentences, lambda text: rx.el.li(text)), class_name="advice-lines")
    head = rx.el.div(ui.badge(S.headline, S.tone, dot=True), rx.foreach(S.grounds, _ground), class_name="advice-head")
    said = rx.el.div(rx.cond((S.headline != "") & (S.decided == ""), head), lines, class_name="advice")
    decide = ui.button(t("results.deciding.open"), variant="primary", icon="flag", on_click=D.start)
    summary = ui.card(
        said,
        title=t("results.summary_title"),
        actions=[ui.row(_export(), rx.cond(S.decidable & can(Permission.EXPERIMENTS_RUN), decide))],
    )
    verdicts = ui.card(rx.el.div(rx.foreach(S.verdicts, _verdict)), title=t("results.verdicts"))
    return rx.cond(S.verdicts.length() > 0, ui.split(summary, verdicts), summary)


def _export() -> rx.Component:
    """The report as a file, made by the API of the same host."""
    base = "/api/v1/experiments/" + H.key + "/report?format="
    files = [
        ui.menu_link(t(f"results.export.{kind.value}"), base + kind.value, icon="download", external=True)
        for kind in ReportFormat
    ]
    trigger = ui.button(t("results.export.label"), icon="download", icon_end="chevron_down")
    return ui.menu(trigger, *files, label=t("results.export.label"), align="end")


def _ground(text: Any) -> rx.Component:
    return rx.el.span(text, class_name="text-quiet")


def _verdict(one: Any) -> rx.Component:
    name = rx.el.span(line_key(one.hue), rx.el.bdi(one.name), class_name="variant-name")
    why = rx.el.ul(rx.foreach(one.grounds, lambda text: rx.el.li(text)), class_name="plain-list text-quiet")
    return rx.el.div(name, ui.badge(one.outcome, one.tone), why, class_name="verdict")


def _tiles() -> rx.Component:
    split: Any = rx.cond(S.split != "", ui.badge(S.split, S.split_tone, dot=True), "–")
    return ui.grid(
        ui.stat_tile(t("results.tile.units"), S.units),
        ui.stat_tile(t("results.tile.sample"), S.sample, previous=S.progress),
        ui.stat_tile(t("results.tile.days"), S.days),
        ui.stat_tile(t("results.tile.confidence"), S.confidence),
        ui.stat_tile(t("results.tile.split"), split, previous=rx.el.span(S.split_text, dir="ltr")),
        smallest=190,
    )  # fmt: skip


def _dialog() -> rx.Component:
    return ui.dialog(
        rx.cond(D.open, _deciding()), open=D.open, on_close=D.close, title=t("results.deciding.title"), key="decide",
        text=t("results.deciding.text"),
    )  # fmt: skip


def _deciding() -> rx.Component:
    choices = [
        ui.radio(
            t(f"results.deciding.{name}"), name="outcome", value=name, hint=t(f"results.deciding.{name}_text"),
            checked=D.outcome == name, on_change=D.choose(name),
        )
        for name in OUTCOMES
    ]  # fmt: skip
    options: Any = D.variants
    variant = ui.field(
        t("results.column.variant"), ui.select(options, name="variant", default_value=D.variant),
        error=D.errors["variant"],
    )  # fmt: skip
    wrong = rx.cond(D.errors["outcome"], ui.callout(D.errors["outcome"], tone="danger"))
    short = rx.cond((D.short != "") & (D.outcome == SHIP), ui.callout(D.short, tone="warning"))
    return ui.form(
        ui.choice_group(*choices, label=t("results.deciding.outcome")),
        rx.cond(D.outcome == SHIP, variant),
        short,
        ui.field(
            t("results.deciding.note"), ui.textarea(name="note", rows=3), hint=t("results.deciding.note_hint"),
            error=D.errors["note"], optional=True,
        ),
        wrong,
        ui.submit_row(
            ui.button(t("results.deciding.submit"), variant="primary", type="submit", loading=D.saving),
            ui.button(t("components.cancel"), variant="ghost", on_click=D.close),
        ),
        on_submit=D.decide,
        no_validate=True,
    )  # fmt: skip


PAGES = [
    Page(
        route="/experiments/[id]",
        title="results.title",
        help_key="results.help",
        area="experiments",
        need=Permission.EXPERIMENTS_READ,
        body=results,
        icon="flask-conical",
        on_load=(H.load, S.load),
        on_leave=(H.leave, S.leave),
        topics=("experiments",),
        refresh=S.load_all,
    )
]
