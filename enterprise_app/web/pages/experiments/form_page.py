"""The editor of an experiment, as seen: the wizard while it is a draft, else one page and beside it the plan."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments import form_parts
from enterprise_app.web.pages.experiments.actions import experiment_missing
from enterprise_app.web.pages.experiments.conditions import known_attributes
from enterprise_app.web.pages.experiments.editing import ExperimentFormState as S
from enterprise_app.web.pages.experiments.parts import included, problems, unless_included, upgrade
from enterprise_app.web.pages.experiments.plan_card import plan_card
from enterprise_app.web.pages.experiments.wizard_page import wizard
from enterprise_app.web.texts import t


def experiment_form(*, is_new: bool) -> rx.Component:
    """One page for making and for changing."""
    title = t("experiments.new") if is_new else S.title
    above = ui.link(t("experiments.list.title"), "/experiments")
    steps = rx.el.div(wizard(is_new=is_new), key=S.mark)
    body = unless_included(steps) if is_new else rx.cond(form_parts.is_draft(), steps, _page())
    shown = ui.stack(
        ui.page_header(title, t("experiments.form.text") if is_new else None, above=above),
        *([] if is_new else [upgrade()]),
        rx.cond(S.loading, ui.skeleton_page(), body),
    )
    return rx.cond(S.missing, experiment_missing(), shown)


def _page() -> rx.Component:
    """What may still change of an experiment that was started."""
    form = rx.el.div(_form(), class_name="form-wide")
    return rx.el.div(ui.split(form, plan_card()), key=S.mark)


def _form() -> rx.Component:
    running = ui.callout(t("experiments.form.running"), title=t("experiments.form.running_title"), tone="warning")
    stopped = ui.callout(t("experiments.form.stopped"), tone="info")
    plan = ui.stack(
        ui.card(form_parts.variants(), title=t("experiments.form.variants"), footer=form_parts.weights_sum()),
        ui.card(form_parts.metrics(), title=t("experiments.form.metrics")),
        ui.card(form_parts.who(), title=t("experiments.form.who")),
        _judging(),
    )
    return ui.form(
        known_attributes(),
        problems(S.errors, title=t("experiments.form.wrong")),
        rx.cond(S.state == "running", running),
        rx.cond(S.state == "stopped", stopped),
        ui.card(form_parts.basics(is_new=False), title=t("experiments.form.basics")),
        rx.cond(form_parts.is_open(), plan),
        ui.submit_row(
            ui.button(
                t("experiments.form.save"),
                variant="primary",
                type="submit",
                loading=S.saving,
                disabled=~included(),
            ),
            ui.button_link(t("experiments.form.cancel"), "/experiments/" + S.key, variant="ghost"),
        ),
        on_submit=S.save,
        no_validate=True,
    )


def _judging() -> rx.Component:
    """Chosen before the start, so it is folded away."""
    fields = ui.stack(form_parts.judging(), form_parts.stopping(), form_parts.counting())
    summary = rx.el.summary(
        rx.el.span(t("experiments.form.settings"), class_name="card-title"),
        rx.el.span(t("experiments.form.settings_text"), class_name="text-quiet"),
        class_name="fold-summary",
    )
    return rx.el.details(summary, rx.el.div(fields, class_name="card-body"), class_name="card fold")
