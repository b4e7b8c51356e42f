"""Grey shapes where content is about to be: they keep the layout still."""

import reflex as rx

from enterprise_app.web.texts import t


def skeleton_line(width: str = "100%") -> rx.Component:
    """One line of text to come."""
    return rx.el.span(class_name="skeleton skeleton-text", style={"inlineSize": width}, aria_hidden="true")


def skeleton_block(height: int = 160) -> rx.Component:
    """A chart or picture to come."""
    return rx.el.div(class_name="skeleton", style={"blockSize": f"{height}px"}, aria_hidden="true")


def skeleton_page() -> rx.Component:
    """A whole page to come: header, tiles, a list."""
    tiles = [rx.el.div(class_name="skeleton skeleton-tile") for _ in range(4)]
    lines = [skeleton_line(width) for width in ("92%", "78%", "85%", "64%", "88%")]
    return rx.el.div(
        rx.el.span(t("components.loading"), class_name="visually-hidden", role="status"),
        skeleton_line("30%"),
        rx.el.div(*tiles, class_name="grid gap-4", style={"--grid-min": "180px"}),
        *lines,
        class_name="stack gap-4",
        aria_busy="true",
    )
