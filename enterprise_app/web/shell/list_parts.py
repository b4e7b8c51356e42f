"""The parts of a list page over a state made by `lists.listed`: bar, table with its pages, error with retry."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.shell.i18n import t
from enterprise_app.web.shell.lists import DEFAULT_SIZE, SIZES


def search(state: Any, label: ui.Text) -> rx.Component:
    """The search field."""
    return ui.search_input(state.q, state.search, label=label)


def words(state: Any, word: str, label: ui.Text) -> rx.Component:
    """A filter by free text."""
    return ui.search_input(state.picked[word], lambda text: state.pick(word, text), label=label, name=word)


def choice(state: Any, word: str, label: ui.Text, options: Any) -> rx.Component:
    """A filter by one of some values; empty shows all."""
    return ui.filter_select(label, options, state.picked[word], lambda value: state.pick(word, value))


def day(state: Any, word: str, label: ui.Text) -> rx.Component:
    """A filter by a day."""
    box = ui.date_input(
        name=word, value=state.picked[word], on_change=lambda value: state.pick(word, value), class_name="input-sm"
    )
    return rx.el.label(rx.el.span(label, class_name="filter-label"), box, class_name="filter")


MANY = 3
"""With more controls than that, a phone shows the first one and folds the others."""


def bar(state: Any, *controls: Any, end: list[Any] | None = None, lead: str = "") -> rx.Component:
    """Search and filters, and the URL's further conditions as chips. `lead` is the word of the first control where that
    is one of the page's filters: it is seen, so it is not counted among those that are folded."""
    chips = rx.foreach(state.conditions, lambda one: ui.chip(one.text, state.drop(one.id)))
    count = state.active - rx.cond(state.picked[lead] != "", 1, 0) if lead else state.active
    folded = count if len(controls) > MANY else None
    line = ui.filter_bar(*controls, end=end, chips=chips, folded=folded, lead=1)
    return line if controls or end else rx.cond(state.conditions.length() > 0, line)


def table(
    state: Any,
    columns: list[ui.Column],
    *,
    label: ui.Text,
    empty: ui.Node,
    no_match: ui.Node | None = None,
    actions: Callable[[Any], Any] | None = None,
    selection: ui.Selection | None = None,
) -> rx.Component:
    """The rows with sorting, skeleton and pages. While something is filtered `no_match` stands instead of `empty`:
    plain words with the way to all rows, unless the page has better ones."""
    rows = ui.data_table(
        columns,
        state.rows,
        label=label,
        sort=state.sort,
        on_sort=state.sort_by,
        actions=actions,
        selection=selection,
        loading=state.loading,
        empty=rx.cond(state.narrowed, _no_match(state) if no_match is None else no_match, empty),
    )
    return ui.card(rows, pages(state), flush=True)


def _no_match(state: Any) -> rx.Component:
    again = ui.button(t("components.no_match.all"), on_click=state.show_all)
    return ui.empty_state("search", t("components.no_match.title"), t("components.no_match.text"), again)


def pages(state: Any) -> rx.Component:
    """How many there are; previous, next and how many on one page, where one page does not hold them all."""
    options = [(size, size) for size in SIZES]
    chosen = ui.select(options, name="size", size="sm", value=state.size, on_change=state.resize)
    label = rx.el.span(t("components.paging.size"), class_name="filter-label")
    several = state.can_go_back | (state.next_cursor != "") | (state.size != DEFAULT_SIZE)
    bar = ui.pagination(
        on_previous=state.previous_page,
        on_next=state.next_page,
        has_previous=state.can_go_back,
        has_next=state.next_cursor != "",
        summary=state.summary,
        size=rx.cond(several, rx.el.label(label, chosen, class_name="filter")),
    )
    return rx.cond(several | (state.summary != ""), bar)


def body(state: Any, *parts: ui.Node, gap: int = 4) -> rx.Component:
    """The parts, or what went wrong with a retry, or that the address makes no sense with the way to all rows."""
    again = ui.button(t("components.no_match.all"), on_click=state.show_all)
    misread = ui.empty_state("link", t("components.misread.title"), t("components.misread.text"), again)
    wrong = rx.cond(state.misread, misread, ui.error_state(on_retry=state.load))
    return rx.cond(state.failed, wrong, ui.stack(*parts, gap=gap))
