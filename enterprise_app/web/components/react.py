"""Python faces of our own browser components (assets/components/*.jsx); pages use the functions that wrap them."""

from typing import Any

import reflex as rx

_none = rx.event.no_args_event_spec
_text = rx.event.passthrough_event_spec(str)
_flag = rx.event.passthrough_event_spec(bool)
_texts = rx.event.passthrough_event_spec(list[str])


def _move(card: rx.Var[str], lane: rx.Var[str]) -> tuple[rx.Var[str], rx.Var[str]]:
    return card, lane


class Dialog(rx.Component):
    """Native modal dialog with controlled opening."""

    library = "$/public/components/overlay.jsx"
    tag = "AtriumDialog"
    open: rx.Var[bool]
    labelled_by: rx.Var[str]
    described_by: rx.Var[str]
    dismissible: rx.Var[bool]
    on_close: rx.EventHandler[_none]


class Menu(rx.Component):
    """Trigger plus [role=menu] with popover, arrow keys and placement."""

    library = "$/public/components/overlay.jsx"
    tag = "AtriumMenu"


class Copy(rx.Component):
    """Copy-to-clipboard button with feedback."""

    library = "$/public/components/inputs.jsx"
    tag = "AtriumCopy"
    value: rx.Var[str]
    label: rx.Var[str]
    done: rx.Var[str]


class Password(rx.Component):
    """Password input with a reveal toggle."""

    library = "$/public/components/inputs.jsx"
    tag = "AtriumPassword"
    name: rx.Var[str]
    show: rx.Var[str]
    hide: rx.Var[str]


class Search(rx.Component):
    """Debounced search input."""

    library = "$/public/components/inputs.jsx"
    tag = "AtriumSearch"
    name: rx.Var[str]
    value: rx.Var[str]
    delay: rx.Var[int]
    clear: rx.Var[str]
    on_search: rx.EventHandler[_text]


class Tags(rx.Component):
    """Tag input: chips plus a field."""

    library = "$/public/components/inputs.jsx"
    tag = "AtriumTags"
    name: rx.Var[str]
    value: rx.Var[list[str]]
    remove_label: rx.Var[str]
    placeholder: rx.Var[str]
    suggestions: rx.Var[list[str]]
    disabled: rx.Var[bool]
    on_tags: rx.EventHandler[_texts]


class Check(rx.Component):
    """Checkbox that can be indeterminate."""

    library = "$/public/components/inputs.jsx"
    tag = "AtriumCheck"
    name: rx.Var[str]
    checked: rx.Var[bool]
    indeterminate: rx.Var[bool]
    disabled: rx.Var[bool]
    on_check: rx.EventHandler[_flag]


class Upload(rx.Component):
    """Zone for files with progress, cancel and retry; posts each file to `url`."""

    library = "$/public/components/upload.jsx"
    tag = "AtriumUpload"
    url: rx.Var[str]
    single: rx.Var[bool]
    only_one: rx.Var[str]
    max_bytes: rx.Var[int]
    label: rx.Var[str]
    choose: rx.Var[str]
    drop: rx.Var[str]
    drop_now: rx.Var[str]
    hint: rx.Var[str]
    progress: rx.Var[str]
    waiting: rx.Var[str]
    failed: rx.Var[str]
    lost: rx.Var[str]
    full: rx.Var[str]
    too_large: rx.Var[str]
    cancel: rx.Var[str]
    retry: rx.Var[str]
    dismiss: rx.Var[str]
    on_done: rx.EventHandler[_none]


class StepTitle(rx.Component):
    """Title of a wizard's step: focused when the step changes."""

    library = "$/public/components/steps.jsx"
    tag = "AtriumStepTitle"
    step: rx.Var[str]


class Folding(rx.Component):
    """What is folded behind a button on small screens, and simply there on others."""

    library = "$/public/components/folding.jsx"
    tag = "AtriumFolding"
    label: rx.Var[str]
    count: rx.Var[int]


class BoardColumn(rx.Component):
    """Drop target of a board."""

    library = "$/public/components/board.jsx"
    tag = "AtriumBoardColumn"
    column_id: rx.Var[str]
    label: rx.Var[str]
    on_move: rx.EventHandler[_move]


class BoardCard(rx.Component):
    """Draggable card of a board."""

    library = "$/public/components/board.jsx"
    tag = "AtriumBoardCard"
    card_id: rx.Var[str]
    column_id: rx.Var[str]
    disabled: rx.Var[bool]


class Chart(rx.Component):
    """Plotly's basic bundle, loaded when the first chart is on screen."""

    library = "$/public/components/chart.jsx"
    tag = "AtriumChart"
    lib_dependencies: list[str] = ["plotly.js-basic-dist-min@3.7.0"]
    x: rx.Var[list[str]]
    series: rx.Var[list[dict[str, Any]]]
    kind: rx.Var[str]
    label: rx.Var[str]
    height: rx.Var[int]
    stacked: rx.Var[bool]
    format: rx.Var[str]
    currency: rx.Var[str]
    locale: rx.Var[str]
    legend: rx.Var[bool]
    log: rx.Var[bool]
    marks: rx.Var[list[dict[str, Any]]]


class Tick(rx.Component):
    """Calls its handler every so many seconds while the tab is visible."""

    library = "$/public/components/tick.jsx"
    tag = "AtriumTick"
    every: rx.Var[int]
    on_tick: rx.EventHandler[_none]


class Sparkline(rx.Component):
    """Tiny inline trend line."""

    library = "$/public/components/spark.jsx"
    tag = "AtriumSparkline"
    values: rx.Var[list[float]]
