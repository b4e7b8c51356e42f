"""Where a Context comes from: a session, token or key on one side, tenant and plan on the other.

Cached for a short while in this process (CACHE_SECONDS, HEARD_SECONDS) and forgotten as soon as a credential, a
membership or a plan changes.
Host, `X-Tenant-ID`, key and token that name different tenants are refused, never silently chosen (TEN-02).
"""

import random
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from enterprise_app.core import context as core_context
from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db import system_session, tenant_session
from enterprise_app.core.errors import AtriumError, NotFound, Unauthenticated
from enterprise_app.core.texts import LOCALE_COOKIE, chosen_language, negotiate
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.identity.errors import (
    CredentialUnknown,
    MemberSuspended,
    NotAMember,
    TenantMismatch,
)
from enterprise_app.domains.identity.schemas import Preferences
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.schemas import Tenant
from enterprise_app.domains.tenancy.vocabulary import TenantStatus

COOKIE = "atrium_session"
CACHE_SECONDS = 4.0  # when nobody tells us of changes
HEARD_SECONDS = 30.0  # while the live listener does: it clears the cache within milliseconds
_CACHE_SIZE = 20_000
_SPREAD = random.SystemRandom()
_READING = frozenset(p for p in Permission if p.value.endswith(":read")) | {Permission.SELF_MANAGE}
"""What remains in a suspended tenant: look, and leave."""


