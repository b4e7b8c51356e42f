"""The dialog that makes variants of assets, as seen: what to vary, the variants side by side, which ones to make."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.domains.experiments.generating_schemas import TextUse, VariantKind
from enterprise_app.web import components as ui
from enterprise_app.web.pages.campaigns.assets_variants import VariantsState as V
from enterprise_app.web.texts import t

FORM = "variants-form"


def variants_dialog() -> rx.Component:
    """Asks, shows, makes."""
    show = ui.button(
        t("assets.variants.show"), icon="eye", type="submit", loading=V.busy, custom_attrs={"form": FORM},
        variant="secondary",
    )  # fmt: skip
    make = ui.button(
        t("assets.variants.make"), icon="sparkles", variant="primary", on_click=V.make, loading=V.busy,
        disabled=V.chosen.length() == 0,
    )  # fmt: skip
    lead_on = ui.button(
        t("assets.variants.experiment"), icon="experiment", variant="primary", on_click=V.experiment, loading=V.busy
    )
    asks = ~V.running & (V.made == "")
    return ui.dialog(
        _problems(),
        rx.cond(V.running, _making()),
        rx.cond(V.made != "", ui.callout(t("assets.variants.experiment_hint"), title=V.made, tone="success")),
        rx.cond(asks, rx.fragment(_form(), rx.cond(V.asked, _plan()))),
        open=V.shown,
        on_close=V.close,
        title=t("assets.variants.title"),
        text=t("assets.variants.text"),
        key="variants",
        size="lg",
        footer=[
            rx.cond(asks, show),
            rx.cond(asks & V.asked & (V.variants.length() > 1), make),
            rx.cond(V.made != "", lead_on),
            rx.cond(asks, rx.fragment(), ui.button(t("components.close"), on_click=V.close)),
        ],
    )


def _making() -> rx.Component:
    return ui.stack(
        ui.progress(t("assets.variants.progress"), V.percent, text=V.progress, on_cancel=V.stop),
        rx.el.p(t("assets.variants.leave"), class_name="text-quiet flat"),
    )


def _problems() -> rx.Component:
    told = rx.foreach(V.errors, lambda pair: rx.el.p(pair[1], class_name="field-error", role="alert"))
    return rx.cond(V.errors.length() > 0, rx.el.div(told))


def _form() -> rx.Component:
    assets = ui.choice_group(
        rx.foreach(V.choices, _asset),
        label=t("assets.variants.assets"),
        hint=t("assets.variants.assets.hint"),
        columns=True,
    )
    kinds = [
        ui.checkbox(
            t(f"assets.variants.kind.{kind.value}"),
            checked=V.kinds.contains(kind.value),
            on_change=V.choose_kind(kind.value),
        )
        for kind in VariantKind
    ]
    return rx.el.form(
        assets,
        ui.choice_group(*kinds, label=t("assets.variants.kinds"), columns=True),
        rx.cond(V.kinds.contains("text"), _texts()),
        rx.cond(V.kinds.contains("colour"), _colours()),
        ui.field(
            t("assets.variants.seed"),
            ui.text_input(name="seed", type="number", default_value="0", min=0, max=2147483647),
            hint=t("assets.variants.seed.hint"),
        ),
        on_submit=V.preview,
        class_name="form variant-form",
        id=FORM,
    )


def _asset(choice: Any) -> rx.Component:
    return ui.checkbox(
        rx.el.bdi(choice.name), checked=V.assets.contains(choice.id), on_change=V.choose_asset(choice.id)
    )


def _texts() -> rx.Component:
    uses = [(use.value, t(f"assets.variants.use.{use.value}")) for use in TextUse]
    return rx.el.div(
        ui.field(t("assets.variants.use"), ui.select(uses, name="use")),
        ui.field(t("assets.variants.product"), ui.text_input(name="product", max_length=80), optional=True),
        ui.field(t("assets.variants.offer"), ui.text_input(name="offer", max_length=120), optional=True),
        ui.field(t("assets.variants.audience"), ui.text_input(name="audience", max_length=80), optional=True),
        class_name="variant-fields",
    )


def _colours() -> rx.Component:
    base = ui.text_input(name="base", max_length=40, dir="ltr")
    ground = ui.text_input(name="background", max_length=40, dir="ltr", default_value="#ffffff")
    return rx.el.div(
        ui.field(t("assets.variants.base"), base, hint=t("assets.variants.base.hint"), optional=True),
        ui.field(t("assets.variants.background"), ground),
        class_name="variant-fields",
    )


def _plan() -> rx.Component:
    grid = rx.el.div(rx.foreach(V.variants, _variant), class_name="variant-grid")
    more = rx.cond(V.left_out != "", rx.el.p(V.left_out, class_name="text-quiet"))
    return rx.cond(V.variants.length() > 1, ui.stack(grid, more), ui.callout(t("assets.variants.none"), tone="warning"))


def _variant(variant: Any) -> rx.Component:
    box = ui.checkbox(
        t("assets.variants.choose"), checked=V.chosen.contains(variant.key), on_change=V.choose(variant.key)
    )
    return rx.el.section(
        rx.el.h3(variant.title, class_name="variant-title"),
        rx.cond(variant.colour != "", ui.swatch(variant.colour)),
        rx.cond(variant.contrast != "", rx.el.span(variant.contrast, class_name="media-notes")),
        rx.cond(variant.words != "", rx.el.span(variant.words, dir="auto", class_name="wrap-anywhere")),
        rx.cond(variant.code != "", rx.el.code(variant.code, dir="ltr", class_name="variant-code")),
        rx.foreach(variant.samples, _sample),
        rx.cond(variant.is_control, rx.fragment(), box),
        class_name="variant",
    )


def _sample(sample: Any) -> rx.Component:
    shown = rx.match(
        sample.kind,
        ("image", rx.el.img(src=sample.src, alt="", class_name="media-image")),
        ("html", ui.media_frame(doc=sample.doc, title=t("assets.preview", name=sample.name))),
        ("text", rx.el.pre(sample.doc, dir="auto", class_name="media-quote")),
        rx.el.p(t("assets.variants.small"), class_name="text-quiet"),
    )
    return ui.media_figure(shown, rx.el.bdi(sample.name, class_name="media-name"))
