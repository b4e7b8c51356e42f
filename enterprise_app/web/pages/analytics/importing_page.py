"""The wizard of an import, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length(), no type says.
# pyright: reportAttributeAccessIssue=false

from datetime import UTC, datetime
from typing import Any

import reflex as rx

from enterprise_app.domains.analytics.vocabulary import LEFT_OUT, PROPERTIES, TIME_FORMATS, EventField
from enterprise_app.domains.localization import service as localization
from enterprise_app.web import components as ui
from enterprise_app.web.pages.analytics.importing import MAX_BYTES
from enterprise_app.web.pages.analytics.importing import ImportWizardState as S
from enterprise_app.web.pages.analytics.imports_page import FORMATS
from enterprise_app.web.texts import t

_AN_INSTANT = datetime(2026, 12, 31, 21, 59, 58, tzinfo=UTC)
DELIMITERS = [
    (",", t("imports.delimiter.comma")),
    (";", t("imports.delimiter.semicolon")),
    ("\t", t("imports.delimiter.tab")),
    ("|", t("imports.delimiter.pipe")),
]
ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("utf-8-sig", "UTF-8 (BOM)"),
    ("utf-16", "UTF-16"),
    ("utf-16-le", "UTF-16 LE"),
    ("utf-16-be", "UTF-16 BE"),
    ("cp1252", "Windows-1252"),
    ("iso8859-15", "ISO 8859-15"),
    ("mac-roman", "Mac Roman"),
]
HEADERS = [("yes", t("imports.header.names")), ("no", t("imports.header.data"))]
TIMES = [
    ("", t("imports.time_format.iso")),
    *[(known, f"{_AN_INSTANT.strftime(known)}  ({known})") for known in TIME_FORMATS],
]
DECIMALS = [(".", t("imports.decimal.point")), (",", t("imports.decimal.comma"))]
ZONES = localization.zone_options()
_FIRST = ("timestamp", "userId", "anonymousId", "event", "type", "url", "revenue", "currency", "orderId")
_FIELDS = sorted(
    EventField, key=lambda one: (_FIRST.index(one.value) if one.value in _FIRST else len(_FIRST), one.value)
)
TARGETS = [
    (PROPERTIES, t("imports.target.property")),
    *[(one.value, t(f"imports.field.{one.name.lower()}")) for one in _FIELDS],
    (LEFT_OUT, t("imports.target.left_out")),
]


def new_import() -> rx.Component:
    """From a file to a started import."""
    back = ui.link(t("imports.back"), "/imports", class_name="import-back")
    return ui.stack(
        ui.page_header(t("imports.new"), t("imports.new.text"), above=back),
        rx.cond(
            S.loading,
            ui.skeleton_block(180),
            rx.cond(S.gone, _gone(), rx.cond(S.upload == "", _choose(), _chosen())),
        ),
    )


def _gone() -> rx.Component:
    again = ui.button_link(t("imports.file.other"), "/imports/new", variant="primary", icon="upload")
    return ui.card(ui.empty_state("file", t("imports.file.gone.title"), t("imports.file.gone.text"), again))


def _choose() -> rx.Component:
    zone = ui.upload_zone(
        S.upload_url,
        label=t("imports.file.label"),
        hint=t("imports.file.hint", max=S.max_size),
        max_bytes=MAX_BYTES,
        too_large=t("imports.file.too_large", max=S.max_size),
        on_done=S.uploaded,
        single=True,
    )
    return ui.card(zone, title=t("imports.step.file"))


def _chosen() -> rx.Component:
    other = ui.button(t("imports.file.other"), size="sm", variant="ghost", icon="refresh", on_click=S.another)
    name = rx.el.bdi(S.file_name, class_name="import-name")
    facts = ui.row(ui.icon("file", 18), name, rx.el.span(S.file_size, class_name="text-quiet"))
    return ui.stack(
        ui.card(facts, title=t("imports.step.file"), actions=[other]),
        ui.card(_reading(), title=t("imports.step.reading")),
        rx.cond(S.problems.length() > 0, _problems()),
        rx.cond(S.columns.length() > 0, ui.card(_columns(), title=t("imports.step.columns"), flush=True)),
        rx.cond(S.rows.length() > 0, _preview()),
        _start(),
    )


def _choice(word: str, label: ui.Text, options: Any, hint: ui.Text | None = None) -> rx.Component:
    control = ui.select(options, name=word, value=S.chosen[word], on_change=lambda value: S.choose(word, value))
    return ui.field(label, control, hint=hint)


def _written(word: str, label: ui.Text, hint: ui.Text, **props: Any) -> rx.Component:
    box = ui.text_input(
        name=word, default_value=S.chosen[word], on_blur=lambda value: S.choose(word, value), max_length=120, **props
    )
    return ui.field(label, box, hint=hint, error=S.errors[word])


def _reading() -> rx.Component:
    return rx.el.div(
        _choice("format", t("imports.format"), FORMATS),
        _written("source", t("imports.source"), t("imports.source.hint")),
        rx.cond(S.is_text, _choice("delimiter", t("imports.delimiter"), DELIMITERS)),
        rx.cond(S.is_text, _choice("encoding", t("imports.encoding"), ENCODINGS)),
        rx.cond(S.is_text, _choice("header", t("imports.header"), HEADERS)),
        rx.cond(S.is_table, _choice("time_format", t("imports.time_format"), TIMES)),
        rx.cond(S.is_table, _choice("zone", t("imports.zone"), ZONES, t("imports.zone.hint"))),
        rx.cond(S.is_table, _choice("decimal", t("imports.decimal"), DECIMALS)),
        rx.cond(S.is_table, _written("event_name", t("imports.event_name"), t("imports.event_name.hint"))),
        rx.cond(
            S.chosen["format"] == "access-log", _written("site", t("imports.site"), t("imports.site.hint"), dir="ltr")
        ),
        class_name="import-fields",
    )


def _problems() -> rx.Component:
    lines = rx.el.ul(rx.foreach(S.problems, lambda text: rx.el.li(text)), class_name="summary-list")
    return ui.callout(lines, title=t("imports.preview.blocked"), tone="danger")


def _columns() -> rx.Component:
    def target(row: Any) -> rx.Component:
        return ui.select(
            TARGETS,
            size="sm",
            value=row.target,
            on_change=lambda value: S.lead(row.name, value),
            aria_label=t("imports.target_of", name=row.name),
        )

    columns = [
        ui.Column(t("imports.column"), lambda row: rx.el.bdi(row.name)),
        ui.Column(t("imports.samples"), lambda row: rx.el.bdi(row.samples, class_name="import-cell"), quiet=True),
        ui.Column(t("imports.target"), target, width="16rem"),
    ]
    return ui.data_table(columns, S.columns, label=t("imports.step.columns"), row_id=lambda row: row.name)


def _preview() -> rx.Component:
    def event(row: Any) -> rx.Component:
        good = ui.row(ui.badge(row.kind), rx.el.bdi(row.event, class_name="import-cell"), wrap=False)
        problem = rx.el.span(ui.icon("danger", 14), rx.el.span(row.problem), class_name="field-error")
        return rx.cond(row.problem != "", problem, good)

    columns = [
        ui.Column(t("imports.row"), lambda row: row.id, width="4rem"),
        ui.Column(t("imports.event"), event),
        ui.Column(t("imports.time"), lambda row: row.time),
        ui.Column(t("imports.person"), lambda row: rx.el.bdi(row.person)),
        ui.Column(t("imports.details"), lambda row: rx.el.bdi(row.details, class_name="import-cell"), quiet=True),
    ]
    table = ui.data_table(columns, S.rows, label=t("imports.step.preview"))
    title = rx.cond(S.is_table, t("imports.step.preview"), t("imports.step.preview_short"))
    notes = ui.row(rx.el.span(S.summary), rx.cond(S.bad != "", ui.badge(S.bad, "warning")))
    return ui.card(table, title=title, flush=True, footer=notes)


def _start() -> rx.Component:
    button = ui.button(
        t("imports.start"), variant="primary", icon="upload", on_click=S.start, loading=S.starting,
        disabled=S.problems.length() > 0,
    )  # fmt: skip
    return ui.row(button, rx.el.span(t("imports.start.hint"), class_name="text-quiet"))
