"""The event spine, publishing side: facts are written with the change, the worker hands them to every subscriber.

Delivered at least once, in order per subscriber and entity (as long as the publisher changes, and so locks, the
entity's row first). No secrets in events: they are kept and shown.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, model_validator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Actor, Context
from enterprise_app.core.errors import TenantMissing
from enterprise_app.core.ids import new_id

CHANNEL = "atrium_events"


class Event(BaseModel):
    """A past-tense fact: a subclass sets `kind = "campaign.created"` and `entity_kind = "campaign"`.

    Its further fields are the payload: JSON values, UUIDs, dates, Decimals, enums.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: ClassVar[str]
    entity_kind: ClassVar[str]

    tenant_id: UUID
    entity_id: UUID

    @model_validator(mode="before")
    @classmethod
    def _needs_tenant(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("tenant_id") is None:
            raise TenantMissing(event=getattr(cls, "kind", cls.__name__))
        return values

    def entity(self) -> tuple[str, UUID]:
        """(kind, id) of what the fact is about."""
        return self.entity_kind, self.entity_id


@dataclass(frozen=True, slots=True)
class Delivery:
    """One handing-over of one event to one subscriber; `id` is stable over retries: use it as the outside's key."""

    id: UUID
    event_id: UUID
    subscriber: str
    attempt: int
    actor: Actor
    request_id: str
    occurred_at: datetime


E = TypeVar("E", bound=Event)
Handler = Callable[[AsyncSession, Context, Any, Delivery], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A named reaction to one type of event. The name is stored: never rename one with deliveries on the way."""

    name: str
    event: type[Event]
    handler: Handler


def subscriber(
    name: str, event: type[E], handler: Callable[[AsyncSession, Context, E, Delivery], Awaitable[None]]
) -> Subscriber:
    """For a manifest: `subscriber("analytics.record_campaign", CampaignCreated, handler)`.

    The handler runs in a tenant session; what it writes there commits together with the mark that it is done.
    """
    return Subscriber(name, event, handler)


class HasSubscribers(Protocol):
    """What we need to know of a domain's manifest."""

    @property
    def subscribers(self) -> Iterable[Subscriber]: ...


_by_name: dict[str, Subscriber] = {}
_names_by_kind: dict[str, list[str]] | None = None


def register(domains: Iterable[HasSubscribers]) -> None:
    """Make the subscribers of all domains known; once at the start of every process that publishes or delivers."""
    global _names_by_kind
    known: dict[str, Subscriber] = {}
    by_kind: dict[str, list[str]] = {}
    for entry in (s for domain in domains for s in domain.subscribers):
        if entry.name in known:
            raise ValueError(f"two subscribers are named {entry.name}")
        known[entry.name] = entry
        by_kind.setdefault(entry.event.kind, []).append(entry.name)
    _by_name.clear()
    _by_name.update(known)
    _names_by_kind = by_kind


def find_subscriber(name: str) -> Subscriber | None:
    """The registered subscriber of that name."""
    return _by_name.get(name)


def list_subscribers() -> list[Subscriber]:
    """All registered subscribers, by name."""
    return sorted(_by_name.values(), key=lambda entry: entry.name)


# One round trip: the fact, a delivery for each subscriber, and the worker's wake-up, all or nothing with the change.
_PUBLISH = sa.text(
    f"""
    WITH fact AS (
        INSERT INTO event_outbox (tenant_id, id, kind, entity_kind, entity_id, payload, actor, request_id)
        VALUES (:tenant_id, :id, :kind, :entity_kind, :entity_id, :payload, :actor, :request_id)
        RETURNING tenant_id, id, entity_id, seq
    ), deliveries AS (
        INSERT INTO event_deliveries (tenant_id, event_id, seq, subscriber, entity_id)
        SELECT fact.tenant_id, fact.id, fact.seq, subscriber, fact.entity_id
        FROM fact, unnest(cast(:subscribers AS text[])) AS subscriber
        RETURNING 1
    )
    SELECT pg_notify('{CHANNEL}', '') FROM fact WHERE EXISTS (SELECT FROM deliveries)
    """  # noqa: S608 - a constant
).bindparams(sa.bindparam("payload", type_=JSONB), sa.bindparam("actor", type_=JSONB))


async def publish(session: AsyncSession, ctx: Context, event: Event) -> UUID:
    """Write the fact in the caller's transaction; returns its id. Raises TenantMissing when it is another tenant's."""
    event_id = new_id()
    await session.execute(_PUBLISH, _values(ctx, event, event_id))
    return event_id


async def publish_all(session: AsyncSession, ctx: Context, facts: Sequence[Event]) -> None:
    """The same for many, in this order, in one go."""
    if facts:
        await session.execute(_PUBLISH, [_values(ctx, event, new_id()) for event in facts])


def _values(ctx: Context, event: Event, event_id: UUID) -> dict[str, Any]:
    if _names_by_kind is None:
        raise RuntimeError("core.events.register(DOMAINS) has not been called: the event would reach nobody")
    if event.tenant_id != ctx.tenant_id:
        raise TenantMissing(event=event.kind, event_tenant=str(event.tenant_id), session_tenant=str(ctx.tenant_id))
    return {
        "tenant_id": ctx.tenant_id,
        "id": event_id,
        "kind": event.kind,
        "entity_kind": event.entity_kind,
        "entity_id": event.entity_id,
        "payload": event.model_dump(mode="json", exclude={"tenant_id", "entity_id"}),
        "actor": actor_to_json(ctx.actor),
        "request_id": ctx.request_id,
        "subscribers": _names_by_kind.get(event.kind, []),
    }


def actor_to_json(actor: Actor) -> dict[str, Any]:
    """The actor as it is stored beside facts and jobs."""
    return {
        "kind": actor.kind.value,
        "id": str(actor.id) if actor.id else None,
        "name": actor.name,
        "account_id": str(actor.account_id) if actor.account_id else None,
    }
