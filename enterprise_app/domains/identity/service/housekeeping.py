"""What is no longer good for anything is removed after a while."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from enterprise_app.core.clock import now
from enterprise_app.core.db import system_session

from ..models import AccessToken, OneTimeLink, Session, SignInAttempt

KEPT = timedelta(days=30)
"""Ended sessions and links stay so long, so that "used already" can be told from "never existed"."""
ATTEMPTS_KEPT = timedelta(days=1)


async def prune() -> dict[str, int]:
    """Delete expired sessions, tokens, links and old attempts; returns how many of each."""
    at = now()
    old: dict[str, Any] = {
        "sessions": sa.delete(Session).where(Session.expires_at < at - KEPT),  # pyright: ignore
        "tokens": sa.delete(AccessToken).where(AccessToken.expires_at < at - KEPT),  # pyright: ignore
        "links": sa.delete(OneTimeLink).where(OneTimeLink.expires_at < at - KEPT),  # pyright: ignore
        "attempts": sa.delete(SignInAttempt).where(SignInAttempt.at < at - ATTEMPTS_KEPT),  # pyright: ignore
    }
    async with system_session("prune old credentials") as session:
        return {name: (await session.execute(statement)).rowcount for name, statement in old.items()}  # pyright: ignore
