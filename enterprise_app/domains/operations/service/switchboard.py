"""The operator's kill switches: seen and turned, each turn audited in the platform's chain."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import switches
from enterprise_app.core.context import Context
from enterprise_app.core.db import system_session
from enterprise_app.core.switches import Switch
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..schemas import SwitchList, SwitchState, SwitchTurn


async def list_switches(ctx: Context) -> SwitchList:
    """Every switch with its state, who turned it and why. Needs operator:system."""
    ctx.require(Permission.OPERATOR_SYSTEM)
    async with system_session("the operator reads the switches") as session:
        return SwitchList(items=await _states(session))


async def turn_switch(ctx: Context, switch: Switch, turn: SwitchTurn) -> SwitchState:
    """Turn a part of the platform on or off for everybody; in force on all processes within seconds."""
    ctx.require(Permission.OPERATOR_SYSTEM)
    async with system_session("the operator turns a switch") as session:
        before = await _state(session, switch)
        if before.on != turn.on:
            await switches.turn(session, ctx, switch, on=turn.on, reason=turn.reason)
            target = Target(kind="switch", id=switch.value, name=switch.value)
            was, will = {"on": before.on}, {"on": turn.on}
            verb = AuditVerb.SWITCH_CHANGED
            await audit.record(session, ctx, verb, target, before=was, after=will, reason=turn.reason)
        after = await _state(session, switch)
    switches.forget()
    return after


async def _states(session: AsyncSession) -> list[SwitchState]:
    rows = await session.execute(text("SELECT name, off, reason, changed_at, changed_by FROM switches"))
    known = {row.name: row for row in rows}
    return [_shape(switch, known.get(switch.value)) for switch in Switch]


async def _state(session: AsyncSession, switch: Switch) -> SwitchState:
    return next(state for state in await _states(session) if state.name is switch)


def _shape(switch: Switch, row) -> SwitchState:
    if row is None:
        return SwitchState(name=switch, on=True)
    return SwitchState(
        name=switch, on=not row.off, reason=row.reason, changed_at=row.changed_at, changed_by=row.changed_by
    )
