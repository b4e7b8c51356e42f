"""The editor of an experiment: the wizard of a draft, or one page for what may still change of one that runs.

The wizard's step is in the URL; what stands in the form is kept in the state from step to step, and when a new draft
is saved and its own address opens. Nothing typed is lost on the way back.
"""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError, Invalid
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import (
    Experiment,
    ExperimentChange,
    ExperimentDraft,
    ExperimentSettings,
)
from enterprise_app.domains.experiments.vocabulary import ExperimentAction, ExperimentState
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.steps import DONE, MISSING, WRONG
from enterprise_app.web.pages.experiments.actions import ACTS
from enterprise_app.web.pages.experiments.choices import Choices, read_choices
from enterprise_app.web.pages.experiments.conditions import ConditionRow, rows_of, same, take_conditions
from enterprise_app.web.pages.experiments.drafting import (
    FILLED,
    REVIEW,
    SETTINGS,
    STEPS,
    SWITCHES,
    TICKED,
    Typed,
    check,
    given,
    placed,
    settings_texts,
    step_of,
)
from enterprise_app.web.pages.experiments.reviewing import Part, Todo, parts_of, todos_of
from enterprise_app.web.pages.experiments.row_editing import RowsState
from enterprise_app.web.pages.experiments.rows import LONGEST, fresh, merged, percent_text
from enterprise_app.web.pages.experiments.variants import new_rows, uses_of, variant_rows
from enterprise_app.web.shell.acting import opened
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import change_view, key_in, parameters

TYPED = ("name", "key", "hypothesis", "campaign_id", "layer_id", "layer_share", "coverage", "primary")
PLAN = ("plan_kind", "plan_base", "plan_deviation", "plan_effect", "plan_daily")
LIVE = (*SETTINGS, *PLAN, "coverage")
"""What the plan beside the form depends on."""
_RUNNING = ("name", "hypothesis", "variants", "targeting", "coverage", "metrics", "settings")


