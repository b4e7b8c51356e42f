"""The design system: pure functions of props (Python values or Vars, texts already translated), styled by
assets/components.css. No state, no domain. Pages write `from enterprise_app.web import components as ui`;
the page /design (development) shows every one of them.
"""

from .actions import button, button_link, icon_button
from .badges import avatar, badge, kbd, live_dot, person
from .boards import board
from .calendars import calendar_month
from .charts import chart
from .copying import code_block, copy_button, copy_field
from .details import definition_list, timeline
from .dialogs import confirm_dialog, dialog, drawer, tooltip
from .fields import error_summary, field, form, native_form, submit_row
from .files import file_list, upload_zone
from .icons import icon
from .inputs import (
    checkbox,
    choice_group,
    date_input,
    money_input,
    password_input,
    radio,
    search_input,
    select,
    switch,
    tag_input,
    text_input,
    textarea,
)
from .layout import card, divider, grid, page_header, row, section, split, stack, toolbar
from .markup import Flag, Handler, Node, Text
from .media import media_figure, media_frame, media_grid, swatch
from .menus import menu, menu_item, menu_label, menu_link, menu_separator
from .navigation import breadcrumbs, link, segmented, tab, tabs
from .notices import banner, callout, empty_state, error_state, no_permission
from .paging import chip, filter_bar, filter_select, pagination
from .skeletons import skeleton_block, skeleton_line, skeleton_page
from .stats import bar_list, delta, meter, progress, stat_tile
from .steps import step_bar, step_title, steps
from .tables import Column, Selection, bulk_bar, data_table

__all__ = [
    "Column",
    "Flag",
    "Handler",
    "Node",
    "Selection",
    "Text",
    "avatar",
    "badge",
    "banner",
    "bar_list",
    "board",
    "breadcrumbs",
    "bulk_bar",
    "button",
    "button_link",
    "calendar_month",
    "callout",
    "card",
    "chart",
    "checkbox",
    "chip",
    "choice_group",
    "code_block",
    "confirm_dialog",
    "copy_button",
    "copy_field",
    "data_table",
    "date_input",
    "definition_list",
    "delta",
    "dialog",
    "divider",
    "drawer",
    "empty_state",
    "error_state",
    "error_summary",
    "field",
    "file_list",
    "filter_bar",
    "filter_select",
    "form",
    "grid",
    "icon",
    "icon_button",
    "kbd",
    "link",
    "live_dot",
    "media_figure",
    "media_frame",
    "media_grid",
    "menu",
    "menu_item",
    "menu_label",
    "menu_link",
    "menu_separator",
    "meter",
    "money_input",
    "native_form",
    "no_permission",
    "page_header",
    "pagination",
    "password_input",
    "person",
    "progress",
    "radio",
    "row",
    "search_input",
    "section",
    "segmented",
    "select",
    "skeleton_block",
    "skeleton_line",
    "skeleton_page",
    "split",
    "stack",
    "stat_tile",
    "step_bar",
    "step_title",
    "steps",
    "submit_row",
    "swatch",
    "switch",
    "tab",
    "tabs",
    "tag_input",
    "text_input",
    "textarea",
    "timeline",
    "toolbar",
    "tooltip",
    "upload_zone",
]
