"""Secrets that work once: hand-overs between hosts, password resets, proofs of an e-mail, the operator's set-up."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core.clock import now

from ..errors import LinkExpired, LinkUnknown, LinkUsed
from ..models import OneTimeLink
from .hosts import hostname
from .secrets import hash_secret, new_secret


class Purpose(StrEnum):
    """What a link is good for."""

    HAND_OVER = "hand_over"
    OPERATOR = "operator"
    RESET = "reset"
    VERIFY_EMAIL = "verify_email"


LIFETIME = {
    Purpose.HAND_OVER: timedelta(seconds=30),
    Purpose.OPERATOR: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
}


async def make_link(
    session: AsyncSession, purpose: Purpose, *, account_id: UUID | None = None, host: str | None = None
) -> str:
    """A fresh secret for the purpose, in a system session."""
    secret, at = new_secret(), now()
    row = OneTimeLink(
        purpose=purpose.value,
        secret_hash=hash_secret(secret),
        account_id=account_id,
        host=hostname(host) if host else None,
        created_at=at,
        expires_at=at + LIFETIME[purpose],
    )
    session.add(row)
    await session.flush()
    return secret


async def check_link(session: AsyncSession, purpose: Purpose, secret: str) -> OneTimeLink:
    """The link while it can be used. Raises LinkUnknown, LinkUsed, LinkExpired."""
    query = sa.select(OneTimeLink).where(
        col(OneTimeLink.secret_hash) == hash_secret(secret),
        col(OneTimeLink.purpose) == purpose.value,
    )
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise LinkUnknown
    if row.used_at is not None:
        raise LinkUsed
    if row.expires_at <= now():
        raise LinkExpired
    return row


async def use_link(session: AsyncSession, purpose: Purpose, secret: str, *, host: str | None = None) -> OneTimeLink:
    """Use it up; of two at once one gets it. Raises LinkUnknown (also on another host), LinkUsed, LinkExpired."""
    row = await check_link(session, purpose, secret)
    if host is not None and row.host != hostname(host):
        raise LinkUnknown
    taken = sa.update(OneTimeLink).where(col(OneTimeLink.id) == row.id, col(OneTimeLink.used_at).is_(None))
    used = await session.execute(taken.values(used_at=now()).returning(col(OneTimeLink.id)))
    if used.scalar_one_or_none() is None:
        raise LinkUsed
    return row


async def drop_links(session: AsyncSession, purpose: Purpose, account_id: UUID) -> None:
    """Make the account's unused links of the purpose worthless."""
    unused = sa.update(OneTimeLink).where(
        col(OneTimeLink.account_id) == account_id,
        col(OneTimeLink.purpose) == purpose.value,
        col(OneTimeLink.used_at).is_(None),
    )
    await session.execute(unused.values(used_at=now()))
