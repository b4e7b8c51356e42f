"""Sign-in attempts: counted before the password is looked at, so that a hundred parallel guesses are a hundred."""

from ipaddress import ip_address
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core import limits
from enterprise_app.core.clock import now

from ..errors import SignInLocked
from ..models import SignInAttempt
from ..rules import lockout
from ..vocabulary import AttemptOutcome

_COUNTS = sa.text(
    """
    WITH success AS (
        SELECT coalesce(max(at), '-infinity') AS at FROM sign_in_attempts
        WHERE email = :email AND outcome = 'succeeded' AND at > :since
    )
    SELECT count(*) FILTER (WHERE a.email = :email AND a.ip = :ip AND a.at > s.at) AS here,
           count(*) FILTER (WHERE a.email = :email AND a.at > s.at) AS anywhere,
           count(*) FILTER (WHERE a.ip = :ip) AS address,
           max(a.at) FILTER (WHERE a.email = :email AND a.at > s.at) AS last_of_account,
           max(a.at) FILTER (WHERE a.ip = :ip) AS last_of_address
    FROM sign_in_attempts a, success s
    WHERE a.at > :since AND a.outcome <> 'succeeded' AND (a.email = :email OR a.ip = :ip)
    """
)


async def begin_attempt(session: AsyncSession, email: str, ip: str | None) -> UUID:
    """Count one attempt. Raises SignInLocked (`retry_after`) when this account or address has to wait."""
    await session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:email, 7))"), {"email": email})
    at = now()
    values = {"email": email, "ip": ip or "", "since": at - lockout.WINDOW}
    counts = (await session.execute(_COUNTS, values)).one()
    wait = max(
        lockout.retry_after(at, counts.last_of_account, counts.here, counts.anywhere, 0),
        lockout.retry_after(at, counts.last_of_address, 0, 0, counts.address if ip else 0),
    )
    if wait:
        raise SignInLocked(retry_after=wait)
    row = SignInAttempt(email=email, ip=ip or "", at=at)
    session.add(row)
    await session.flush()
    return row.id


async def end_attempt(session: AsyncSession, attempt_id: UUID, succeeded: bool) -> None:
    """Note how it ended."""
    outcome = AttemptOutcome.SUCCEEDED if succeeded else AttemptOutcome.FAILED
    update = sa.update(SignInAttempt).where(col(SignInAttempt.id) == attempt_id)
    await session.execute(update.values(outcome=outcome.value))


async def limit_by_address(what: str, ip: str | None, per_hour: int) -> None:
    """Raises RateLimited when an address did it too often; this machine itself (proxies, tests) is not limited."""
    if ip and not _is_loopback(ip):
        await limits.require(f"{what}:{ip}", per_hour, 3600)


def _is_loopback(ip: str) -> bool:
    try:
        return ip_address(ip).is_loopback
    except ValueError:  # the name of a test's client
        return False


async def forget_attempts(session: AsyncSession, email: str) -> None:
    """A reset password starts with a clean slate."""
    await session.execute(sa.delete(SignInAttempt).where(col(SignInAttempt.email) == email))
