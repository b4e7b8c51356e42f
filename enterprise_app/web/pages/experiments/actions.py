"""The head of one experiment: its state and what can be done with it; the page of results stands below it."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.vocabulary import ExperimentAction
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.shapes import line_of
from enterprise_app.web.shell.acting import Acts, is_open, opened
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.days import end_of, start_of
from enterprise_app.web.shell.forms import id_of
from enterprise_app.web.shell.session import can
from enterprise_app.web.shell.urls import key_in as key_in  # where the pages of results look for it
from enterprise_app.web.texts import t

UNDO = {
    ExperimentAction.PAUSE: ExperimentAction.RESUME,
    ExperimentAction.RESUME: ExperimentAction.PAUSE,
    ExperimentAction.ARCHIVE: ExperimentAction.RESTORE,
    ExperimentAction.RESTORE: ExperimentAction.ARCHIVE,
}
ASKED = (ExperimentAction.START, ExperimentAction.STOP)
"""What can't be taken back asks first."""
ICONS = {
    ExperimentAction.START: "play",
    ExperimentAction.RESUME: "play",
    ExperimentAction.PAUSE: "pause",
    ExperimentAction.STOP: "check",
    ExperimentAction.RESTORE: "restore",
    ExperimentAction.ARCHIVE: "archive",
}


ACTS = Acts(ExperimentAction, service.act_on_experiment, lambda act: f"experiments.done.{act.value}", UNDO)


class ExperimentHeadState(rx.State):
    """What the head of an experiment's page shows."""

    loading: bool = True
    missing: bool = False
    key: str = ""
    code: str = ""
    name: str = ""
    hypothesis: str = ""
    state: str = ""
    state_text: str = ""
    tone: str = "neutral"
    actions: list[str] = []
    asking: str = ""
    elsewhere: bool = False
    day: str = ""
    errors: dict[str, str] = {}

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Show the experiment that the URL names."""
        experiment = await opened(self, ctx, service.get_experiment)
        if experiment is None:
            return
        line = line_of(ctx, experiment)
        for name in ("name", "state", "state_text", "tone", "actions"):
            setattr(self, name, getattr(line, name))
        self.code = experiment.key
        self.hypothesis = numbers.name(ctx, experiment.hypothesis) if experiment.hypothesis else ""
        self.elsewhere = not experiment.settings.exposed_when_served
        self.loading = False

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    @action(Permission.EXPERIMENTS_READ)
    async def ask(self, name: str) -> None:
        """Before what can't be taken back."""
        self.asking, self.day = name if name in ASKED else "", ""

    @action(Permission.EXPERIMENTS_READ)
    async def put_day(self, value: str) -> None:
        """When it began or ended, of what ran elsewhere."""
        self.day = value[:10]

    @action(Permission.EXPERIMENTS_READ)
    async def keep(self) -> None:
        """It stays as it is."""
        self.asking = ""

    @action(Permission.EXPERIMENTS_READ)
    async def act(self, ctx: Context, name: str) -> EventSpec:
        """Start, pause, resume, stop, archive or restore; the service checks the right for each."""
        self.asking, key = "", self.key
        acts = replace(ACTS, use_case=partial(service.act_on_experiment, at=self._moment(ctx, name)))
        await acts.do(self, ctx, key, name, undo=lambda back: ExperimentHeadState.take_back(key, back))
        return ExperimentHeadState.load()

    def _moment(self, ctx: Context, name: str) -> datetime | None:
        """The start of the first day, the end of the last one, but nothing that is still to come; None is now."""
        if name not in ASKED or not self.day:
            return None
        if name == ExperimentAction.START:
            return start_of(ctx, self.day, "started_at")
        end = end_of(ctx, self.day, "stopped_at")
        return None if end is None or end > now() > end - timedelta(days=1) else end

    @action(Permission.EXPERIMENTS_READ)
    async def take_back(self, ctx: Context, key: str, name: str) -> EventSpec | None:
        """What a message offered to undo, whichever page is open by now."""
        await ACTS.do(self, ctx, key, name)
        return ExperimentHeadState.load() if is_open(self, "experiments") else None

    @action(Permission.EXPERIMENTS_CREATE)
    async def duplicate(self, ctx: Context) -> EventSpec:
        """A draft copy, opened for editing."""
        return await duplicated(ctx, self.key)


