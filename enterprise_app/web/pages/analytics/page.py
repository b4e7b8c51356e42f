"""The overview, as seen, and the pages of analytics."""

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.vocabulary import Bucket
from enterprise_app.web import components as ui
from enterprise_app.web.pages.analytics.explorer_pages import PAGES as EXPLORER
from enterprise_app.web.pages.analytics.importing import ImportWizardState
from enterprise_app.web.pages.analytics.importing_page import new_import
from enterprise_app.web.pages.analytics.imports import ImportsState
from enterprise_app.web.pages.analytics.imports_page import imports
from enterprise_app.web.pages.analytics.shapes import CHARTED
from enterprise_app.web.pages.analytics.sources import SourcesState
from enterprise_app.web.pages.analytics.sources_page import sources
from enterprise_app.web.pages.analytics.state import PRESETS
from enterprise_app.web.pages.analytics.state import OverviewState as S
from enterprise_app.web.shell.page import Page, Section
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t


def overview() -> rx.Component:
    """Traffic of a period: numbers, course, where it came from and went."""
    live = ui.live_dot(t("analytics.overview.live"))
    return ui.stack(
        ui.page_header(t("analytics.overview.title"), t("analytics.overview.text"), [live]),
        rx.cond(S.no_data, _empty(), ui.stack(_controls(), _tiles(), _course(), _rankings())),
    )


def _empty() -> rx.Component:
    start = rx.cond(
        can(Permission.SOURCES_READ),
        ui.button_link(t("analytics.empty.action"), "/sources", variant="primary", icon="plug"),
    )
    return ui.card(ui.empty_state("analytics", t("analytics.empty.title"), t("analytics.empty.text"), start))


def _controls() -> rx.Component:
    presets = [("", t("analytics.preset.data")), *[(key, t(f"analytics.preset.{key}")) for key in PRESETS]]
    chips = rx.foreach(S.chips, lambda chip: ui.chip(chip.text, S.drop_filter(chip.field)))
    return ui.filter_bar(
        ui.field(t("analytics.overview.from"), ui.date_input(name="start", value=S.start, on_change=S.set_start)),
        ui.field(t("analytics.overview.to"), ui.date_input(name="end", value=S.end, on_change=S.set_end)),
        ui.field(t("analytics.overview.period"), ui.select(presets, name="preset", value="", on_change=S.set_preset)),
        end=[
            ui.switch(t("analytics.overview.compare"), checked=S.compare, on_change=S.set_compare),
            ui.segmented(
                [(bucket.value, t(f"analytics.bucket.{bucket.value}")) for bucket in Bucket],
                S.bucket,
                S.set_bucket,
                label=t("analytics.overview.bucket"),
            ),
        ],
        chips=chips,
    )


def _tiles() -> rx.Component:
    tiles = {
        "visitors": S.visitors,
        "page_views": S.page_views,
        "sessions": S.sessions,
        "views_per_session": S.views_per_session,
    }
    return ui.grid(
        *[
            ui.stat_tile(
                t(f"analytics.metric.{name}"),
                tile.value,
                change=tile.change,
                direction=tile.direction,
                good=tile.good,
                previous=tile.previous,
                spark=tile.trend,
                loading=S.loading,
            )
            for name, tile in tiles.items()
        ]
    )


def _course() -> rx.Component:
    metrics = [(name, t(f"analytics.metric.{name}")) for name in CHARTED]
    choice = ui.segmented(metrics, S.metric, S.set_metric, label=t("analytics.overview.metric"), size="sm")
    drawing = ui.chart(S.labels, S.series, label=t("analytics.overview.course"), height=280)
    notes = ui.row(
        rx.el.span(S.period, class_name="text-quiet"),
        rx.el.span(t("analytics.overview.zone", zone=S.zone), class_name="text-quiet"),
        between=True,
    )
    return ui.card(
        rx.cond(S.loading, ui.skeleton_block(280), drawing),
        title=t("analytics.overview.course"),
        actions=[choice],
        footer=notes,
    )


def _rankings() -> rx.Component:
    nothing = ui.empty_state("analytics", t("analytics.overview.nothing"), level=3)
    sessions, views = t("analytics.metric.sessions"), t("analytics.metric.page_views")
    lists = [
        ("channels", S.channels, sessions),
        ("referrers", S.referrers, sessions),
        ("pages", S.pages, views),
        ("campaigns", S.campaigns, sessions),
    ]
    cards = [
        ui.card(
            rx.cond(
                S.loading,
                ui.skeleton_block(200),
                ui.bar_list(rows, label=t(f"analytics.ranking.{name}"), value_label=value, empty=nothing),
            ),
            title=t(f"analytics.ranking.{name}"),
        )
        for name, rows, value in lists
    ]
    bots = rx.cond(S.bots != "", rx.el.p(S.bots, class_name="text-quiet"))
    return ui.stack(ui.grid(*cards, smallest=420), bots)


PAGES = [
    Page(
        route="/analytics",
        title="analytics.overview.title",
        help_key="analytics.help.overview",
        area="analytics",
        need=Permission.ANALYTICS_READ,
        body=overview,
        icon="chart-line",
        section=Section.MEASURE,
        on_load=(S.load,),
        on_leave=(S.leave,),
        topics=("analytics",),
        refresh=S.load,
    ),
    *EXPLORER,
    Page(
        route="/sources",
        title="analytics.sources.title",
        help_key="analytics.help.sources",
        area="analytics",
        need=Permission.SOURCES_READ,
        body=sources,
        icon="plug",
        section=Section.MEASURE,
        on_load=(SourcesState.load,),
        on_leave=(SourcesState.leave,),
        topics=("analytics", "imports"),
        refresh=SourcesState.load,
    ),
    Page(
        route="/imports",
        title="imports.title",
        help_key="imports.help",
        area="analytics",
        need=Permission.EVENTS_READ,
        body=imports,
        icon="upload",
        section=Section.MEASURE,
        on_load=(ImportsState.load,),
        on_leave=(ImportsState.leave,),
        topics=("imports",),
        refresh=ImportsState.load,
    ),
    Page(
        route="/imports/new",
        title="imports.new",
        help_key="imports.new.help",
        area="analytics",
        need=Permission.EVENTS_IMPORT,
        body=new_import,
        icon="upload",
        on_load=(ImportWizardState.load,),
        on_leave=(ImportWizardState.leave,),
    ),
]