class ExperimentFormState(RowsState, rx.State):
    """What stands in the form, and how its steps stand."""

    loading: bool = True
    missing: bool = False
    saving: bool = False
    mark: str = ""
    key: str = ""
    title: str = ""
    state: str = ExperimentState.DRAFT.value
    step: str = STEPS[0]
    marks: dict[str, str] = dict.fromkeys(STEPS, "")
    values: dict[str, str] = dict.fromkeys((*TYPED, *SETTINGS, *PLAN), "")
    ticked: dict[str, bool] = dict.fromkeys(TICKED, True)
    units_mark: str = ""
    choices: Choices = Choices()
    parts: list[Part] = []
    todos: list[Todo] = []
    errors: dict[str, str] = {}
    _version: int = 0
    _before: dict[str, Any] = {}
    _targeting: list[ConditionRow] = []
    _seen: list[str] = []
    _kept: str = ""

    @action(Permission.EXPERIMENTS_CREATE)
    async def load_new(self, ctx: Context) -> None:
        """An empty form with the defaults; or another step of the one that is open."""
        if self.key or not self.mark:
            self.reset()
            await self._choices(ctx)
            self._settings(ctx, ExperimentSettings())
            self.values = self.values | {"coverage": percent_text(ctx, 1), "plan_kind": "proportion"}
            self.variants = new_rows(ctx)
            await self._recount(ctx)
            self.mark, self.loading = fresh(), False
        await self._turn(ctx)

    @action(Permission.EXPERIMENTS_UPDATE)
    async def load(self, ctx: Context) -> None:
        """The form of the experiment that the URL names; or another step of the one that is open."""
        key, asked = key_in(self.router.url.path), self._asked()
        is_open = bool(self.mark) and key == self.key and (key == self._kept or asked != self.step)
        self._kept = ""
        if not is_open:
            experiment = await opened(self, ctx, service.get_experiment, anew=True)
            if experiment is None:
                return
            self._seen = list(FILLED)
            self._fill(ctx, experiment)
            await self._choices(ctx)
            await self._recount(ctx)
            self.mark, self.loading = fresh(), False
        await self._turn(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open; a draft that was just saved opens at its own address."""
        if not self._kept:
            self.reset()

    @action(Permission.EXPERIMENTS_READ)
    async def refresh(self, ctx: Context) -> None:
        """Metrics, campaigns or layers were added elsewhere; what is typed here stays."""
        if not self.loading:
            await self._choices(ctx)

    async def _choices(self, ctx: Context) -> None:
        keep = [self.values["primary"], *[use.metric for use in self.uses]]
        self.choices = await read_choices(ctx, keep=keep)

    def _settings(self, ctx: Context, settings: ExperimentSettings) -> None:
        self.values = self.values | settings_texts(ctx, settings)
        self.ticked = self.ticked | {name: getattr(settings, name) for name in SWITCHES}

    def _fill(self, ctx: Context, experiment: Experiment) -> None:
        self.values = self.values | {
            "name": experiment.name,
            "key": experiment.key,
            "hypothesis": experiment.hypothesis,
            "campaign_id": str(experiment.campaign_id or ""),
            "layer_id": str(experiment.layer_id or ""),
            "layer_share": percent_text(ctx, experiment.layer_share) if experiment.layer_share else "",
            "coverage": percent_text(ctx, experiment.coverage),
            "primary": str(experiment.primary_metric_id or ""),
            "plan_kind": "proportion",
        }
        self.ticked = self.ticked | {"holdout": experiment.holdout}
        self._settings(ctx, experiment.settings)
        self.variants, self.uses = variant_rows(ctx, experiment), uses_of(experiment)
        self.conditions = rows_of(experiment.targeting)
        self._stands(ctx, experiment)

    def _stands(self, ctx: Context, experiment: Experiment) -> None:
        """What the form shows is what is stored."""
        self.key, self._version = str(experiment.id), experiment.version
        self.title, self.state = experiment.name, experiment.state.value
        self.values = self.values | {"key": experiment.key}
        self._targeting = self.conditions
        self._before = given(ctx, self._typed()) | {"targeting": None}

    # ---- the steps of the wizard ----

    def _asked(self) -> str:
        """The step that the URL names."""
        asked = parameters(self).get("step", "")
        return asked if asked in STEPS else STEPS[0]

    async def _turn(self, ctx: Context) -> None:
        """Another step opens; one that was seen before tells again what is wrong there. Raises Invalid."""
        if self.state != ExperimentState.DRAFT:
            return
        was_seen = self._asked() in self._seen
        self.step = self._asked()
        self._seen = list(FILLED) if self.step == REVIEW else list(dict.fromkeys([*self._seen, self.step]))
        wrong = await self._judge(ctx, but="" if was_seen else self.step)
        if was_seen and self.step in wrong:
            raise wrong[self.step]

    async def _judge(self, ctx: Context, *, but: str = "") -> dict[str, Invalid]:
        """Mark the steps that were seen, without `but`, which was just opened; what is wrong, by step."""
        typed, wrong, lacking = self._typed(), {}, []
        marks: dict[str, str] = dict.fromkeys(STEPS, "")
        for step in [known for known in FILLED if known in self._seen and known != but]:
            try:
                missing = await check(ctx, typed, step, is_new=not self.key)
            except Invalid as error:
                wrong[step], marks[step] = error, WRONG
            else:
                lacking += [(step, one) for one in missing]
                marks[step] = MISSING if missing else DONE
        self.marks = marks
        if self.step == REVIEW:
            self.todos = todos_of(ctx, wrong, lacking)
            self.parts = parts_of(ctx, typed, self.choices, self.plan)
        return wrong

    @action(Permission.EXPERIMENTS_READ)
    async def go_on(self, ctx: Context, form: dict[str, Any]) -> EventSpec | None:
        """The next step, unless something of this one is wrong."""
        self._take(form)
        if self.step == REVIEW:
            return None
        try:
            await check(ctx, self._typed(), self.step, is_new=not self.key)
        except Invalid:
            self.marks = self.marks | {self.step: WRONG}
            raise
        return change_view(self, step=STEPS[STEPS.index(self.step) + 1])

    @action(Permission.EXPERIMENTS_READ)
    async def save_draft(self, ctx: Context) -> AsyncIterator[Any]:
        """Keep it as it is, whatever step is open; the services check the rights."""
        if self.saving:
            return
        self.saving = True
        yield
        try:
            experiment = await self._store(ctx)
        except Invalid as error:
            yield self._lead(error)
            return
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "experiments.wizard.saved", name=experiment.name))
        if self._is_elsewhere():
            yield self._go(self.step)

    @action(Permission.EXPERIMENTS_READ)
    async def start(self, ctx: Context) -> AsyncIterator[Any]:
        """Save it and let it run; the services check the rights for both."""
        if self.saving:
            return
        self.saving = True
        yield
        try:
            await self._store(ctx)
            await ACTS.do(self, ctx, self.key, ExperimentAction.START.value)
        except Invalid as error:
            yield self._lead(error)
            return
        except AtriumError:
            if self._is_elsewhere():
                yield self._go(self.step)
            raise
        finally:
            self.saving = False
        yield rx.redirect(f"/experiments/{self.key}")

    def _is_elsewhere(self) -> bool:
        """Whether it was stored, but the address still says "new"."""
        return bool(self.key) and key_in(self.router.url.path) != self.key

    def _go(self, step: str) -> EventSpec:
        """To a step; of what was just stored, at its own address, where this form goes on."""
        if not self._is_elsewhere():
            return change_view(self, step=step)
        self._kept = self.key
        return rx.redirect(f"/experiments/{self.key}/edit?step={step}", replace=True)

    def _lead(self, error: Invalid) -> EventSpec:
        """To the step where the first problem is, which tells it; raises it where that is this one."""
        step = step_of(error.problems[0].field, self._typed())
        self.marks = self.marks | {step: WRONG}
        self._seen = list(dict.fromkeys([*self._seen, step]))
        if step == self.step and not self._is_elsewhere():
            raise error
        return self._go(step)

    # ---- what is typed, and kept ----

    @action(Permission.EXPERIMENTS_READ)
    async def put(self, ctx: Context, word: str, value: str) -> None:
        """A field was left or chosen; the plan follows."""
        if word in self.values:
            self.values = self.values | {word: value.strip()[:LONGEST]}
            if word in LIVE:
                await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def tick(self, word: str, ticked: bool) -> None:
        """Yes or no."""
        if word in TICKED:
            self.ticked = self.ticked | {word: ticked is True}

    @action(Permission.EXPERIMENTS_READ)
    async def take_plan(self, ctx: Context) -> None:
        """What the plan says each variant needs becomes the least for a winner."""
        if self.plan.count:
            self.values = self.values | {"min_units": localization.format_number(self.plan.count, ctx.locale)}
            self.units_mark = fresh()

    @action(Permission.EXPERIMENTS_READ)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create or change; the services check the rights for each. The experiment's page opens."""
        if self.saving:
            return
        self._take(form)
        self.saving = True
        yield
        try:
            experiment = await self._store(ctx)
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "experiments.form.saved", name=experiment.name))
        yield rx.redirect(f"/experiments/{experiment.id}")

    def _take(self, form: dict[str, Any]) -> None:
        """What the form says now is kept, whatever comes of it."""
        names = [name for name in self.values if isinstance(form.get(name), str)]
        self.values = self.values | {name: text_of(form, name)[:LONGEST] for name in names}
        self.variants = merged(self.variants, form, "key", "name", "weight")
        self.uses = merged(self.uses, form, "metric", "role")
        self.conditions = take_conditions(self.conditions, form)

    def _typed(self) -> Typed:
        return Typed(
            values=self.values, ticked=self.ticked, variants=self.variants, uses=self.uses, conditions=self.conditions
        )

    async def _store(self, ctx: Context) -> Experiment:
        """As it stands here. Raises Invalid at the form's fields and rows, VersionConflict and what else is refused."""
        try:
            experiment = await (self._change(ctx) if self.key else self._create(ctx))
        except Invalid as error:
            raise placed(error, self._typed()) from None
        self._stands(ctx, experiment)
        return experiment

    async def _create(self, ctx: Context) -> Experiment:
        draft = checked(ExperimentDraft, given(ctx, self._typed()) | {"key": self.values["key"] or None})
        async with tenant_session(ctx) as session:
            return await service.create_experiment(session, ctx, draft)

    async def _change(self, ctx: Context) -> Experiment:
        """Only what is not as it was: of a running experiment each change makes a new version of the plan."""
        wanted = given(ctx, self._typed())
        changed = {name: value for name, value in wanted.items() if value != self._before[name]}
        if same(self.conditions, self._targeting):
            changed.pop("targeting", None)
        if self.state != ExperimentState.DRAFT:
            changed = {name: value for name, value in changed.items() if name in _RUNNING}
        async with tenant_session(ctx) as session:
            if not changed:
                return await service.get_experiment(session, ctx, id_of(self.key))
            change = checked(ExperimentChange, changed)
            return await service.update_experiment(session, ctx, id_of(self.key), self._version, change)