class Visit(Protocol):
    """From where a page uses its session (see web.shell.ports)."""

    @property
    def host(self) -> str: ...
    @property
    def ip(self) -> str | None: ...
    @property
    def agent(self) -> str | None: ...
    @property
    def request_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class TenantOption:
    """A tenant to switch to."""

    slug: str
    name: str
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """What the frame of a page shows of the person signed in."""

    name: str
    email: str
    tenant_name: str
    tenant_slug: str
    role: str
    theme: str = ""
    locale: str = ""
    unverified: bool = False
    tenants: tuple[TenantOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request shows of itself: at most one credential, the host, the tenant it names."""

    kind: str
    secret: str
    host: str
    named: str | None = None


class Edge:
    """Contexts for HTTP, for pages and for jobs. One per process."""

    def __init__(self, *, cache_seconds: float = CACHE_SECONDS) -> None:
        self.hears: Callable[[], bool] = lambda: False
        """Set by the process that runs a live listener and calls `forget`: whether it is connected."""
        self._cache = _Cache(cache_seconds, lambda: self.hears())
        self._key_uses: set[tuple[UUID | None, str | None, date]] = set()

    async def caller(self, request: Request) -> Context:
        """The context of a request's credential. Raises Unauthenticated, Forbidden, TenantMismatch, NotFound."""
        ctx = _in_request(await self.from_request(request.headers, request.headers.get("host", "")), request)
        if ctx.actor.kind is ActorKind.API_KEY:
            await self._note_key_use(ctx)
        return ctx

    async def visitor(self, request: Request) -> Context:
        """An anonymous context of the host's tenant, or of the platform; no permissions."""
        host = request.headers.get("host", "")
        tenant_id, zone, language, week_start = PLATFORM_TENANT_ID, "UTC", "", None
        if slug := identity.slug_of(host):
            tenant = await self._tenant_at(slug)
            tenant_id, zone, language, week_start = tenant.id, tenant.zone, tenant.locale, tenant.week_start
        spoken = request.headers.get("accept-language", "")
        chosen = chosen_language(request.cookies.get(LOCALE_COOKIE, ""), spoken)
        locale = negotiate(chosen or language, spoken)
        nobody = Actor(ActorKind.ANONYMOUS)
        return _in_request(Context(tenant_id, nobody, locale=locale, zone=zone, week_start=week_start), request)

    async def from_request(self, headers: Mapping[str, str], host: str) -> Context:
        """The context of these headers on this host, without ip, agent and request id."""
        ctx = await self._context(_presented(headers, host))
        return ctx if ctx.locale else replace(ctx, locale=negotiate("", headers.get("accept-language", "")))

    async def from_session(self, *, host: str, cookie: str | None = None, reference: str | None = None) -> Context:
        """The context of a cookie's secret or of a page's reference. A cookie of another host is unknown here."""
        if cookie is not None:
            return await self._context(Presented("cookie", cookie, identity.hostname(host)))
        return await self._context(Presented("reference", _uuid(reference), identity.hostname(host)))

    async def find_reference(self, cookie: str, host: str) -> str | None:
        """The non-secret id of the cookie's session, None when it can't work here any more."""
        try:
            ctx = await self.from_session(host=host, cookie=cookie)
        except AtriumError as error:
            if error.status >= 500:
                raise
            return None
        key = (cookie, identity.hostname(host))
        return await self._cache.get(("id", *key, ctx.actor.account_id), lambda: _session_id(*key))

    async def job_context(self, tenant_id: UUID, name: str) -> Context:
        """The system at work in one tenant, under its plan and in its zone."""
        return await self._cache.get(("job", tenant_id, name), lambda: _job_context(tenant_id, name))

    def forget(self, topic: str) -> bool:
        """For the live listener: drop the cache when `topic` is about credentials, plans or tenants; whether it is."""
        area = topic.split(":")[1] if ":" in topic else topic
        concerned = area in (identity.CREDENTIALS, "entitlements", "tenant", "members", "api_keys")
        if concerned:
            self._cache.clear()
        return concerned

    def forget_all(self) -> None:
        """For the live listener after it was away: it may have missed something."""
        self._cache.clear()

    async def _note_key_use(self, ctx: Context) -> None:
        """Into the audit trail once a day for each key and address: enough to see who has a key, not a line a call."""
        use = (ctx.actor.id, ctx.ip, now().date())
        if use in self._key_uses:
            return
        if len(self._key_uses) >= _CACHE_SIZE:
            self._key_uses.clear()
        self._key_uses.add(use)
        target = Target(kind="api_key", id=ctx.actor.id, name=ctx.actor.name)
        try:
            async with tenant_session(ctx) as session:
                await audit.record(session, ctx, AuditVerb.API_KEY_USED, target)
        except BaseException:
            self._key_uses.discard(use)
            raise

    async def _context(self, shown: Presented) -> Context:
        return await self._cache.get(shown, lambda: _build(shown, self._tenant_in))

    async def _tenant_at(self, slug: str) -> Tenant:
        async def load() -> tuple[Tenant, float]:
            async with system_session("tenant of a host") as session:
                return await _tenant_by_slug(session, slug), float("inf")

        return await self._cache.get(("tenant", slug), load)

    async def _tenant_in(self, session: AsyncSession, slug: str) -> Tenant:
        """The tenant of a host for everybody who comes there, read with a session that is open anyway."""

        async def load() -> tuple[Tenant, float]:
            return await _tenant_by_slug(session, slug), float("inf")

        return await self._cache.get(("tenant", slug), load)


class SessionReader:
    """The web shell's port: sessions as pages see them (web.shell.ports.Sessions)."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def find_reference(self, cookie: str, host: str) -> str | None:
        """The reference of a live session of this host; it is no secret and no cookie."""
        return await self._edge.find_reference(cookie, host)

    async def list_ended(self, hosts: Mapping[str, str]) -> set[str]:
        """Of these references, each with its host, those whose session or membership has ended. Notes no use."""
        wanted = {UUID(reference): host for reference, host in hosts.items()}
        async with system_session("sessions of open pages") as session:
            alive = await identity.list_live_sessions(session, wanted)
        return {str(reference) for reference in wanted.keys() - alive}

    async def get_context(self, reference: str, visit: Visit) -> Context:
        """The context of this moment. Raises Unauthenticated when the session or the membership ended."""
        try:
            ctx = await self._edge.from_session(host=visit.host, reference=reference)
        except (NotAMember, MemberSuspended) as error:
            raise Unauthenticated(error.code) from None
        return replace(ctx, ip=visit.ip, agent=visit.agent, request_id=visit.request_id)

    async def get_identity(self, reference: str, context: Context) -> Identity:
        """What the frame shows."""
        account = await identity.get_account(context)
        choices = await identity.list_tenant_choices(context)
        here = next((c for c in choices if c.tenant_id == context.tenant_id), None)
        return Identity(
            name=account.name,
            email=account.email,
            tenant_name=here.name if here else "",
            tenant_slug=here.slug if here else "",
            role=here.role.value if here else context.actor.kind.value,
            theme=account.theme.value,
            locale=account.locale,
            unverified=account.email_verified_at is None and identity.is_verification_asked(),
            tenants=tuple(TenantOption(c.slug, c.name, c.is_demo) for c in choices),
        )

    async def resend_verification(self, context: Context) -> bool:
        """Mail the link that proves the e-mail once more; whether that was needed."""
        return await identity.resend_verification(context)

    async def save_preferences(self, context: Context, *, locale: str | None = None, theme: str | None = None) -> None:
        """Keep a choice with the account."""
        await identity.set_preferences(context, Preferences(locale=locale, theme=theme))
        self._edge.forget_all()  # what the page loads next is in the new language already


class _Cache:
    """Values for a while; one that was being made while the cache was cleared is not kept.

    `hears` says whether changes are being told right now: then values may live longer, and shorter at once when not.
    """

    def __init__(self, seconds: float, hears: Callable[[], bool]) -> None:
        self._seconds, self._hears = seconds, hears
        self._entries: dict[Hashable, tuple[float, float, float, Any]] = {}
        self._generation = 0

    async def get(self, key: Hashable, make: Callable[[], Awaitable[tuple[Any, float]]]) -> Any:
        """The kept value, or the made one; `make` also says for how many seconds at most it is true."""
        found = self._entries.get(key)
        if found is not None and self._is_fresh(*found[:3]):
            return found[3]
        generation = self._generation
        value, seconds = await make()
        if generation == self._generation and self._seconds:
            if len(self._entries) >= _CACHE_SIZE:
                self._entries.clear()
            # Spread, so that many sessions that came together don't all ask again in the same moment.
            at = time.monotonic()
            self._entries[key] = (at, at + seconds, _SPREAD.uniform(0.5, 1.0), value)
        return value

    def _is_fresh(self, made_at: float, ends_at: float, part: float) -> bool:
        at = time.monotonic()
        life = max(self._seconds, HEARD_SECONDS) if self._hears() else self._seconds
        return at < min(ends_at, made_at + life * part)

    def clear(self) -> None:
        """Forget everything."""
        self._generation += 1
        self._entries.clear()


TenantReader = Callable[[AsyncSession, str], Awaitable[Tenant]]


async def _build(shown: Presented, tenant_in: TenantReader) -> tuple[Context, float]:
    """The context, and for how many seconds its credential still is good."""
    async with system_session("resolve a credential") as session:
        credential = await _credential(session, shown)
        chain = await _own_tenant(session, shown, credential, tenant_in)
        try:
            tenant = await _agreed_tenant(session, shown, credential, chain)
            ctx = await _context_in(session, credential, tenant)
        except NotAMember as error:
            refused: NotAMember = error
        else:
            return ctx, _seconds_left(credential)
    await _audit_refusal(credential, chain, shown)
    raise refused


async def _credential(session: AsyncSession, shown: Presented) -> identity.Credential:
    match shown.kind:
        case "cookie":
            return await identity.find_session(session, host=shown.host, secret=shown.secret)
        case "reference":
            return await identity.find_session(session, host=shown.host, reference=UUID(shown.secret))
        case "token":
            return await identity.find_access_token(session, shown.secret)
        case "key":
            return await identity.find_api_key(session, shown.secret)
        case "none":
            raise Unauthenticated
        case _:
            raise CredentialUnknown


async def _own_tenant(
    session: AsyncSession, shown: Presented, credential: identity.Credential, tenant_in: TenantReader
) -> Tenant | None:
    """The tenant that credential and host stand for, before the header is looked at. They must agree."""
    here = await tenant_in(session, slug) if (slug := identity.slug_of(shown.host)) else None
    if credential.tenant_id is None:
        return here
    if here is not None and here.id != credential.tenant_id:
        raise TenantMismatch
    return here or await tenancy.find_by_id(session, credential.tenant_id)


async def _agreed_tenant(
    session: AsyncSession, shown: Presented, credential: identity.Credential, own: Tenant | None
) -> Tenant | None:
    if shown.named is None:
        return own
    if own is not None and shown.named in (str(own.id), own.slug):
        return own
    named = await _tenant_named(session, shown.named)
    membership = await identity.find_active_membership(session, credential.account.id, named.id) if named else None
    if named is None or membership is None:
        raise NotAMember
    if own is not None:
        raise TenantMismatch
    return named


async def _context_in(session: AsyncSession, credential: identity.Credential, tenant: Tenant | None) -> Context:
    account = credential.account
    if tenant is None:
        kind = ActorKind.OPERATOR if account.is_operator else ActorKind.MEMBER
        permissions = OPERATOR_PERMISSIONS if account.is_operator else frozenset({Permission.SELF_MANAGE})
        actor = Actor(kind, account.id, account.name, account.id)
        return Context(PLATFORM_TENANT_ID, actor, permissions, locale=account.locale, zone=account.zone or "UTC")
    membership = await identity.find_active_membership(session, account.id, tenant.id)
    if membership is None:
        raise NotAMember
    if not membership.active:
        raise MemberSuspended
    permissions = ROLE_PERMISSIONS[membership.role] & (credential.scopes or ROLE_PERMISSIONS[membership.role])
    suspended = tenant.status is TenantStatus.SUSPENDED
    actor = Actor(ActorKind.MEMBER, membership.id, account.name, account.id)
    if credential.key is not None:
        actor = Actor(ActorKind.API_KEY, credential.id, credential.key.name)
    elif membership.role == "guest":
        actor = replace(actor, kind=ActorKind.GUEST)
    return Context(
        tenant_id=tenant.id,
        actor=actor,
        permissions=permissions & _READING if suspended else permissions,
        entitlements=tenancy.entitlements_of(tenant, now()),
        locale=account.locale or tenant.locale,
        zone=account.zone or tenant.zone,
        week_start=tenant.week_start,
        on_behalf_of=membership.id if credential.key is not None else None,
        read_only=suspended,
    )


async def _audit_refusal(credential: identity.Credential, own: Tenant | None, shown: Presented) -> None:
    """Into the chain of the caller's own tenant, else the platform's: the tenant asked for learns nothing."""
    account = credential.account
    actor = Actor(ActorKind.MEMBER, account.id, account.name, account.id)
    ctx = Context(own.id if own else PLATFORM_TENANT_ID, actor)
    target = Target(kind="tenant", name=shown.named or (own.slug if own else ""))
    await audit.record_refusal(ctx, AuditVerb.ACCESS_REFUSED, target, reason=NotAMember.code)


async def _job_context(tenant_id: UUID, name: str) -> tuple[Context, float]:
    async with system_session("context of a job") as session:
        tenant = await tenancy.find_by_id(session, tenant_id)
    if tenant is None:
        raise NotFound(kind="tenant", id=str(tenant_id))
    entitlements = tenancy.entitlements_of(tenant, now())
    return core_context.job_context(tenant_id, name, entitlements=entitlements, zone=tenant.zone), float("inf")


async def _session_id(cookie: str, host: str) -> tuple[str, float]:
    async with system_session("reference of a session") as session:
        credential = await identity.find_session(session, host=host, secret=cookie)
    return str(credential.id), _seconds_left(credential)


async def _tenant_by_slug(session: AsyncSession, slug: str) -> Tenant:
    tenant = await tenancy.find_by_slug(session, slug)
    if tenant is None or tenant.id == PLATFORM_TENANT_ID:
        raise NotFound("tenant_unknown", slug=slug)
    return tenant


async def _tenant_named(session: AsyncSession, named: str) -> Tenant | None:
    try:
        return await tenancy.find_by_id(session, UUID(named))
    except ValueError:
        return await tenancy.find_by_slug(session, named)


def _presented(headers: Mapping[str, str], host: str) -> Presented:
    """The credential of the headers: Authorization before X-API-Key before the cookie; two tokens are a mistake."""
    named = (headers.get("x-tenant-id") or "").strip().lower()[:100] or None
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    bearer = bearer.strip() if scheme.lower() == "bearer" else ""
    key = headers.get("x-api-key", "").strip()
    if bearer and key and bearer != key:
        raise TenantMismatch("credentials_conflict")
    secret, name = bearer or key, identity.hostname(host)
    if secret:
        return Presented(_kind(secret), secret, name, named)
    cookie = _cookie(headers.get("cookie", ""))
    return Presented("cookie" if cookie else "none", cookie, name, named)


def _kind(secret: str) -> str:
    if secret.startswith(identity.ACCESS_TOKEN_PREFIX):
        return "token"
    return "key" if secret.startswith(identity.API_KEY_PREFIX) else "unknown"


def _cookie(header: str) -> str:
    """The session cookie; of two with the name (a sibling host may set one for the whole domain) none counts."""
    values = [part.partition("=")[2].strip() for part in header.split(";") if part.partition("=")[0].strip() == COOKIE]
    return values[0] if len(values) == 1 else ""


def _uuid(reference: str | None) -> str:
    try:
        return str(UUID(reference or ""))
    except ValueError:
        raise CredentialUnknown from None


def _seconds_left(credential: identity.Credential) -> float:
    if credential.expires_at is None:
        return float("inf")
    return max(0.0, (credential.expires_at - now()).total_seconds())


def _in_request(ctx: Context, request: Request) -> Context:
    return replace(
        ctx,
        ip=request.client.host if request.client else None,
        agent=request.headers.get("user-agent"),
        request_id=getattr(request.state, "request_id", ""),
    )
