"""The editor of an experiment: a new one, a draft, or what may still change of one that runs; nothing typed is lost."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid, NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import (
    Experiment,
    ExperimentChange,
    ExperimentDraft,
    ExperimentSettings,
)
from enterprise_app.domains.experiments.vocabulary import ExperimentState, MetricRole
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments.actions import key_in
from enterprise_app.web.pages.experiments.choices import Choices, read_choices
from enterprise_app.web.pages.experiments.conditions import (
    ConditionRow,
    conditioned,
    conditions_of,
    rows_of,
    same,
    take_conditions,
)
from enterprise_app.web.pages.experiments.planning import Plan, planned
from enterprise_app.web.pages.experiments.rows import (
    LONGEST,
    at_rows,
    fresh,
    merged,
    number_of,
    percent_text,
    put,
    share_of,
    without,
)
from enterprise_app.web.pages.experiments.variants import (
    UseRow,
    VariantRow,
    added,
    even,
    new_rows,
    sum_of,
    uses_of,
    variant_rows,
    variants_of,
)
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, choice_of, id_of, text_of
from enterprise_app.web.shell.toasts import toast

TYPED = ("name", "key", "hypothesis", "campaign_id", "layer_id", "layer_share", "coverage", "primary")
SETTINGS = ("alpha", "power", "min_units", "auto_after_days", "correction", "inference", "monitoring")
TICKED = ("holdout", "auto_winner", "cuped", "exposed_when_served")
PLAN = ("plan_kind", "plan_base", "plan_deviation", "plan_effect", "plan_daily")
LIVE = (*SETTINGS, *PLAN, "coverage")
"""What the plan beside the form depends on."""
_RUNNING = ("name", "hypothesis", "variants", "targeting", "coverage", "metrics", "settings")
_USES = 50


class ExperimentFormState(conditioned(Permission.EXPERIMENTS_READ), rx.State):
    """What stands in the form."""

    loading: bool = True
    missing: bool = False
    saving: bool = False
    mark: str = ""
    key: str = ""
    title: str = ""
    state: str = ExperimentState.DRAFT.value
    values: dict[str, str] = dict.fromkeys((*TYPED, *SETTINGS, *PLAN), "")
    ticked: dict[str, bool] = dict.fromkeys(TICKED, True)
    variants: list[VariantRow] = []
    uses: list[UseRow] = []
    sum: str = ""
    sum_fits: bool = True
    choices: Choices = Choices()
    plan: Plan = Plan()
    errors: dict[str, str] = {}
    _version: int = 0
    _before: dict[str, Any] = {}
    _targeting: list[ConditionRow] = []

    @action(Permission.EXPERIMENTS_CREATE)
    async def load_new(self, ctx: Context) -> None:
        """An empty form with the defaults."""
        self.reset()
        await self._choices(ctx)
        self._settings(ctx, ExperimentSettings())
        self.values = self.values | {"coverage": percent_text(ctx, 1)}
        self.variants = new_rows(ctx)
        self.values = self.values | {"plan_kind": "proportion"}
        await self._recount(ctx)
        self.mark, self.loading = fresh(), False

    @action(Permission.EXPERIMENTS_UPDATE)
    async def load(self, ctx: Context) -> None:
        """The form of the experiment that the URL names."""
        self.reset()
        self.key = key_in(self.router.url.path)
        try:
            async with tenant_session(ctx) as session:
                experiment = await service.get_experiment(session, ctx, id_of(self.key))
        except NotFound:
            self.missing, self.loading = True, False
            return
        await self._choices(ctx)
        self._fill(ctx, experiment)
        await self._recount(ctx)
        self.mark, self.loading = fresh(), False

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    @action(Permission.EXPERIMENTS_READ)
    async def refresh(self, ctx: Context) -> None:
        """Metrics, campaigns or layers were added elsewhere; what is typed here stays."""
        if not self.loading:
            await self._choices(ctx)

    async def _choices(self, ctx: Context) -> None:
        self.choices = await read_choices(ctx, keep=[use.metric for use in self.uses])

    def _settings(self, ctx: Context, settings: ExperimentSettings) -> None:
        self.values = self.values | {
            "alpha": percent_text(ctx, 1 - settings.alpha),
            "power": percent_text(ctx, settings.power),
            "min_units": localization.format_number(settings.min_units, ctx.locale),
            "auto_after_days": localization.format_number(settings.auto_after_days, ctx.locale),
            "correction": settings.correction.value,
            "inference": settings.inference.value,
            "monitoring": settings.monitoring.value,
        }
        self.ticked = self.ticked | {
            name: getattr(settings, name) for name in ("auto_winner", "cuped", "exposed_when_served")
        }

    def _fill(self, ctx: Context, experiment: Experiment) -> None:
        self._version, self.title, self.state = experiment.version, experiment.name, experiment.state.value
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
        self.conditions = self._targeting = rows_of(experiment.targeting)
        self._before = self._given(ctx) | {"targeting": None}

    @action(Permission.EXPERIMENTS_READ)
    async def put(self, ctx: Context, word: str, value: str) -> None:
        """A field was left or chosen; the plan follows."""
        if word in self.values:
            self.values = self.values | {word: value.strip()[:LONGEST]}
            if word in LIVE:
                await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def add_variant(self, ctx: Context) -> None:
        """One more, up to five; all get the same weight."""
        self.variants = even(ctx, added(ctx, self.variants))
        await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def drop_variant(self, ctx: Context, row_id: str) -> None:
        """One less; the others share evenly. The control stays, and so do two."""
        left = without(self.variants, row_id)
        if len(left) >= 2 and any(row.is_control for row in left):
            self.variants = even(ctx, left)
            await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def share_evenly(self, ctx: Context) -> None:
        """The same weight for each."""
        self.variants = even(ctx, self.variants)
        await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def put_variant(self, ctx: Context, row_id: str, word: str, value: str) -> None:
        """What was typed into a variant's row."""
        if word in ("key", "name", "weight"):
            self.variants = put(self.variants, row_id, **{word: value.strip()[:200]})
            await self._recount(ctx)

    @action(Permission.EXPERIMENTS_READ)
    async def make_control(self, row_id: str) -> None:
        """The one that all others are compared with."""
        if any(row.id == row_id for row in self.variants):
            self.variants = [row.model_copy(update={"is_control": row.id == row_id}) for row in self.variants]

    @action(Permission.EXPERIMENTS_READ)
    async def add_use(self, role: str) -> None:
        """One more secondary metric or guardrail."""
        wanted = choice_of(MetricRole, role, "role")
        if len(self.uses) < _USES:
            self.uses = [*self.uses, UseRow(id=fresh(), role=wanted.value)]

    @action(Permission.EXPERIMENTS_READ)
    async def drop_use(self, row_id: str) -> None:
        """One less."""
        self.uses = without(self.uses, row_id)

    @action(Permission.EXPERIMENTS_READ)
    async def put_use(self, row_id: str, word: str, value: str) -> None:
        """Another metric or role in a row."""
        if word == "metric" or (word == "role" and value in list(MetricRole)):
            self.uses = put(self.uses, row_id, **{word: value[:100]})

    async def _recount(self, ctx: Context) -> None:
        self.sum, self.sum_fits = sum_of(ctx, self.variants)
        self.plan = await planned(ctx, self.values, self.variants)

    @action(Permission.EXPERIMENTS_READ)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create or change; the services check the rights for each. The experiment's page opens."""
        if self.saving:
            return
        self._take(form)
        self.saving = True
        yield
        try:
            experiment = await (self._change(ctx) if self.key else self._create(ctx))
        except Invalid as error:
            places = {"variants": self.variants, "targeting": self.conditions, "metrics": self._used()}
            raise at_rows(error, places, {"targeting": "conditions"}) from None
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "experiments.form.saved", name=experiment.name))
        yield rx.redirect(f"/experiments/{experiment.id}")

    def _take(self, form: dict[str, Any]) -> None:
        """What the form says now is kept, whatever comes of it."""
        names = [name for name in self.values if isinstance(form.get(name), str)]
        self.values = self.values | {name: text_of(form, name)[:LONGEST] for name in names}
        if "shown" in form:
            self.ticked = {name: name in form for name in TICKED}
        self.variants = merged(self.variants, form, "key", "name", "weight")
        self.uses = merged(self.uses, form, "metric", "role")
        self.conditions = take_conditions(self.conditions, form)

    def _used(self) -> list[UseRow]:
        """The primary metric first, then the others, as they are saved."""
        first = [UseRow(id="primary", metric=self.values["primary"], role=MetricRole.PRIMARY.value)]
        return [use for use in (*(first if self.values["primary"] else []), *self.uses) if use.metric]

    def _given(self, ctx: Context) -> dict[str, Any]:
        """The form as the shapes want it."""
        values = self.values
        return {
            "name": values["name"],
            "hypothesis": values["hypothesis"],
            "campaign_id": values["campaign_id"] or None,
            "variants": variants_of(ctx, self.variants),
            "targeting": conditions_of(self.conditions),
            "coverage": share_of(ctx, values["coverage"], "coverage"),
            "holdout": self.ticked["holdout"],
            "layer_id": values["layer_id"] or None,
            "layer_share": share_of(ctx, values["layer_share"], "layer_share") or None,
            "metrics": [{"metric_id": use.metric, "role": use.role} for use in self._used()],
            "settings": self._judging(ctx),
        }

    def _judging(self, ctx: Context) -> dict[str, Any]:
        values = self.values
        return {
            "alpha": round(1 - share_of(ctx, values["alpha"], "settings.alpha"), 6),
            "power": share_of(ctx, values["power"], "settings.power"),
            "min_units": int(number_of(ctx, values["min_units"], "settings.min_units")),
            "auto_after_days": int(number_of(ctx, values["auto_after_days"], "settings.auto_after_days")),
            **{name: values[name] for name in ("correction", "inference", "monitoring")},
            **{name: self.ticked[name] for name in ("auto_winner", "cuped", "exposed_when_served")},
        }

    async def _create(self, ctx: Context) -> Experiment:
        draft = checked(ExperimentDraft, self._given(ctx) | {"key": self.values["key"] or None})
        async with tenant_session(ctx) as session:
            return await service.create_experiment(session, ctx, draft)

    async def _change(self, ctx: Context) -> Experiment:
        """Only what is not as it was: of a running experiment each change makes a new version of the plan."""
        given = self._given(ctx)
        changed = {name: value for name, value in given.items() if value != self._before[name]}
        if same(self.conditions, self._targeting):
            changed.pop("targeting", None)
        if self.state != ExperimentState.DRAFT:
            changed = {name: value for name, value in changed.items() if name in _RUNNING}
        async with tenant_session(ctx) as session:
            if not changed:
                return await service.get_experiment(session, ctx, id_of(self.key))
            change = checked(ExperimentChange, changed)
            return await service.update_experiment(session, ctx, id_of(self.key), self._version, change)
