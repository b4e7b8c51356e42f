"""Mail: through SMTP when configured, otherwise into a local mailbox that the development page shows.

Called from event deliveries only: there a failure is retried and seen, in a request it would be lost.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from enterprise_app.core import live, switches
from enterprise_app.core.clock import now
from enterprise_app.core.db import system_session
from enterprise_app.core.errors import NotFound, Unavailable
from enterprise_app.core.ids import new_id
from enterprise_app.core.switches import Switch

TOPIC = live.platform_topic("mailbox")
"""Live topic: a letter arrived in the local mailbox."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. `key` makes the message id stable over retries. Raises ValueError on injected headers."""

    to: str
    subject: str
    text: str
    html: str | None = None
    sender: str | None = None
    reply_to: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    key: str | None = None

    def __post_init__(self) -> None:
        for value in (self.to, self.subject, self.sender or "", self.reply_to or "", *self.headers.values()):
            if _CONTROL.search(value):
                raise ValueError("a mail header must not contain line breaks or control characters")
        if not all(_HEADER.fullmatch(name) for name in self.headers):
            raise ValueError("a mail header's name has only letters, digits and hyphens")
        name, address = parseaddr(self.to)
        if "@" not in address or "," in address or self.to.count("@") - name.count("@") != 1:
            raise ValueError("a mail goes to exactly one address")


class Postman(Protocol):
    """Takes mails away; raises Unavailable when it should be tried again."""

    async def send(self, mail: Mail) -> None: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the local mailbox."""

    id: UUID
    recipient: str
    sender: str
    subject: str
    text: str
    html: str | None
    headers: dict[str, Any]
    sent_at: datetime


class SmtpPostman:
    """`smtp://user:password@host:587` (STARTTLS when offered) or `smtps://…:465`."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._options: dict[str, Any] = {
            "hostname": parts.hostname,
            "port": parts.port or (465 if parts.scheme == "smtps" else 587),
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            "timeout": _TIMEOUT,
        }
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Hand over to the server; raises Unavailable when it doesn't take it now, ValueError when it never will."""
        import aiosmtplib

        try:
            await aiosmtplib.send(compose(mail, self._sender), **self._options)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise ValueError(f"the mail server refuses the recipient {mail.to}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("mail_unavailable") from error


class Mailbox:
    """Keeps mails in the table `mailbox`."""

    def __init__(self, sender: str) -> None:
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Store it; a repetition with the same key is the same letter."""
        message = compose(mail, self._sender)
        values = {
            "id": new_id(), "recipient": mail.to, "sender": str(message["From"]), "subject": mail.subject,
            "text": mail.text, "html": mail.html, "headers": {**mail.headers, "Message-ID": message["Message-ID"]},
        }  # fmt: skip
        async with system_session("local mailbox") as session:
            await session.execute(_STORE, values)
            await live.changed(session, TOPIC)


_STORE = sa.text(
    """
    INSERT INTO mailbox (id, recipient, sender, subject, text, html, headers)
    SELECT :id, :recipient, :sender, :subject, :text, :html, :headers
    WHERE NOT EXISTS (SELECT FROM mailbox WHERE headers ->> 'Message-ID' = cast(:headers AS jsonb) ->> 'Message-ID')
    """
).bindparams(sa.bindparam("headers", type_=JSONB))

_DEFAULT_SENDER = "Atrium <no-reply@atrium.localhost>"
_postman: Postman = Mailbox(_DEFAULT_SENDER)


def configure(smtp_url: str | None, sender: str = _DEFAULT_SENDER) -> None:
    """Say how mail leaves; once at the start of a process."""
    global _postman
    _postman = SmtpPostman(smtp_url, sender) if smtp_url else Mailbox(sender)


async def send(mail: Mail) -> None:
    """Send it now; raises Unavailable when it should be tried again, also while the operator has switched mail off."""
    await switches.require(Switch.MAIL)
    await _postman.send(mail)


def compose(mail: Mail, sender: str) -> EmailMessage:
    """The message as it travels."""
    message = EmailMessage()
    message["From"] = mail.sender or sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now())
    domain = parseaddr(message["From"])[1].rpartition("@")[2] or "atrium.localhost"
    message["Message-ID"] = f"<{mail.key}@{domain}>" if mail.key else make_msgid(domain=domain)
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


_LETTER = "id, recipient, sender, subject, text, html, headers, sent_at"


async def list_letters(*, recipient: str | None = None, limit: int = 100) -> Sequence[Letter]:
    """The newest letters of the local mailbox."""
    query = (
        f"SELECT {_LETTER} FROM mailbox WHERE cast(:recipient AS text) IS NULL OR recipient = :recipient "  # noqa: S608
        "ORDER BY sent_at DESC, id DESC LIMIT :limit"
    )
    async with system_session("local mailbox") as session:
        rows = await session.execute(sa.text(query), {"recipient": recipient, "limit": limit})
        return [Letter(**row._mapping) for row in rows]


async def get_letter(letter_id: UUID) -> Letter:
    """One letter; raises NotFound."""
    query = sa.text(f"SELECT {_LETTER} FROM mailbox WHERE id = :id")  # noqa: S608
    async with system_session("local mailbox") as session:
        row = (await session.execute(query, {"id": letter_id})).first()
    if row is None:
        raise NotFound(kind="mail", id=str(letter_id))
    return Letter(**row._mapping)