async def duplicated(ctx: Context, key: str) -> EventSpec:
    """The way to a draft copy of an experiment."""
    async with tenant_session(ctx) as session:
        copy = await service.duplicate_experiment(session, ctx, id_of(key))
    return rx.redirect(f"/experiments/{copy.id}/edit")


H = ExperimentHeadState


def experiment_page(*below: rx.Component) -> rx.Component:
    """The whole page: the head and what is below it; a skeleton before, or the news that there is no such one."""
    shown = ui.stack(experiment_header(), *below)
    return rx.cond(H.missing, experiment_missing(), rx.cond(H.loading, ui.skeleton_page(), shown))


def experiment_header() -> rx.Component:
    """Name, hypothesis, state and actions; and why it can't be started, where that was tried."""
    above = ui.row(
        ui.link(t("experiments.list.title"), "/experiments"),
        ui.badge(H.state_text, H.tone, dot=True),
        rx.el.code(H.code, class_name="text-quiet", dir="ltr"),
    )
    problems = rx.el.ul(rx.foreach(H.errors.values(), lambda text: rx.el.li(text)), class_name="summary-list")
    edit = ui.button_link(t("experiments.edit"), _edit_href(), size="sm")
    wrong = ui.callout(problems, title=t("experiments.not_ready"), tone="danger", action=edit)
    return ui.stack(
        ui.page_header(H.name, H.hypothesis, _actions(), above=above),
        rx.cond(H.errors.length() > 0, wrong),
        *[_question(name) for name in ASKED],
    )


def experiment_missing() -> rx.Component:
    """There is no such experiment."""
    back = ui.button_link(t("experiments.all"), "/experiments")
    return ui.empty_state("search", t("experiments.missing.title"), t("experiments.missing.text"), back)


def _edit_href() -> rx.Var[str]:
    return "/experiments/" + H.key + "/edit"  # pyright: ignore[reportReturnType]


def _actions() -> list[rx.Component]:
    edit = ui.button_link(t("experiments.edit"), _edit_href(), icon="edit")
    return [
        rx.cond(can(Permission.EXPERIMENTS_UPDATE) & (H.state != "archived"), edit),
        *[_button(name) for name in (ExperimentAction.PAUSE, ExperimentAction.STOP)],
        *[_button(name, "primary") for name in (ExperimentAction.RESUME, ExperimentAction.START)],
        _button(ExperimentAction.RESTORE),
        _more(),
    ]


def _button(name: ExperimentAction, variant: str = "secondary") -> rx.Component:
    press = H.ask(name.value) if name in ASKED else H.act(name.value)
    button = ui.button(t(f"experiments.action.{name.value}"), variant=variant, icon=ICONS[name], on_click=press)
    return rx.cond(can(Permission.EXPERIMENTS_RUN) & H.actions.contains(name.value), button)


def _more() -> rx.Component:
    archive = ui.menu_item(
        t("experiments.action.archive"), icon="archive", danger=True, on_click=H.act(ExperimentAction.ARCHIVE.value)
    )
    menu = ui.menu(
        ui.icon_button("more", t("experiments.more", name=H.name), variant="secondary"),
        ui.menu_item(t("experiments.duplicate"), icon="copy", on_click=H.duplicate),
        rx.cond(H.actions.contains("archive") & can(Permission.EXPERIMENTS_RUN), archive),
        label=H.name,
        align="end",
    )
    return rx.cond(can(Permission.EXPERIMENTS_CREATE), menu)


def _question(name: ExperimentAction) -> rx.Component:
    return ui.confirm_dialog(
        open=H.asking == name.value,
        on_close=H.keep,
        on_confirm=H.act(name.value),
        title=t(f"experiments.{name.value}.title"),
        text=t(f"experiments.{name.value}.text"),
        confirm=t(f"experiments.action.{name.value}"),
        key=name.value,
        danger=name is ExperimentAction.STOP,
        more=rx.cond(H.elsewhere, _day(name)),
    )


def _day(name: ExperimentAction) -> rx.Component:
    """When what ran elsewhere began or ended."""
    word = "began" if name is ExperimentAction.START else "ended"
    chosen = ui.date_input(name=f"{word}_on", value=H.day, on_change=H.put_day)
    return ui.field(t(f"elsewhere.{word}"), chosen, hint=t(f"elsewhere.{word}_hint"), optional=True)
