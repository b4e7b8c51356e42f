"""The tab of variants, as seen: cards side by side, their assets small, one of them large beside the control's."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.components.intervals import line_key
from enterprise_app.web.pages.experiments.results_variants import VariantsState as V
from enterprise_app.web.texts import t


def variants() -> rx.Component:
    """As their users get them."""
    shown = ui.stack(
        rx.el.p(t("results.variants.text"), class_name="text-quiet flat"),
        ui.grid(rx.foreach(V.cards, _card), smallest=200),
        _large(),
    )
    return rx.cond(V.loading, ui.skeleton_block(160), shown)


def _card(one: Any) -> rx.Component:
    name = rx.el.span(line_key(one.hue), rx.el.bdi(one.name), class_name="variant-name")
    assets = rx.foreach(one.assets, lambda asset: _asset(one.id, asset))
    return ui.card(
        rx.cond(one.assets.length() > 0, rx.el.div(assets, class_name="look-assets")),
        _look(one),
        rx.el.p(t("results.variants.weight", share=one.weight), class_name="text-quiet flat"),
        title=name,
        actions=[rx.cond(one.control, ui.badge(t("results.control")))],
    )


def _look(one: Any) -> Any:
    colour = rx.el.div(
        rx.el.span(class_name="look-colour", style={"background": one.shown}),
        rx.el.code(one.shown, dir="ltr"),
        class_name="look",
    )
    text = rx.el.div(rx.el.p(one.shown, class_name="look-text", dir="auto"), class_name="look")
    code = rx.el.pre(rx.el.code(one.shown), class_name="look look-code", dir="ltr", tab_index=0)
    facts = rx.el.dl(rx.foreach(one.parameters, _parameter), class_name="look-facts")
    return rx.match(one.kind, ("colour", colour), ("text", text), ("parameters", facts), code)


def _parameter(one: Any) -> rx.Component:
    value = rx.cond(one.colour, ui.swatch(one.value), rx.el.bdi(one.value, class_name="wrap-anywhere"))
    return rx.el.div(
        rx.el.dt(rx.el.bdi(one.name)), rx.el.dd(value),
        class_name="look-fact", custom_attrs={"data-differs": rx.cond(one.differs, "true", "false")},
    )  # fmt: skip


def _asset(variant: Any, asset: Any) -> rx.Component:
    caption = rx.el.span(rx.el.bdi(asset.name, class_name="media-name"), ui.icon("eye", 14), class_name="look-name")
    return rx.el.button(
        rx.el.span(_seen(asset.kind, asset.src, asset.name), class_name="media-view"),
        caption,
        type="button",
        class_name="media-tile look-asset",
        aria_label=t("assets.open", name=asset.name),
        on_click=V.open(variant, asset.id),
    )


def _seen(kind: Any, src: Any, name: Any) -> Any:
    page = ui.media_frame(src=src, title=t("assets.preview", name=name))
    image = rx.el.img(src=src, alt="", loading="lazy", class_name="media-image")
    nothing = rx.el.span(t("assets.no_preview"), class_name="text-quiet")
    return rx.match(kind, ("image", image), ("html", page), ("text", page), nothing)


def _large() -> rx.Component:
    one = V.looked
    own = ui.media_figure(_seen(one.kind, one.large, one.name), rx.el.bdi(V.opened_variant, class_name="media-name"))
    before = ui.media_figure(
        _seen(one.before_kind, one.before, one.name), rx.el.bdi(V.control_name, class_name="media-name")
    )
    return ui.dialog(
        rx.el.div(rx.cond(one.before != "", before), own, class_name="look-pair"),
        open=V.opened != "",
        on_close=V.close,
        title=rx.el.bdi(one.name),  # pyright: ignore[reportArgumentType]
        key="look",
        size="xl",
    )
