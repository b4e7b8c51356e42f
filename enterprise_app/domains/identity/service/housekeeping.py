"""What is no longer good for anything is removed after a while."""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col

from enterprise_app.core.clock import now
from enterprise_app.core.db import system_session
from enterprise_app.core.table import affected

from ..models import AccessToken, OneTimeLink, Session, SignInAttempt

KEPT = timedelta(days=30)
"""Ended sessions and links stay so long, so that "used already" can be told from "never existed"."""
ATTEMPTS_KEPT = timedelta(days=1)


async def prune() -> dict[str, int]:
    """Delete expired sessions, tokens, links and old attempts; returns how many of each."""
    at = now()
    old = {
        "sessions": sa.delete(Session).where(col(Session.expires_at) < at - KEPT),
        "tokens": sa.delete(AccessToken).where(col(AccessToken.expires_at) < at - KEPT),
        "links": sa.delete(OneTimeLink).where(col(OneTimeLink.expires_at) < at - KEPT),
        "attempts": sa.delete(SignInAttempt).where(col(SignInAttempt.at) < at - ATTEMPTS_KEPT),
    }
    async with system_session("prune old credentials") as session:
        return {name: affected(await session.execute(statement)) for name, statement in old.items()}
