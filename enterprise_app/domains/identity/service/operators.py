"""The operator's account: made with a one-time link that only whoever started the platform sees."""

from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlmodel import col

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import system_session
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.domains.audit import service as audit

from ..errors import AccountExists, SignInFailed
from ..models import Account, OneTimeLink
from ..rules.emails import clean_email
from ..rules.names import clean_name
from ..rules.passwords import check_password
from ..schemas import SignedIn
from .accounts import add_account, find_account
from .links import Purpose, check_link, make_link, use_link
from .passwords import hash_password
from .sessions import open_session
from .signin import account_target, acting, authenticate, on_platform


async def has_operator() -> bool:
    """Whether there is an operator already."""
    query = select(func.count()).select_from(Account).where(col(Account.is_operator))
    async with system_session("look for an operator") as session:
        return bool((await session.execute(query)).scalar_one())


async def issue_operator_link(base_url: str, *, only_first: bool = False) -> str | None:
    """The address that makes one operator account; earlier unused ones end. For the command line only.

    With `only_first` None as soon as there is an operator.
    """
    if only_first and await has_operator():
        return None
    unused = update(OneTimeLink).where(
        col(OneTimeLink.purpose) == Purpose.OPERATOR.value,
        col(OneTimeLink.used_at).is_(None),
    )
    async with system_session("issue operator link") as session:
        await session.execute(unused.values(used_at=now()))
        secret = await make_link(session, Purpose.OPERATOR)
    return f"{base_url}/setup?token={secret}"


async def check_operator_link(token: str) -> None:
    """For the page: raises LinkUnknown, LinkUsed, LinkExpired before anything is typed."""
    async with system_session("check operator link") as session:
        await check_link(session, Purpose.OPERATOR, token)


async def create_operator(
    ctx: Context, token: str, *, name: str, email: str, password: SecretStr, host: str
) -> SignedIn:
    """Make the operator with the link's token, and sign in. An existing account must prove its password."""
    await check_operator_link(token)
    address, clean = clean_email(email), clean_name(name)
    async with system_session("look for account") as session:
        known = await find_account(session, address)
    hashed = "" if known else await hash_password(check_password(password.get_secret_value(), email=address))
    if known is not None:
        try:
            await authenticate(on_platform(ctx), address, password)
        except SignInFailed:
            raise AccountExists(email=address) from None
    async with system_session("create operator") as session:
        await use_link(session, Purpose.OPERATOR, token)
        account = known or await add_account(session, email=address, name=clean, password_hash=hashed, verified=True)
        if account is None:
            raise AccountExists(email=address)
        # Whoever holds the link that the start printed owns the machine: no letter proves more than that.
        values = {"is_operator": True, "email_verified_at": account.email_verified_at or now()}
        await session.execute(update(Account).where(col(Account.id) == account.id).values(**values))
        account.is_operator = True
        here = on_platform(acting(ctx, account))
        signed_in = await open_session(session, here, account.id, host)
        await audit.record(session, here, AuditVerb.OPERATOR_CREATED, account_target(account))
    return signed_in
