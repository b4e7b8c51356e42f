"""`/design`: two columns, English left to right and Arabic right to left, one light and one dark; the themes swap."""

from collections.abc import Callable

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.design import specimens
from enterprise_app.web.pages.design.samples import SAMPLES, Sample
from enterprise_app.web.pages.design.state import DesignState
from enterprise_app.web.shell.action import PUBLIC
from enterprise_app.web.shell.page import Page
from enterprise_app.web.texts import t

GROUPS: dict[str, Callable[[Sample], rx.Component]] = {
    "design.group.layout": specimens.layout,
    "design.group.actions": specimens.actions,
    "design.group.forms": specimens.forms,
    "design.group.numbers": specimens.numbers,
    "design.group.charts": specimens.charts,
    "design.group.tables": specimens.tables,
    "design.group.records": specimens.records,
    "design.group.feedback": specimens.feedback,
}


def _panel(sample: Sample, build: Callable[[Sample], rx.Component]) -> rx.Component:
    plain, other = ("light", "dark") if sample.side == "ltr" else ("dark", "light")
    theme = rx.cond(DesignState.swapped, other, plain)
    return rx.el.div(
        build(sample),
        class_name=["design-panel", theme],
        dir=sample.side,
        lang="en" if sample.side == "ltr" else "ar",
    )


def _group(key: str, build: Callable[[Sample], rx.Component]) -> rx.Component:
    panels = rx.el.div(*[_panel(sample, build) for sample in SAMPLES], class_name="design-panels")
    return rx.el.section(rx.el.h2(t(key), class_name="section-title"), panels, class_name="design-group")


def body() -> rx.Component:
    """The page."""
    themes: list[tuple[str, ui.Text]] = [("plain", t("design.light_first")), ("swapped", t("design.dark_first"))]
    value = rx.cond(DesignState.swapped, "swapped", "plain")
    swap = ui.segmented(themes, value, DesignState.swap, label=t("design.themes"))
    groups = [_group(key, build) for key, build in GROUPS.items()]
    return rx.el.div(ui.page_header(t("design.title"), t("design.text"), [swap]), *groups)


PAGES = (Page(route="/design", title="design.title", area="design", need=PUBLIC, body=body, dev_only=True),)
