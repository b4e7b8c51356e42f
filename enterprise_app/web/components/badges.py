"""Small marks: status pills, counts, avatars."""

from typing import Any

import reflex as rx

from .markup import Node, Text, classes, flag, parts

# Tones: neutral, accent, success, warning, danger, info. Colour never stands alone: the text says it too.


def badge(text: Node, tone: Text = "neutral", *, dot: bool = False) -> rx.Component:
    """A pill. tone may be a Var, so that rows choose it; dot=True for a status.

    badge(row.status_text, row.status_tone, dot=True)
    """
    point = rx.el.span(class_name="dot", aria_hidden="true") if dot else None
    return rx.el.span(*parts(point, rx.el.span(text)), class_name="badge", custom_attrs={"data-tone": tone})


def live_dot(text: Text, *, on: Any = True) -> rx.Component:
    """ "Live" with a calm pulse while data arrive; still while they don't."""
    return rx.el.span(
        rx.el.span(class_name="dot dot-live", aria_hidden="true"),
        text,
        class_name="live",
        custom_attrs={"data-on": flag(on)},
    )


def avatar(name: Text, initials: Text, *, size: str = "md", image: Text | None = None) -> rx.Component:
    """A person or tenant as initials (the server cuts them) or picture; sizes sm, md, lg.

    avatar(row.name, row.initials)
    """
    inner = rx.el.img(src=image, alt="") if image is not None else rx.el.span(initials, aria_hidden="true")
    return rx.el.span(inner, class_name=classes("face", f"face-{size}"), role="img", aria_label=name)


def person(name: Text, initials: Text, text: Node | None = None) -> rx.Component:
    """Avatar with name, and a second quiet line (an e-mail address, a role)."""
    second = rx.el.span(text, class_name="person-text") if text is not None else None
    face = rx.el.span(rx.el.span(initials), class_name="face face-md", aria_hidden="true")
    return rx.el.span(
        face,
        rx.el.span(*parts(rx.el.bdi(name, class_name="person-name"), second), class_name="person-texts"),
        class_name="person",
    )


def kbd(text: Text) -> rx.Component:
    """A key of the keyboard."""
    return rx.el.kbd(text, class_name="kbd", dir="ltr")
