"""Checking a chain: every hash, every number, and the signed head."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.permissions import Permission

from .. import queries
from ..models import AuditHeadRow
from ..rules.chain import GENESIS, link
from ..rules.head import is_signed
from ..schemas import ChainBreak, ChainReport
from ..vocabulary import Break
from .recording import platform_key

MAX_BREAKS = 20
_UNKNOWN = 2**62  # a head that is missing or forged says nothing about the number of entries


@dataclass
class _Walk:
    """Where the check stands: the last entry read, and what was found so far."""

    tenant_id: UUID
    stored: int
    head_seq: int
    seq: int = 0
    hash: str = GENESIS
    breaks: list[ChainBreak] = field(default_factory=list)

    def found(self, seq: int, kind: Break, detail: str) -> None:
        self.breaks.append(ChainBreak(seq=seq, kind=kind, detail=detail))


async def verify(session: AsyncSession, tenant_id: UUID) -> ChainReport:
    """Walk one tenant's chain and name what is broken: changed, deleted, inserted, reordered, truncated, head.

    The first break is the cause; later ones may follow from it (at most 20 are listed). Whoever holds the platform's
    secret key, or puts back an older database as a whole, can't be seen from inside: keep exports elsewhere.
    """
    head = await queries.find_head(session, tenant_id)
    stored = await queries.count(session, tenant_id)
    trusted = head is not None and is_signed(platform_key(), tenant_id, head.seq, head.hash, head.signature)
    walk = _Walk(tenant_id, stored, head.seq if head and trusted else _UNKNOWN)
    async for row in queries.oldest_first(session, tenant_id):
        await _check_row(session, walk, row)
        if len(walk.breaks) >= MAX_BREAKS:
            break
    else:
        _check_end(walk, head, trusted)
    head_seq = head.seq if head else 0
    return ChainReport(tenant_id=tenant_id, entries=stored, head_seq=head_seq, ok=not walk.breaks, breaks=walk.breaks)


async def verify_own(session: AsyncSession, ctx: Context) -> ChainReport:
    """The caller's own chain. Needs audit:read."""
    ctx.require(Permission.AUDIT_READ)
    return await verify(session, ctx.tenant_id)


async def verify_all(session: AsyncSession) -> list[ChainReport]:
    """Every tenant's chain; needs a system session."""
    return [await verify(session, tenant_id) for tenant_id in await queries.chains(session)]


async def list_chains(session: AsyncSession) -> list[UUID]:
    """The tenants that have a chain; needs a system session."""
    return await queries.chains(session)


async def _check_row(session: AsyncSession, walk: _Walk, row: dict[str, Any]) -> None:
    seq, expected = row["seq"], walk.seq + 1
    if link(row["prev_hash"], row) != row["hash"]:
        await _explain_bad_hash(session, walk, row)
    elif seq > expected:
        missing = f"entry {expected} is" if seq == expected + 1 else f"entries {expected} to {seq - 1} are"
        walk.found(expected, Break.DELETED, f"{missing} missing before entry {seq}")
    elif row["prev_hash"] != walk.hash or seq < expected:
        walk.found(seq, _strange(walk), f"entry {seq} does not follow entry {walk.seq}")
    elif seq > walk.head_seq:
        walk.found(seq, Break.INSERTED, f"entry {seq} lies behind the head {walk.head_seq}")
    walk.seq, walk.hash = seq, row["hash"]


async def _explain_bad_hash(session: AsyncSession, walk: _Walk, row: dict[str, Any]) -> None:
    seq = row["seq"]
    before = 0 if row["prev_hash"] == GENESIS else await queries.find_seq_of(session, walk.tenant_id, row["prev_hash"])
    belongs = await _own_number(session, walk, row, before)
    if belongs is None:
        walk.found(seq, _strange(walk, Break.CHANGED), f"entry {seq} is not what was recorded")
    elif walk.stored > walk.head_seq:
        walk.found(belongs, Break.INSERTED, f"an entry was put in at {belongs}; entry {seq} was {belongs}")
    else:
        walk.found(seq, Break.REORDERED, f"entry {seq} was recorded as {belongs}")


async def _own_number(session: AsyncSession, walk: _Walk, row: dict[str, Any], before: int | None) -> int | None:
    """The number under which the row's hash is right: its neighbour's may be wrong too, so try around it."""
    for candidate in dict.fromkeys([(before or 0) + 1, row["seq"] - 1, row["seq"] + 1]):
        if link(row["prev_hash"], {**row, "seq": candidate}) == row["hash"]:
            return candidate
    return None


def _strange(walk: _Walk, otherwise: Break = Break.REORDERED) -> Break:
    return Break.INSERTED if walk.stored > walk.head_seq else otherwise


def _check_end(walk: _Walk, head: AuditHeadRow | None, trusted: bool) -> None:
    if head is None:
        if walk.stored:
            walk.found(walk.seq, Break.HEAD, "the chain has no head")
    elif not trusted:
        walk.found(head.seq, Break.HEAD, f"the head at entry {head.seq} is not signed by this platform")
    elif walk.seq < head.seq:
        walk.found(walk.seq + 1, Break.TRUNCATED, f"entries {walk.seq + 1} to {head.seq} were cut off the end")
    elif walk.hash != head.hash and not walk.breaks:
        walk.found(head.seq, Break.CHANGED, f"entry {head.seq} is not the one that the head signs")
