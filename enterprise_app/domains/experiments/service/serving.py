"""Answers flags to programs: definitions, the context they send and the profile's traits in, answers out.

Nothing on the way of an answer waits for the database unless it must: for traits that a condition asks for and the
context doesn't have, and for what a unit saw before the weights of a running experiment were changed. How often is
bounded (pacing.py).
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from enterprise_app.core.context import Actor, ActorKind, Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.profiles import service as profiles

from ..errors import ContextRefused
from ..queries import serving as queries
from ..rules.definitions import Definitions
from ..rules.evaluating import Answer, Evaluation, Failure
from . import exposing, pacing
from .compiling import definitions_of

TRAITS_KEPT = 2.0
"""Seconds. Traits follow events within a second; so a rule knows them within three."""
_MOST_TRAITS = 20_000
TARGETING_KEY = "targetingKey"
KEY_MAX = 1_000
_VISITING = frozenset({Permission.FLAGS_EVALUATE})

_traits: dict[tuple[UUID, str], tuple[float, Mapping[str, Any]]] = {}


def caller_of(owner: analytics.KeyOwner, ip: str | None = None) -> Context:
    """Whoever shows a write key: may ask for flags and nothing else."""
    visitor = Actor(ActorKind.ANONYMOUS, owner.source_id)
    return Context(owner.tenant_id, visitor, _VISITING, owner.entitlements, ip=ip)


async def evaluate_flag(ctx: Context, key: str, asked: Mapping[str, Any]) -> Answer | Failure:
    """One flag's answer for OpenFeature's evaluation context. Raises ContextRefused, RateLimited."""
    ctx.require(Permission.FLAGS_EVALUATE)
    evaluation = await _evaluation(ctx, asked)
    answer = evaluation.ask(key)
    _note(ctx, evaluation)
    return answer


async def evaluate_flags(ctx: Context, asked: Mapping[str, Any]) -> list[Answer | Failure]:
    """The answers of all flags, in the order of their keys. Raises ContextRefused, RateLimited."""
    ctx.require(Permission.FLAGS_EVALUATE)
    evaluation = await _evaluation(ctx, asked)
    answers = [evaluation.ask(key) for key in evaluation.definitions.flags]
    _note(ctx, evaluation)
    return answers


def forget_traits() -> None:
    """Know nothing any more: for tests, whose databases come and go."""
    _traits.clear()


async def _evaluation(ctx: Context, asked: Mapping[str, Any]) -> Evaluation:
    definitions = await definitions_of(ctx.tenant_id)
    client_id = _client_id(asked)
    if client_id is None:
        return Evaluation(definitions, None, asked)
    unit = analytics.visitor_of(ctx.tenant_id, client_id)
    attributes = asked
    if _lacks(definitions, asked):
        attributes = {**await _traits_of(ctx, client_id), **asked}
    moved = [trial.id for trial in definitions.trials.values() if trial.moved]
    kept = await _kept(ctx, unit, moved) if moved else {}
    return Evaluation(definitions, unit, attributes, kept)


def _client_id(asked: Mapping[str, Any]) -> str | None:
    """Who asks; None when nobody says. Raises ContextRefused."""
    client_id = asked.get(TARGETING_KEY)
    if client_id is None or client_id == "":
        return None
    if not isinstance(client_id, str) or len(client_id) > KEY_MAX or "\x00" in client_id:
        raise ContextRefused(field=TARGETING_KEY, max=KEY_MAX)
    return client_id


def _lacks(definitions: Definitions, asked: Mapping[str, Any]) -> bool:
    """Whether a condition asks for something that only the profile may know."""
    return any(name not in asked and name.partition(".")[0] not in asked for name in definitions.attributes)


async def _traits_of(ctx: Context, client_id: str) -> Mapping[str, Any]:
    at, place = time.monotonic(), (ctx.tenant_id, client_id)
    known = _traits.get(place)
    if known is not None and at - known[0] < TRAITS_KEPT:
        return known[1]
    pacing.admit_lookup(ctx)
    reading = job_context(ctx.tenant_id, "flags")
    async with tenant_session(reading) as session:
        found = await profiles.find_traits(session, reading, client_id)
    if len(_traits) >= _MOST_TRAITS:
        _traits.clear()
    _traits[place] = (at, found)
    return found


async def _kept(ctx: Context, unit: str, moved: list[UUID]) -> Mapping[UUID, str]:
    """What the unit saw of experiments whose weights have changed since."""
    known = exposing.known_variants(unit, moved)
    if len(known) < len(moved):
        pacing.admit_lookup(ctx)
        async with tenant_session(job_context(ctx.tenant_id, "flags")) as session:
            seen = await queries.kept_variants(session, UUID(hex=unit), [id_ for id_ in moved if id_ not in known])
        return {**known, **seen}
    return known


def _note(ctx: Context, evaluation: Evaluation) -> None:
    if evaluation.unit is not None:
        for trial, variant in _recorded(evaluation):
            exposing.note(ctx.tenant_id, trial, evaluation.unit, variant)


def _recorded(evaluation: Evaluation) -> Iterator[tuple[Any, str]]:
    return ((trial, variant) for trial, variant in evaluation.exposures.values() if trial.recorded)
