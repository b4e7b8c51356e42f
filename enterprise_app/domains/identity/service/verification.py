"""Proof of an e-mail: a link mailed at sign-up, again when asked for. Until then nobody is invited from that account.

Asked for only where letters can arrive: through a mail server, or in the mailbox page of development. An installation
without either could never ask, so it doesn't.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core import events, limits, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Context
from enterprise_app.core.db import system_session
from enterprise_app.core.settings import get_settings
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit

from ..errors import EmailUnverified
from ..events import EmailVerificationRequested
from ..models import Account, Member
from .hosts import platform_url
from .links import LIFETIME, Purpose, drop_links, make_link, use_link
from .sessions import CREDENTIALS
from .signin import account_target, acting, on_platform

PER_HOUR = 5
"""Letters to one account: the button must not flood a mailbox that may be a stranger's."""


def is_verification_asked() -> bool:
    """Whether letters can reach the people of this installation."""
    settings = get_settings()
    return settings.smtp_url is not None or settings.dev


async def ask_for_proof(session: AsyncSession, ctx: Context, account: Account) -> None:
    """Have the link mailed to a new account, in its (system) transaction. For use cases."""
    if is_verification_asked() and account.email_verified_at is None:
        here, locale = on_platform(acting(ctx, account)), account.locale or ctx.locale
        fact = EmailVerificationRequested(tenant_id=PLATFORM_TENANT_ID, entity_id=account.id, locale=locale)
        await events.publish(session, here, fact)


async def resend_verification(ctx: Context) -> bool:
    """Mail the caller a fresh link, the earlier ones end; whether one was needed. Raises RateLimited."""
    ctx.require(Permission.SELF_MANAGE)
    if ctx.actor.account_id is None:
        return False
    async with system_session("ask for proof of an e-mail again") as session:
        account = await session.get_one(Account, ctx.actor.account_id)
        if account.email_verified_at is not None or not is_verification_asked():
            return False
        await limits.require(f"verify e-mail:{account.id}", PER_HOUR, 3600)
        await ask_for_proof(session, ctx, account)
    return True


async def make_verification_mail(account_id: UUID, locale: str) -> tuple[str, str, str] | None:
    """(to, subject, text) with a fresh link; earlier ones end. None when it is proven by now, or gone."""
    async with system_session("make verification link") as session:
        account = await session.get(Account, account_id)
        if account is None or account.email_verified_at is not None:
            return None
        await drop_links(session, Purpose.VERIFY_EMAIL, account.id)
        secret = await make_link(session, Purpose.VERIFY_EMAIL, account_id=account.id)
    hours = int(LIFETIME[Purpose.VERIFY_EMAIL].total_seconds() // 3600)
    params = {"name": account.name, "link": platform_url(f"/verify?token={secret}"), "hours": hours}
    subject = translate(locale, "identity.verification_mail.subject")
    return account.email, subject, translate(locale, "identity.verification_mail.text", **params)


async def verify_email(ctx: Context, token: str) -> str:
    """Take the link as proof; returns the e-mail. Raises LinkUnknown, LinkUsed, LinkExpired."""
    async with system_session("verify e-mail") as session:
        link = await use_link(session, Purpose.VERIFY_EMAIL, token)
        account = await session.get_one(Account, link.account_id)
        account.email_verified_at = account.email_verified_at or now()
        await live.changed(session, CREDENTIALS)
        await live.changed(session, live.account_topic(account.id))
        here = on_platform(acting(ctx, account))
        await audit.record(session, here, AuditVerb.EMAIL_VERIFIED, account_target(account))
    return account.email


async def require_verified(ctx: Context) -> None:
    """Raises EmailUnverified while the e-mail of the acting account, or of the key's maker, is not proven."""
    if not is_verification_asked():
        return
    query = sa.select(col(Account.email)).where(col(Account.email_verified_at).is_(None))
    if ctx.actor.account_id is not None:
        query = query.where(col(Account.id) == ctx.actor.account_id)
    else:
        maker = (col(Member.tenant_id) == ctx.tenant_id, col(Member.id) == ctx.on_behalf_of)
        query = query.join(Member, col(Member.account_id) == col(Account.id)).where(*maker)
    async with system_session("is the inviter's e-mail proven") as session:
        email = (await session.execute(query)).scalar_one_or_none()
    if email is not None:
        raise EmailUnverified(email=email)
