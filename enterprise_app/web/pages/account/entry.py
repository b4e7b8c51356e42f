"""What the pages before sign-in know: what the URL says, what an invitation offers, whether a link still works."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import reflex as rx

from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.errors import AtriumError
from enterprise_app.core.texts import has_text, translate
from enterprise_app.domains.identity import service
from enterprise_app.web.shell.action import PUBLIC, action
from enterprise_app.web.shell.session import SessionState
from enterprise_app.web.shell.urls import parameters
from enterprise_app.web.shell.visits import visit_of


class EntryState(rx.State):
    """Flat facts of the page before sign-in that is open."""

    ready: bool = False
    next: str = "/"
    token: str = ""
    notice: str = ""
    problem: str = ""
    dead: bool = False
    sent: bool = False
    tenant_name: str = ""
    invited_by: str = ""
    role: str = ""
    email: str = ""
    has_account: bool = False
    mine: bool = False

    @action(PUBLIC)
    async def load_sign_in(self) -> None:
        """Where to go on to, and what the way here says (an expired link, a changed password)."""
        await self._start()
        if "reset" in parameters(self):
            self.notice = translate(await self._locale(), "account.reset_done")

    @action(PUBLIC)
    async def load_plain(self) -> None:
        """Sign-up and forgotten password."""
        await self._start()
        self.sent = "sent" in parameters(self)

    @action(PUBLIC)
    async def load_reset(self) -> None:
        """Whether the reset link still works, before anything is typed."""
        await self._start()
        async with self._checking():
            await service.check_reset(self.token)

    @action(PUBLIC)
    async def load_setup(self) -> None:
        """Whether the operator's link still works."""
        await self._start()
        async with self._checking():
            await service.check_operator_link(self.token)

    @action(PUBLIC)
    async def load_verify(self) -> None:
        """Opening the link's page is the proof. A page that reconnects has done it already."""
        if self.sent and self.token and parameters(self).get("token", "") == self.token:
            return
        await self._start()
        async with self._checking():
            self.email = await service.verify_email(_visitor(self, await self._locale()), self.token)
            self.sent = True

    @action(PUBLIC)
    async def load_invitation(self, ctx: Context | None) -> None:
        """Who invites to what; a dead link says why."""
        await self._start()
        locale = await self._locale()
        async with self._checking():
            offer = await service.preview_invitation(ctx or _visitor(self, locale), self.token)
            self.tenant_name, self.invited_by, self.email = offer.tenant_name, offer.invited_by, offer.email
            self.role = translate(locale, f"account.role.{offer.role.value}")
            self.has_account = offer.has_account
            session = await self.get_state(SessionState)
            self.mine = ctx is not None and session.email == offer.email

    async def _start(self) -> None:
        self.reset()
        words = parameters(self)
        self.next, self.token = words.get("next", "/")[:500], words.get("token", "")[:500]
        code = words.get("error", "")
        if has_text(f"errors.{code}"):
            self.problem = translate(await self._locale(), f"errors.{code}", **words)
        self.ready = True

    @asynccontextmanager
    async def _checking(self) -> AsyncIterator[None]:
        try:
            yield
        except AtriumError as error:
            if error.status >= 500:
                raise
            self.dead = True
            self.problem = translate(await self._locale(), f"errors.{error.code}", **error.params)

    async def _locale(self) -> str:
        session = await self.get_state(SessionState)
        return session.locale or visit_of(self).locale


def _visitor(state: EntryState, locale: str) -> Context:
    """Nobody yet, as the services of joining want it."""
    visit = visit_of(state)
    nobody = Context(PLATFORM_TENANT_ID, Actor(ActorKind.ANONYMOUS), locale=locale)
    return replace(nobody, ip=visit.ip, agent=visit.agent, request_id=visit.request_id)
