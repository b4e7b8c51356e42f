"""Things to look at: tiles with a small picture each, and frames in which nothing of a stranger's page can run."""

from typing import Any

import reflex as rx

from .badges import badge
from .icons import icon
from .markup import Node, Text, parts

PICTURES = {"html": "globe", "image": "image", "text": "text", "video": "video"}


def media_grid(items: Any, *, label: Text, on_open: Any, open_label: Any) -> rx.Component:
    """Tiles in a list. items: Var of shapes.MediaTile; on_open(id) is a State method, open_label(item) its name.

    media_grid(State.assets, label=t("assets.label"), on_open=State.open,
               open_label=lambda asset: t("assets.open", name=asset.name))
    """

    def tile(item: Any) -> rx.Component:
        shown = rx.cond(
            item.thumb != "",
            rx.el.img(src=item.thumb, alt="", loading="lazy", class_name="media-image"),
            _picture(item.kind),
        )
        return rx.el.li(
            rx.el.button(
                rx.el.span(shown, class_name="media-view"),
                rx.el.span(
                    rx.el.bdi(item.name, class_name="media-name"),
                    rx.el.span(item.notes, class_name="media-notes"),
                    rx.el.span(badge(item.state_text, item.tone, dot=True), class_name="media-state"),
                    class_name="media-texts",
                ),
                type="button",
                class_name="media-tile",
                aria_label=open_label(item),
                on_click=on_open(item.id),
            ),
        )

    return rx.el.ul(rx.foreach(items, tile), class_name="media-grid", aria_label=label)


def media_frame(*, title: Text, src: Text | None = None, doc: Text | None = None) -> rx.Component:
    """A page in a sandbox without scripts, origin and forms: an address of our own, or the page itself."""
    source: dict[str, Any] = {"src": src} if src is not None else {"src_doc": doc}
    return rx.el.iframe(title=title, class_name="media-frame", custom_attrs={"sandbox": ""}, loading="lazy", **source)


def media_figure(view: Node, caption: Node, *more: Node) -> rx.Component:
    """Something to look at with what it is."""
    return rx.el.figure(
        rx.el.div(view, class_name="media-view"),
        rx.el.figcaption(*parts(caption, *more), class_name="media-caption"),
        class_name="media-figure",
    )


def swatch(colour: Text) -> rx.Component:
    """A colour with its name, which is read left to right."""
    dot = rx.el.span(class_name="swatch-dot", style={"background": colour}, aria_hidden="true")
    return rx.el.span(dot, rx.el.code(colour, dir="ltr"), class_name="swatch")


def _picture(kind: Any) -> Any:
    return rx.match(kind, *((name, icon(picture, 28)) for name, picture in PICTURES.items()), icon("blank", 28))
