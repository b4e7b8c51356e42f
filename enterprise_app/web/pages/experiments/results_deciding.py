"""The dialog that ends an experiment: ship a variant, keep the control, or record that there is no answer."""

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import DecisionDraft
from enterprise_app.domains.experiments.vocabulary import DecisionOutcome
from enterprise_app.web.components.shapes import Option
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.actions import ExperimentHeadState, key_in
from enterprise_app.web.pages.experiments.results import ResultsState
from enterprise_app.web.pages.experiments.results_shapes import names_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.toasts import toast

OUTCOMES = [outcome.value for outcome in DecisionOutcome]


class DecidingState(rx.State):
    """What the dialog asks."""

    open: bool = False
    saving: bool = False
    outcome: str = DecisionOutcome.SHIP.value
    variants: list[Option] = []
    variant: str = ""
    short: str = ""
    errors: dict[str, str] = {}
    _key: str = ""
    _version: int = 0

    @action(Permission.EXPERIMENTS_RUN)
    async def start(self, ctx: Context) -> None:
        """Open it for the experiment of the URL, with what the rules advise chosen."""
        key = key_in(self.router.url.path)
        async with tenant_session(ctx, snapshot=True) as session:
            experiment = await service.get_experiment(session, ctx, id_of(key))
            results = await service.get_results(session, ctx, id_of(key))
        names, control = names_of(experiment), results.control
        self.variants = [Option(value=k, label=name) for k, name in names.items() if k != control]
        advised = results.advice.variant if results.advice and results.advice.step in ("declare", "review") else None
        self.variant = advised if advised in names and advised != control else self.variants[0].value
        self.outcome = (DecisionOutcome.SHIP if advised else DecisionOutcome.INCONCLUSIVE).value
        least = min((u.units for u in results.units if u.weight > 0), default=0)
        needed = experiment.settings.min_units
        told = {"units": numbers.count(ctx, least), "least": numbers.count(ctx, needed)}
        self.short = translate(ctx.locale, "results.deciding.short", **told) if least < needed else ""
        self._key, self._version = key, experiment.version
        self.open, self.saving = True, False

    @action(Permission.EXPERIMENTS_RUN)
    async def close(self) -> None:
        """Nothing is decided."""
        self.reset()

    @action(Permission.EXPERIMENTS_RUN)
    async def choose(self, outcome: str) -> None:
        """Only shipping names a variant."""
        self.outcome = outcome if outcome in OUTCOMES else self.outcome

    @action(Permission.EXPERIMENTS_RUN)
    async def decide(self, ctx: Context, form: dict[str, str]) -> list[EventSpec] | None:
        """Record it; what is refused is told in the dialog."""
        if not self.open or self.saving:
            return None
        self.saving = True
        try:
            await self._decide(ctx, form)
        finally:
            self.saving = False
        self.reset()
        return [ExperimentHeadState.load(), ResultsState.load()]

    async def _decide(self, ctx: Context, form: dict[str, str]) -> None:
        ships = self.outcome == DecisionOutcome.SHIP.value
        given = {"outcome": self.outcome, "note": text_of(form, "note")}
        draft = checked(DecisionDraft, given | ({"variant": text_of(form, "variant")} if ships else {}))
        with told_at("outcome"):
            async with tenant_session(ctx) as session:
                made = await service.decide_experiment(session, ctx, id_of(self._key), draft, self._version)
        await toast(self, "success", translate(ctx.locale, "results.deciding.done", name=made.name))
