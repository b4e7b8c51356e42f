"""Boards: lanes of cards, moved by drag and drop or, without a pointer, by the menu on every card."""

from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .actions import icon_button
from .badges import badge
from .markup import Flag, Handler, Text, filled, parts
from .menus import menu, menu_item, menu_label
from .navigation import link
from .shapes import Card


def board(lanes: Any, on_move: Handler, *, label: Text, movable: Flag = True) -> rx.Component:
    """A board. lanes: Var of shapes.Lane; on_move(card_id, lane_id) is a State method that saves the move.

    board(State.lanes, State.move_task, label=t("tasks.board"), movable=State.can_edit)
    """
    columns = rx.foreach(lanes, lambda lane: _lane(lane, lanes, on_move, movable))
    return rx.el.div(columns, class_name="board", role="group", aria_label=label)


def _lane(lane: Any, lanes: Any, on_move: Handler, movable: Flag) -> rx.Component:
    head = rx.el.h3(
        rx.el.span(class_name="dot", aria_hidden="true"), lane.title, rx.el.span(lane.count, class_name="tab-count"),
        class_name="lane-title", custom_attrs={"data-tone": lane.tone},
    )  # fmt: skip
    cards = rx.el.ul(
        rx.foreach(lane.cards.to(list[Card]), lambda card: _card(card, lane, lanes, on_move, movable)),
        class_name="lane-cards",
    )
    return react.BoardColumn.create(
        head, cards, column_id=lane.id, label=lane.title, on_move=on_move, class_name="lane"
    )


def _card(card: Any, lane: Any, lanes: Any, on_move: Handler, movable: Flag) -> rx.Component:
    targets = rx.foreach(
        lanes,
        lambda other: rx.cond(
            other.id != lane.id, menu_item(other.title, on_click=on_move(card.id, other.id)), rx.fragment()
        ),
    )
    mover = menu(
        icon_button("more", t("components.board.move_card", name=card.title), size="sm"),
        menu_label(t("components.board.move_to")),
        targets,
        label=t("components.board.move_card", name=card.title),
        align="end",
    )
    name = rx.cond(card.href != "", link(card.title, card.href, quiet=True), rx.el.span(card.title))
    can_move = mover if movable is True else rx.cond(movable, mover, rx.fragment())
    tags = rx.el.div(rx.foreach(card.tags, lambda tag: badge(tag)), class_name="chips")
    body = parts(
        rx.el.div(rx.el.span(name, class_name="lane-card-title"), can_move, class_name="lane-card-head"),
        filled(card.text, lambda text: rx.el.p(text, class_name="lane-card-text")),
        rx.cond(card.tags.length() > 0, tags, rx.fragment()),
    )
    locked = ~movable if isinstance(movable, rx.Var) else not movable
    return react.BoardCard.create(*body, card_id=card.id, column_id=lane.id, disabled=locked, class_name="lane-card")
