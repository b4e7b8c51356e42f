"""The letters of the local mailbox, newest first, with their links found."""

import re

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core import mail
from enterprise_app.core.context import Context
from enterprise_app.core.errors import NotFound
from enterprise_app.core.settings import load_settings
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.shell.action import PUBLIC, action
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.session import SessionState
from enterprise_app.web.shell.urls import change_view, parameters

_LINK = re.compile(r"(https?://[^\s<>\"]+[^\s<>\".,;:!?)\]])")
_NEWEST = 50


class Piece(BaseModel):
    """Some text of a letter; with an address it is a link."""

    model_config = ConfigDict(frozen=True)

    text: str
    href: str = ""


class Letter(BaseModel):
    """One letter."""

    model_config = ConfigDict(frozen=True)

    id: str
    recipient: str
    subject: str
    sent: str
    pieces: list[Piece] = []


class MailboxState(rx.State):
    """What the mailbox shows now."""

    loading: bool = True
    failed: bool = False
    to: str = ""
    letters: list[Letter] = []

    @action(PUBLIC)
    async def load(self, ctx: Context | None) -> None:
        """The newest letters, of one recipient when the URL names one. Answers in development only."""
        if not load_settings().dev:
            raise NotFound
        with showing(self):
            self.to = parameters(self).get("to", "")[:320]
            locale = ctx.locale if ctx else (await self.get_state(SessionState)).locale or "en"
            found = await mail.list_letters(recipient=self.to or None, limit=_NEWEST)
            self.letters = [_letter(letter, locale, ctx.zone if ctx else "UTC") for letter in found]

    @action(PUBLIC)
    async def search(self, to: str) -> EventSpec | None:
        """Only the letters of one recipient."""
        return change_view(self, replace=True, to=to.strip()[:320]) if to != self.to else None


def _letter(letter: mail.Letter, locale: str, zone: str) -> Letter:
    return Letter(
        id=str(letter.id),
        recipient=letter.recipient,
        subject=letter.subject,
        sent=localization.format_datetime(letter.sent_at, locale, zone),
        pieces=pieces_of(letter.text),
    )


def pieces_of(text: str) -> list[Piece]:
    """The text cut at its links."""
    cut = _LINK.split(text)
    return [Piece(text=part, href=part if number % 2 else "") for number, part in enumerate(cut) if part]
