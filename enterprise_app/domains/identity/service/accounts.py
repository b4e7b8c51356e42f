"""Accounts: the person's own things - name, language, zone, theme, password - and the operator's account."""

from uuid import UUID
from zoneinfo import available_timezones

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core import live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import system_session
from enterprise_app.core.errors import Invalid, NotFound
from enterprise_app.core.table import affected, take_version
from enterprise_app.core.texts import LOCALES
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..models import Account, Member
from ..rules.names import clean_name
from ..rules.passwords import check_password
from ..schemas import AccountView, Preferences
from ..vocabulary import Theme
from .attempts import begin_attempt, end_attempt
from .passwords import hash_password, verify_password
from .sessions import CREDENTIALS, revoke_all


async def find_account(session: AsyncSession, email: str) -> Account | None:
    """The account of a clean e-mail, in a system session."""
    return (await session.scalars(sa.select(Account).where(col(Account.email) == email))).one_or_none()


async def add_account(
    session: AsyncSession, *, email: str, name: str, password_hash: str, locale: str = "", verified: bool = False
) -> Account | None:
    """A new account; None when the e-mail got one meanwhile. `locale` only when the person chose one."""
    at = now() if verified else None
    row = Account(email=email, name=name, password_hash=password_hash, locale=locale, email_verified_at=at)
    adding = insert(Account).values(row.model_dump()).on_conflict_do_nothing()
    added = (await session.execute(adding.returning(col(Account.id)))).scalar_one_or_none()
    return row if added else None


async def get_account(ctx: Context) -> AccountView:
    """The caller's own account."""
    ctx.require(Permission.SELF_MANAGE)
    async with system_session("own account") as session:
        return AccountView.model_validate(await _own(session, ctx))


async def set_preferences(ctx: Context, wanted: Preferences, *, expected: int | None = None) -> AccountView:
    """Keep name, language, zone and theme; what is None stays. Raises Invalid with the field.

    With the `expected` version also VersionConflict; a page sets the one thing that was touched and expects none.
    """
    ctx.require(Permission.SELF_MANAGE)
    values = _checked(wanted)
    async with system_session("own preferences") as session:
        account = await _own(session, ctx)
        await take_version(session, account, expected)
        for name, value in values.items():
            setattr(account, name, value)
        if "name" in values:
            renamed = {"name": values["name"], "name_key": values["name"].casefold()}
            await session.execute(sa.update(Member).where(col(Member.account_id) == account.id).values(**renamed))
        await live.changed(session, CREDENTIALS)
        return AccountView.model_validate(account)


async def change_password(ctx: Context, *, current: SecretStr, new: SecretStr, keep: UUID | None = None) -> None:
    """Replace the caller's password; ends all other sessions. Raises Invalid(`password_wrong`) on the current one.

    Wrong ones count as failed sign-ins (SignInLocked): a borrowed session must not be a way to guess the password.
    """
    ctx.require(Permission.SELF_MANAGE)
    async with system_session("read own password") as session:
        account = await _own(session, ctx)
        attempt = await begin_attempt(session, account.email, ctx.ip)
    right = await verify_password(account.password_hash, current.get_secret_value())
    async with system_session("note the attempt") as session:
        await end_attempt(session, attempt, right)
    if not right:
        raise Invalid.of("current_password", "password_wrong")
    hashed = await hash_password(check_password(new.get_secret_value(), email=account.email, field="new_password"))
    async with system_session("change own password") as session:
        unchanged = (col(Account.id) == account.id, col(Account.password_hash) == account.password_hash)
        changed = await session.execute(sa.update(Account).where(*unchanged).values(password_hash=hashed))
        if not affected(changed):
            raise Invalid.of("current_password", "password_wrong")
        await revoke_all(session, account.id, keep=keep)
        target = Target(kind="account", id=account.id, name=account.email)
        await audit.record(session, ctx, AuditVerb.PASSWORD_CHANGED, target)


async def _own(session: AsyncSession, ctx: Context) -> Account:
    account = await session.get(Account, ctx.actor.account_id) if ctx.actor.account_id else None
    if account is None:
        raise NotFound
    return account


def _checked(wanted: Preferences) -> dict[str, str]:
    values = wanted.model_dump(exclude_none=True)
    if "name" in values:
        values["name"] = clean_name(values["name"])
    for field, allowed in (("locale", ("", *LOCALES)), ("theme", tuple(Theme))):
        if field in values and values[field] not in allowed:
            raise Invalid.of(field, "not_one_of", expected=", ".join(filter(None, allowed)))
    if values.get("zone") and values["zone"] not in available_timezones():
        raise Invalid.of("zone", "zone_unknown")
    return values
