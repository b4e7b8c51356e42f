"""Icons: a named subset of lucide (ISC licence), imported one by one so that only used paths are shipped."""

from typing import Any

import reflex as rx

from .markup import Text, given

# Meaning → lucide name. Use the meaning, so that one idea has one picture everywhere.
ICONS: dict[str, str] = {
    "activity": "activity", "add": "plus", "alert": "triangle_alert", "analytics": "chart_line",
    "archive": "archive", "arrow_down": "arrow_down", "arrow_up": "arrow_up", "arrow_end": "arrow_right",
    "attach": "paperclip", "audio": "music", "audit": "shield_check", "back": "arrow_left", "bell": "bell",
    "billing": "credit_card", "blank": "file", "board": "columns_3", "calendar": "calendar",
    "campaign": "megaphone", "check": "check", "chevron_down": "chevron_down", "chevron_end": "chevron_right",
    "chevron_start": "chevron_left", "chevron_up": "chevron_up", "clock": "clock", "close": "x", "code": "code",
    "copy": "copy", "danger": "circle_alert", "delete": "trash_2", "download": "download", "drag": "grip_vertical",
    "duplicate": "copy_plus", "edit": "pencil", "error": "circle_x", "experiment": "flask_conical",
    "external": "external_link", "eye": "eye", "eye_off": "eye_off", "file": "file_text", "filter": "list_filter",
    "flag": "flag", "folder": "folder", "globe": "globe", "help": "circle_help", "home": "house", "image": "image",
    "inbox": "inbox", "info": "info", "invite": "user_plus", "key": "key_round", "language": "languages",
    "link": "link", "list": "list", "lock": "lock", "mail": "mail", "menu": "menu", "minus": "minus",
    "moon": "moon", "more": "ellipsis", "options": "sliders_horizontal", "package": "file_archive",
    "pause": "pause", "person": "user", "people": "users", "play": "play", "plug": "plug", "refresh": "refresh_cw",
    "restore": "archive_restore", "search": "search", "send": "send", "settings": "settings",
    "sheet": "file_spreadsheet", "sign_out": "log_out", "slides": "presentation", "sort": "arrow_up_down",
    "sparkles": "sparkles", "star": "star", "success": "circle_check", "sun": "sun", "system": "monitor",
    "tag": "tag", "target": "target", "text": "text", "tenant": "building_2", "trend_down": "trending_down",
    "trend_flat": "move_horizontal", "trend_up": "trending_up", "undo": "undo_2", "upload": "upload",
    "video": "film", "warning": "triangle_alert", "webhook": "webhook", "workflow": "workflow", "zap": "zap",
}  # fmt: skip

# Pictures that point along the line of reading are mirrored in right-to-left pages (components.css: .icon-mirror).
MIRRORED = frozenset(
    {"arrow_end", "back", "chevron_end", "chevron_start", "external", "send", "sign_out", "undo", "list"}
)


def icon(name: str, size: int = 16, label: Text | None = None, class_name: str = "") -> rx.Component:
    """An icon by meaning. Decorative by default; give a label only when no text stands beside it.

    icon("add")    icon("warning", 20, label=t("errors.title"))
    """
    mirror = " icon-mirror" if name in MIRRORED else ""
    access: dict[str, Any] = {"aria-hidden": "true"} if label is None else {"role": "img", "aria-label": label}
    return rx.icon(
        ICONS[name],
        size=size,
        stroke_width=1.75,
        class_name=f"icon{mirror} {class_name}".strip(),
        custom_attrs=given(**access) | {"focusable": "false"},
    )
