"""What the shell needs from the edge, as protocols: the composition root plugs the real ones in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from enterprise_app.core.context import Context


@dataclass(frozen=True, slots=True)
class Visit:
    """From where a session is used: checked against the session's own host at every action."""

    host: str
    ip: str | None = None
    agent: str | None = None
    locale: str = "en"
    request_id: str = ""


class Tenant(Protocol):
    """A tenant to switch to."""

    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_demo(self) -> bool: ...


class Identity(Protocol):
    """What the frame shows of the person signed in. `theme` is light, dark or system; "" = not chosen, as `locale`."""

    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def tenant_name(self) -> str: ...
    @property
    def tenant_slug(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def theme(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def unverified(self) -> bool: ...
    @property
    def tenants(self) -> Sequence[Tenant]: ...


class Sessions(Protocol):
    """Sessions as the web shell sees them. Implemented by the edge."""

    async def find_reference(self, cookie: str, host: str) -> str | None:
        """The non-secret reference of a live session, or None: unknown, expired, revoked or of another host."""
        ...

    async def list_ended(self, hosts: Mapping[str, str]) -> set[str]:
        """Of these references, each with its host, those that find_reference would not give any more."""
        ...

    async def get_context(self, reference: str, visit: Visit) -> Context:
        """The Context of this moment. Raises Unauthenticated when the session ended."""
        ...

    async def get_identity(self, reference: str, context: Context) -> Identity:
        """What the frame shows."""
        ...

    async def resend_verification(self, context: Context) -> bool:
        """Mail the link that proves the e-mail once more; whether that was needed."""
        ...

    async def save_preferences(self, context: Context, *, locale: str | None = None, theme: str | None = None) -> None:
        """Keep a choice with the account."""
        ...
