"""The form of a campaign, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

import reflex as rx

from enterprise_app.domains.campaigns.vocabulary import CampaignChannel, CampaignObjective
from enterprise_app.web import components as ui
from enterprise_app.web.pages.campaigns.editing import CampaignFormState as S
from enterprise_app.web.texts import t

OBJECTIVES = [(objective.value, t(f"campaigns.objective.{objective.value}")) for objective in CampaignObjective]


def campaign_form(*, is_new: bool) -> rx.Component:
    """One page for making and for changing."""
    title = t("campaigns.new") if is_new else S.name
    above = ui.link(t("campaigns.list.title"), "/campaigns")
    return ui.stack(
        ui.page_header(title, t("campaigns.form.text") if is_new else None, above=above),
        rx.cond(S.loading, ui.skeleton_page(), ui.card(_form())),
        class_name="measure",
    )


def _form() -> rx.Component:
    return ui.form(
        ui.field(
            t("campaigns.field.name"),
            ui.text_input(name="name", default_value=S.name, max_length=400, auto_focus=True),
            error=S.errors["name"],
            required=True,
        ),
        ui.field(
            t("campaigns.field.objective"),
            ui.select(OBJECTIVES, name="objective", default_value=S.objective),
            error=S.errors["objective"],
        ),
        ui.grid(
            ui.field(
                t("campaigns.field.starts_on"),
                ui.date_input(name="starts_on", default_value=S.starts_on),
                error=S.errors["starts_on"],
                optional=True,
            ),
            ui.field(
                t("campaigns.field.ends_on"),
                ui.date_input(name="ends_on", default_value=S.ends_on),
                error=S.errors["ends_on"] | S.errors["body"],  # pyright: ignore[reportOperatorIssue]
                optional=True,
            ),
        ),
        ui.field(
            t("campaigns.field.budget"),
            ui.money_input(name="budget", currency=S.currency, default_value=S.budget),
            error=S.errors["budget"],
            optional=True,
        ),
        ui.choice_group(
            *[_channel(channel) for channel in CampaignChannel], label=t("campaigns.field.channels"), columns=True
        ),
        ui.field(
            t("campaigns.field.tags"),
            ui.tag_input(value=S.tags, on_tags=S.set_tags),
            name="tags",
            hint=t("campaigns.form.tags_hint"),
            error=S.errors["tags"],
            optional=True,
        ),
        ui.field(
            t("campaigns.field.description"),
            ui.textarea(name="description", rows=4, default_value=S.description),
            error=S.errors["description"],
            optional=True,
        ),
        ui.submit_row(
            ui.button(t("campaigns.form.save"), variant="primary", type="submit"),
            ui.button_link(t("campaigns.form.cancel"), "/campaigns", variant="ghost"),
        ),
        on_submit=S.save,
    )


def _channel(channel: CampaignChannel) -> rx.Component:
    return ui.checkbox(
        t(f"campaigns.channel.{channel.value}"),
        checked=S.channels.contains(channel.value),
        on_change=lambda ticked: S.tick_channel(channel.value, ticked),
    )
