"""The flag through which an experiment is reached: made with it, kept like it in every transaction that changes it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import search
from enterprise_app.core.context import Context

from ..errors import FlagNeeded
from ..flag_schemas import Rule, Serve, Variation
from ..models import ExperimentRow, FlagRow
from ..queries import flags as queries
from ..rules.checking import control_of, kind_of
from ..schemas import Variant
from ..vocabulary import DecisionOutcome, ExperimentState, FlagKind

_NAMES = ("name", "name_key")
_SERVED = (ExperimentState.DRAFT, ExperimentState.RUNNING)


def new_flag(row: ExperimentRow) -> FlagRow:
    """The flag of a new experiment."""
    made = FlagRow(tenant_id=row.tenant_id, key=row.key, seed=row.seed, experiment_id=row.id, **_content(row))
    return made


async def follow(session: AsyncSession, ctx: Context, row: ExperimentRow, *, renamed: bool = False) -> None:
    """Make the flag say what the experiment says now; its name only when the experiment's changed: it may have its own.

    An archived experiment takes its flag along, unless it shipped a variant: that stays what everybody gets.
    Raises FlagNeeded when another flag depends on the one that would go, or on a variation of it.
    """
    await queries.lock_prerequisites(session, row.tenant_id)
    flag = await queries.flag_of(session, row.id)
    wanted = {**_content(row), "archived_at": None if _has_shipped(row) else row.archived_at}
    if not renamed:
        wanted = {name: value for name, value in wanted.items() if name not in _NAMES}
    changed = {name: value for name, value in wanted.items() if getattr(flag, name) != value}
    if changed.get("archived_at") is not None or "variations" in changed:
        await _refuse_needed(session, flag.key, set() if row.archived_at else _keys(changed["variations"]))
    for name, value in changed.items():
        setattr(flag, name, value)
    if changed:
        flag.version += 1
        await session.flush()
    if "name" in changed:
        await index(session, ctx, flag)


async def _refuse_needed(session: AsyncSession, key: str, kept: set[str]) -> None:
    """Raises FlagNeeded when another flag needs a variation that is not kept."""
    known = await queries.list_known(session)
    if others := sorted(other for other, flag in known.items() if not kept.issuperset(flag.needs.get(key, ()))):
        raise FlagNeeded(flags=", ".join(others))


def _keys(variations: list[dict[str, Any]]) -> set[str]:
    return {variation["key"] for variation in variations}


async def index(session: AsyncSession, ctx: Context, flag: FlagRow) -> None:
    """Found by the words of name and key."""
    await search.index(session, ctx.tenant_id, queries.KIND, flag.id, f"{flag.name} {flag.key}")


def _has_shipped(row: ExperimentRow) -> bool:
    return row.decision is not None and row.decision["outcome"] == DecisionOutcome.SHIP


def _content(row: ExperimentRow) -> dict[str, Any]:
    """What the flag says: the experiment while it may run, then one variant for everybody. Off is the control."""
    variants = [Variant.model_validate(variant) for variant in row.variants]
    control = control_of(variants).key
    served = row.decision["served"] if row.decision else control
    rules = [Rule(serve=Serve(experiment_id=row.id))] if _may_run(row) else []
    return {
        "name": row.name,
        "name_key": row.name_key,
        "kind": _kind(variants).value,
        "variations": [_variation(variant).model_dump(mode="json") for variant in variants],
        "off_variation": control,
        "serve": Serve(variation=served).model_dump(mode="json"),
        "rules": [rule.model_dump(mode="json") for rule in rules],
    }


def _may_run(row: ExperimentRow) -> bool:
    state = row.state_before_archive if row.state == ExperimentState.ARCHIVED else row.state
    return state in _SERVED


def _kind(variants: list[Variant]) -> FlagKind:
    value = variants[0].value
    return FlagKind.STRING if value is None else kind_of(value)


def _variation(variant: Variant) -> Variation:
    value = variant.key if variant.value is None else variant.value
    return Variation(key=variant.key, name=variant.name, value=value)
