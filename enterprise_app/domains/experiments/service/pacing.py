"""How fast flags may be asked for: generous, but not so that one site takes a process or the database from all others.

A write key is public, so whoever shows one gets at most half of what it may do from one address: a stranger with a
copied key can't have the site's own visitors refused. Refused is the whole call, with 429: stock clients then keep the
answers they have, or the program's default, and come back when they are told. An answer made without the traits that
it asks for would be a wrong one, which nobody notices, and which counts as an exposure.
"""

from uuid import UUID

from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.networks import network_of
from enterprise_app.core.rates import Buckets
from enterprise_app.core.settings import get_settings
from enterprise_app.core.vocabulary.permissions import Permission

_SHARE_OF_AN_ADDRESS = 0.5

_calls, _lookups = Buckets(), Buckets()


async def admit_call(ctx: Context) -> None:
    """Count a call of the credential. Raises Forbidden, RateLimited with `retry_after`."""
    ctx.require(Permission.FLAGS_EVALUATE)
    _take(_calls, ctx, ctx.actor.id, get_settings().flag_calls)


def admit_lookup(ctx: Context) -> None:
    """Count a question that only the database can answer. Raises RateLimited with `retry_after`."""
    _take(_lookups, ctx, ctx.tenant_id, get_settings().flag_lookups)


def forget() -> None:
    """As if nobody had asked yet: for tests."""
    _calls.clear()
    _lookups.clear()


def _take(buckets: Buckets, ctx: Context, whose: UUID | None, rate: int) -> None:
    if ctx.actor.kind is ActorKind.ANONYMOUS:
        buckets.take((whose, network_of(ctx.ip)), rate * _SHARE_OF_AN_ADDRESS)
    buckets.take(whose, rate)
