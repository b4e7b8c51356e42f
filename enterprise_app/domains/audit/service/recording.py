"""Writing entries, in the transaction of the act itself."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.core.settings import get_settings
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb

from .. import queries
from ..rules.chain import link
from ..rules.head import sign, signing_key
from ..rules.masking import clean, masked
from ..schemas import AuditEntry, Target
from ..vocabulary import Outcome


async def record(
    session: AsyncSession,
    ctx: Context,
    verb: AuditVerb,
    target: Target,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    outcome: Outcome | str = Outcome.SUCCESS,
    reason: str | None = None,
) -> AuditEntry:
    """Append an entry to the chain of `ctx.tenant_id`; it stands or falls with the caller's transaction.

    Call it last in a use case: it locks the tenant's chain until the transaction ends, and everybody taking locks in
    the order quota, rows, chain can't deadlock. `before` and `after` are the changed fields; secrets are masked here.
    """
    seq, prev_hash = await queries.lock_head(session, ctx.tenant_id)
    row = _row(ctx, verb, target) | {
        "seq": seq + 1,
        "outcome": Outcome(outcome).value,
        "reason": reason,
        "before": masked(before),
        "after": masked(after),
        "prev_hash": prev_hash,
    }
    row["hash"] = link(prev_hash, row)
    await queries.append(session, row, sign(platform_key(), ctx.tenant_id, row["seq"], row["hash"]))
    return AuditEntry.model_validate(row)


async def record_refusal(
    ctx: Context,
    verb: AuditVerb,
    target: Target,
    *,
    reason: str,
    after: Mapping[str, Any] | None = None,
    outcome: Outcome | str = Outcome.REFUSED,
) -> AuditEntry:
    """Append an entry in a transaction of its own: what was refused or failed rolls back, its trace must not."""
    async with tenant_session(ctx) as session:
        return await record(session, ctx, verb, target, after=after, outcome=outcome, reason=reason)


def platform_key() -> bytes:
    """The key that signs the heads."""
    secret = get_settings().secret_key
    assert secret is not None, "get_settings always has a key"
    return signing_key(secret.get_secret_value())


def _row(ctx: Context, verb: AuditVerb, target: Target) -> dict[str, Any]:
    return {
        "tenant_id": ctx.tenant_id,
        "id": new_id(),
        "occurred_at": now(),
        "actor_kind": ctx.actor.kind.value,
        "actor_id": ctx.actor.id,
        "actor_name": clean(ctx.actor.name, 200),
        "on_behalf_of": ctx.on_behalf_of,
        "verb": AuditVerb(verb).value,
        "target_kind": clean(target.kind, 100),
        "target_id": None if target.id is None else clean(str(target.id), 200),
        "target_name": clean(target.name, 300),
        "ip": ctx.ip and clean(ctx.ip, 100),
        "agent": ctx.agent and clean(ctx.agent, 500),
        "request_id": clean(ctx.request_id, 200),
    }
