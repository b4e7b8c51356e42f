"""People and tenants for the tests of identity."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.schemas import InvitationRequest, Registered, Registration, SignIn
from enterprise_app.edge import Edge

PASSWORD = SecretStr("correct horse battery")
PLATFORM = "atrium.localhost:8000"


def visitor(*, ip: str | None = None, locale: str = "en") -> Context:
    """Nobody, on the platform's host."""
    actor = Actor(ActorKind.ANONYMOUS)
    return Context(PLATFORM_TENANT_ID, actor, locale=locale, ip=ip, agent="Mozilla/5.0 (X11; Linux) Firefox/140.0")


def draft(slug: str = "acme", /, **changes: object) -> Registration:
    """A registration form."""
    values = {"name": "Acme", "slug": slug, "owner_name": "Ada", "email": f"ada@{slug}.example", "password": PASSWORD}
    return Registration.model_validate(values | changes)


async def registered(slug: str = "acme", /, **changes: object) -> Registered:
    """A tenant with its owner."""
    return await service.register_tenant(visitor(), draft(slug, **changes))


async def signed_in(email: str, slug: str, edge: Edge | None = None) -> Context:
    """The context of that person on the tenant's host."""
    host = service.tenant_host(slug)
    here = await (edge or Edge(cache_seconds=0)).from_session(host=host, cookie=await cookie(email, slug))
    return replace(here, request_id=str(new_id()))


async def cookie(email: str, slug: str) -> str:
    """The secret of a fresh session on the tenant's host."""
    on_platform = await service.sign_in(visitor(), sign_in_form(email), host=PLATFORM)
    host, code = location_of(on_platform.location)
    assert host == service.tenant_host(slug)
    return await take_over(slug, code)


async def take_over(slug: str, code: str) -> str:
    """Redeem a hand-over on the tenant's host."""
    taken = await service.accept_hand_over(await visitor_of(slug), code, host=service.tenant_host(slug))
    return taken.secret.get_secret_value()


async def visitor_of(slug: str) -> Context:
    """Nobody, on the tenant's host."""
    tenant = await Edge(cache_seconds=0)._tenant_at(slug)
    return replace(visitor(), tenant_id=tenant.id)


def sign_in_form(email: str, password: SecretStr = PASSWORD, onward: str = "/") -> SignIn:
    """The sign-in form."""
    return SignIn(email=email, password=password, next=onward)


def location_of(address: str) -> tuple[str, str]:
    """Host name and code of a hand-over's address."""
    parts = urlsplit(address)
    return parts.hostname or "", parse_qs(parts.query)["code"][0]


async def invited(owner: Context, email: str, role: str = "member") -> str:
    """The token of a fresh invitation."""
    async with tenant_session(owner) as session:
        created = await service.invite_member(session, owner, InvitationRequest(email=email, role=role))
    return created.link.partition("token=")[2]


async def joined(owner: Context, slug: str, email: str, role: str = "member", name: str = "Grace") -> Context:
    """A new member, signed in on the tenant's host."""
    token = await invited(owner, email, role)
    host = service.tenant_host(slug)
    done = await service.accept_invitation(await visitor_of(slug), token, host=host, name=name, password=PASSWORD)
    return await Edge(cache_seconds=0).from_session(host=host, cookie=done.secret.get_secret_value())
