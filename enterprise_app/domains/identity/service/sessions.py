"""Sessions: one browser on one host. The secret leaves once, into the cookie; lists and pages carry the id."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core import live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.db import system_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..models import AccessToken, Account, Session
from ..rules.devices import device_label
from ..schemas import SessionView, SignedIn
from .hosts import hostname
from .secrets import hash_secret, new_secret

ROLLING, ABSOLUTE = timedelta(days=14), timedelta(days=90)
CREDENTIALS = "credentials"
"""Live topic: some credential or membership changed; every process forgets what it cached."""
_SHOWN = 200


def expiry(created_at: datetime, seen_at: datetime) -> datetime:
    """14 days after it was last seen, 90 days after it was made, whichever is earlier."""
    return min(seen_at + ROLLING, created_at + ABSOLUTE)


async def open_session(
    session: AsyncSession, ctx: Context, account_id: UUID, host: str, *, location: str = "/"
) -> SignedIn:
    """A new session of the account on `host`, in a system session."""
    secret, at = new_secret(), now()
    row = Session(
        account_id=account_id,
        secret_hash=hash_secret(secret),
        host=hostname(host),
        device=device_label(ctx.agent),
        ip=ctx.ip,
        created_at=at,
        last_seen_at=at,
        expires_at=expiry(at, at),
    )
    session.add(row)
    await session.flush()
    return SignedIn(secret=SecretStr(secret), session_id=row.id, account_id=account_id, location=location)


async def sign_out(ctx: Context, secret: str, *, host: str) -> None:
    """End the cookie's session; an unknown or ended one is fine: the person is signed out either way."""
    mine = (Session.secret_hash == hash_secret(secret), Session.host == hostname(host))
    async with system_session("sign out") as session:
        for ended in await _revoke(session, *mine):
            account = await session.get_one(Account, ended.account_id)
            actor = Actor(ActorKind.MEMBER, account.id, account.name, account.id)
            target = Target(kind="session", id=ended.id, name=ended.device)
            await audit.record(session, replace(ctx, actor=actor), AuditVerb.SIGN_OUT, target)


async def find_session_id(secret: str, *, host: str) -> UUID | None:
    """The id of the cookie's live session, to mark it in the list and to keep it."""
    query = sa.select(col(Session.id)).where(
        col(Session.secret_hash) == hash_secret(secret),
        col(Session.host) == hostname(host),
        col(Session.revoked_at).is_(None),
    )
    async with system_session("own session") as session:
        return (await session.execute(query)).scalar_one_or_none()


async def list_sessions(ctx: Context, *, current: UUID | None = None) -> list[SessionView]:
    """The caller's live sessions on all hosts, last used first."""
    ctx.require(Permission.SELF_MANAGE)
    query = (
        sa.select(Session)
        .where(*_live(ctx.actor.account_id))
        .order_by(sa.desc(col(Session.last_seen_at)))
        .limit(_SHOWN)
    )
    async with system_session("list own sessions") as session:
        rows = (await session.scalars(query)).all()
    views = [SessionView.model_validate(row) for row in rows]
    return [view.model_copy(update={"current": view.id == current}) for view in views]


async def revoke_session(ctx: Context, session_id: UUID) -> None:
    """End one of the caller's own sessions. Raises NotFound for anybody else's."""
    ctx.require(Permission.SELF_MANAGE)
    async with system_session("revoke own session") as session:
        ended = await _revoke(session, Session.id == session_id, Session.account_id == ctx.actor.account_id)
        if not ended:
            raise NotFound
        await audit.record(
            session, ctx, AuditVerb.SESSION_REVOKED, Target(kind="session", id=session_id, name=ended[0].device)
        )


async def sign_out_everywhere(ctx: Context, *, keep: UUID | None = None) -> int:
    """End all of the caller's sessions and access tokens but `keep`; returns how many sessions ended.

    Raises NotFound for an API key, which has none.
    """
    ctx.require(Permission.SELF_MANAGE)
    if ctx.actor.account_id is None:  # a program has a key, not sessions
        raise NotFound
    async with system_session("sign out everywhere") as session:
        count = await revoke_all(session, ctx.actor.account_id, keep=keep)
        target = Target(kind="account", id=ctx.actor.account_id, name=ctx.actor.name)
        await audit.record(session, ctx, AuditVerb.SESSION_REVOKED, target, after={"sessions": count})
    return count


async def revoke_all(session: AsyncSession, account_id: UUID, *, keep: UUID | None = None) -> int:
    """End the account's sessions and tokens, in a system session; for resets and changed passwords too."""
    conditions = [Session.account_id == account_id]
    if keep is not None:
        conditions.append(Session.id != keep)
    ended = await _revoke(session, *conditions)
    tokens = sa.update(AccessToken).where(
        col(AccessToken.account_id) == account_id,
        col(AccessToken.revoked_at).is_(None),
    )
    await session.execute(tokens.values(revoked_at=now()))
    await live.changed(session, CREDENTIALS)
    return len(ended)


async def touch(session: AsyncSession, row: Session, at: datetime) -> None:
    """Note the use; called at most once a minute per session."""
    values = {"last_seen_at": at, "expires_at": expiry(row.created_at, at)}
    await session.execute(sa.update(Session).where(col(Session.id) == row.id).values(**values))


async def _revoke(session: AsyncSession, *conditions: Any) -> list[Session]:
    ended = sa.update(Session).where(col(Session.revoked_at).is_(None), *conditions)
    rows = list((await session.scalars(ended.values(revoked_at=now()).returning(Session))).all())
    if rows:
        await live.changed(session, CREDENTIALS)
    return rows


def _live(account_id: UUID | None) -> list[Any]:
    return [col(Session.account_id) == account_id, col(Session.revoked_at).is_(None), col(Session.expires_at) > now()]
