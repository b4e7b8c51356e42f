"""Mails of identity. The secrets in them are made here, at delivery: no event carries one."""

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import mail
from enterprise_app.core.context import Context
from enterprise_app.core.events import Delivery

from . import service
from .events import EmailVerificationRequested, MemberInvited, PasswordResetRequested


async def mail_invitation(session: AsyncSession, ctx: Context, event: MemberInvited, delivery: Delivery) -> None:
    """Mail the invitation, unless it was used or revoked meanwhile."""
    made = await service.make_invitation_mail(session, ctx, event.entity_id, event.locale)
    await _send(made, delivery)


async def mail_reset(session: AsyncSession, ctx: Context, event: PasswordResetRequested, delivery: Delivery) -> None:
    """Mail a reset link to the account."""
    await _send(await service.make_reset_mail(event.entity_id, event.locale), delivery)


async def mail_verification(
    session: AsyncSession, ctx: Context, event: EmailVerificationRequested, delivery: Delivery
) -> None:
    """Mail the link that proves the e-mail, unless it is proven by now."""
    await _send(await service.make_verification_mail(event.entity_id, event.locale), delivery)


async def _send(made: tuple[str, str, str] | None, delivery: Delivery) -> None:
    if made is not None:
        to, subject, text = made
        # A retry makes a new link (the old one ends), so it must be a letter of its own.
        await mail.send(mail.Mail(to=to, subject=subject, text=text, key=f"{delivery.id}.{delivery.attempt}"))
