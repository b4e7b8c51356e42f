"""How the platform is: its parts, the kill switches, and deliveries that failed for good."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.switches import Switch
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.operations import service
from enterprise_app.domains.operations.schemas import FailedDelivery, HealthReport, SwitchState, SwitchTurn
from enterprise_app.domains.operations.vocabulary import Health, State
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.toasts import toast

HEALTH_TONES = {Health.OK: "success", Health.DEGRADED: "warning", Health.DOWN: "danger"}
STATE_TONES = {State.UP: "success", State.DOWN: "danger", State.BUILT_IN: "neutral"}
_LONGEST = 300


class Part(BaseModel):
    """One component of the platform."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    state: str
    tone: str


class SwitchRow(BaseModel):
    """One kill switch."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    text: str
    on: bool
    changed: str


class DeliveryRow(BaseModel):
    """One delivery that gave up."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    subscriber: str
    attempts: str
    error: str
    at: str
    tenant: str


class OperatorSystemState(rx.State):
    """What the page of the platform's condition shows now."""

    loading: bool = True
    failed: bool = False
    health: str = ""
    health_tone: str = "neutral"
    checked_at: str = ""
    parts: list[Part] = []
    waiting: str = ""
    waiting_since: str = ""
    switches: list[SwitchRow] = []
    deliveries: list[DeliveryRow] = []
    pending: str = ""
    dead: str = ""
    oldest: str = ""
    turning: str = ""
    turning_name: str = ""
    turning_on: bool = False
    saving: bool = False
    errors: dict[str, str] = {}

    @action(Permission.OPERATOR_SYSTEM)
    async def load(self, ctx: Context) -> None:
        """Ask every part."""
        with showing(self):
            self._show_health(ctx, await service.health())
            await self._load_waiting(ctx)
            await self._load_switches(ctx)
            await self._load_deliveries(ctx)

    @action(Permission.OPERATOR_SYSTEM)
    async def refresh(self, ctx: Context) -> None:
        """A switch was turned or a delivery failed somewhere: show it, without asking every part how it is."""
        await self._load_waiting(ctx)
        await self._load_switches(ctx)
        await self._load_deliveries(ctx)

    def _show_health(self, ctx: Context, report: HealthReport) -> None:
        self.health = translate(ctx.locale, f"operator.health.{report.status.value}")
        self.health_tone = HEALTH_TONES[report.status]
        self.checked_at = localization.format_datetime(report.checked_at, ctx.locale, ctx.zone)
        self.parts = [
            Part(
                id=name,
                name=translate(ctx.locale, f"operator.part.{name}"),
                state=translate(ctx.locale, f"operator.state.{state.value}"),
                tone=STATE_TONES[state],
            )
            for name, state in report.components.items()
        ]

    async def _load_waiting(self, ctx: Context) -> None:
        found = await service.get_waiting_events(ctx)
        self.waiting = localization.format_number(found.messages, ctx.locale)
        since = min(found.since, now()) if found.since else None
        self.waiting_since = localization.format_relative(since, now(), ctx.locale) if since else ""

    async def _load_switches(self, ctx: Context) -> None:
        self.switches = [_switch(ctx, switch) for switch in (await service.list_switches(ctx)).items]

    async def _load_deliveries(self, ctx: Context) -> None:
        backlog = await service.get_backlog(ctx)
        number = lambda value: localization.format_number(value, ctx.locale)  # noqa: E731
        self.pending, self.dead = number(backlog.pending), number(backlog.dead)
        seconds = round(backlog.oldest_seconds)
        self.oldest = translate(ctx.locale, "operator.seconds", count=seconds, number=number(seconds))
        self.deliveries = [_delivery(ctx, row) for row in await service.list_failed_deliveries(ctx)]

    @action(Permission.OPERATOR_SYSTEM)
    async def leave(self) -> None:
        """Rows are not kept for a page that is not open."""
        self.reset()

    @action(Permission.OPERATOR_SYSTEM)
    async def ask(self, name: str, on: bool) -> None:
        """Turning a switch asks for the reason first."""
        found = next((row for row in self.switches if row.id == name), None)
        if found is not None:
            self.turning, self.turning_name, self.turning_on, self.errors = found.id, found.name, on is True, {}

    @action(Permission.OPERATOR_SYSTEM)
    async def keep(self) -> None:
        """Close the question; nothing was turned."""
        self.turning = ""

    @action(Permission.OPERATOR_SYSTEM)
    async def turn(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[None]:
        """In force everywhere within seconds."""
        self.saving = True
        yield
        try:
            wanted = checked(SwitchTurn, {"on": self.turning_on, "reason": text_of(form, "reason")})
            with told_at("reason"):
                await service.turn_switch(ctx, Switch(self.turning), wanted)
        finally:
            self.saving = False
        self.turning = ""
        key = "operator.switches.turned_on" if wanted.on else "operator.switches.turned_off"
        await toast(self, "success", translate(ctx.locale, key, name=self.turning_name))
        await self._load_switches(ctx)

    @action(Permission.OPERATOR_SYSTEM)
    async def replay(self, ctx: Context, key: str) -> None:
        """Deliver once more."""
        await service.replay_delivery(ctx, id_of(key))
        await toast(self, "success", translate(ctx.locale, "operator.deliveries.replayed"))
        await self._load_deliveries(ctx)


def _switch(ctx: Context, switch: SwitchState) -> SwitchRow:
    at = localization.format_datetime(switch.changed_at, ctx.locale, ctx.zone) if switch.changed_at else ""
    params = {"by": switch.changed_by, "at": at, "reason": switch.reason}
    return SwitchRow(
        id=switch.name.value,
        name=translate(ctx.locale, f"operator.switch.{switch.name.value}"),
        text=translate(ctx.locale, f"operator.switch_text.{switch.name.value}"),
        on=switch.on,
        changed=translate(ctx.locale, "operator.switches.changed", **params) if at else "",
    )


def _delivery(ctx: Context, row: FailedDelivery) -> DeliveryRow:
    return DeliveryRow(
        id=str(row.id),
        kind=row.kind,
        subscriber=row.subscriber,
        attempts=localization.format_number(row.attempts, ctx.locale),
        error=(row.error or "")[:_LONGEST],
        at=localization.format_relative(row.occurred_at, now(), ctx.locale),
        tenant=str(row.tenant_id),
    )
