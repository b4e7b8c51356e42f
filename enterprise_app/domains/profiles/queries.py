"""The SQL of profiles, and what their list may be filtered and sorted by."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing
from enterprise_app.core.table import table_of

from .models import IDS, INBOX, MergeRow, ProfileRow
from .rules.showing import shown_traits
from .schemas import Profile
from .vocabulary import IdKind, Origin, Sighting, Stage

C = table_of(ProfileRow).c
KIND = "profile"

COLUMNS = (
    C.id, C.name, C.email, C.country, C.stage, C.origin, C.identified, C.own_traits, C.traits, C.first_seen_at,
    C.last_seen_at, C.active_at, C.merged_into, C.version, C.created_at, C.updated_at, C.archived_at,
)  # fmt: skip
_NAMES = tuple(column.name for column in COLUMNS)

LISTING = Listing(
    fields={
        "name": ListField(C.name_key, str, sortable=True, operators=()),
        "email": ListField(C.email, str, nullable=True, operators=("eq", "ne", "in")),
        "email_domain": ListField(C.email_domain, str, nullable=True, operators=("eq", "ne", "in")),
        "has_email": ListField(C.email.is_not(None), bool),
        "stage": ListField(C.stage, Stage),
        "country": ListField(C.country, str, nullable=True, operators=("eq", "ne", "in")),
        "origin": ListField(C.origin, Origin),
        "identified": ListField(C.identified, bool),
        "archived": ListField(C.archived_at.is_not(None), bool, operators=("eq",)),
        "active_at": ListField(C.active_at, datetime, sortable=True),
        "created_at": ListField(C.created_at, datetime, sortable=True),
    },
    key=C.id,
    default_sort="-active_at",
    searchable=True,
)


def to_profile(row: Any) -> Profile:
    """A row of COLUMNS (or a ProfileRow) as it leaves; no need to check what is stored."""
    return from_values(tuple(getattr(row, name) for name in _NAMES))


def from_values(values: Sequence[Any]) -> Profile:
    """The values of COLUMNS (and a page's sort keys after them) as they leave."""
    fields = dict(zip(_NAMES, values, strict=False))
    fields["traits"] = shown_traits(fields.pop("own_traits"), fields["traits"])
    fields["stage"], fields["origin"] = Stage(fields["stage"]), Origin(fields["origin"])
    return Profile.model_construct(**fields)


def is_one_of(ids: Iterable[UUID]) -> Any:
    """A condition on the id; one array instead of a parameter for each."""
    return C.id == _any(ids, sa.Uuid())


def _any(values: Iterable[Any], type_: Any) -> Any:
    return sa.any_(sa.literal(list(values), ARRAY(type_)))


async def lock_people(session: AsyncSession, tenant_id: UUID) -> None:
    """One writer of a tenant's people at a time: who merges, folds or edits reads more rows than it changes."""
    await session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(tenant_id)})


async def try_lock_people(session: AsyncSession, tenant_id: UUID) -> bool:
    """The same, without waiting."""
    statement = sa.text("SELECT pg_try_advisory_xact_lock(:key)")
    return bool(await session.scalar(statement, {"key": _lock_key(tenant_id)}))


def _lock_key(tenant_id: UUID) -> int:
    return int.from_bytes(tenant_id.bytes[-8:], signed=True) ^ 0x70656F706C65


async def find_row(session: AsyncSession, profile_id: UUID) -> ProfileRow | None:
    """The row, as it is."""
    return (await session.execute(sa.select(ProfileRow).where(C.id == profile_id))).scalar_one_or_none()


async def load_families(session: AsyncSession, ids: Collection[UUID]) -> list[ProfileRow]:
    """The profiles with everybody they are one person with; under `lock_people`, so nobody changes them meanwhile."""
    if not ids:
        return []
    roots = set(await session.scalars(sa.select(C.root_id).where(is_one_of(ids))))
    merged = sa.select(ProfileRow).where(C.merged_into.is_not(None), C.root_id == _any(roots, sa.Uuid()))
    of_roots = sa.select(ProfileRow).where(is_one_of(roots))
    fresh = {"populate_existing": True}
    rows = list(await session.scalars(of_roots, execution_options=fresh))
    return rows + list(await session.scalars(merged.order_by(C.created_at, C.id), execution_options=fresh))


async def find_users(session: AsyncSession, values: Collection[str]) -> dict[str, UUID]:
    """User ids and the profiles they lead to."""
    if not values:
        return {}
    known = (IDS.c.kind == IdKind.USER.value, IDS.c.value == _any(values, sa.Text()))
    rows = await session.execute(sa.select(IDS.c.value, IDS.c.profile_id).where(*known))
    return {row.value: row.profile_id for row in rows}


async def find_traits(session: AsyncSession, value: str) -> dict[str, Any]:
    """The traits and the stage of whom a user id leads to, else of a browser's first user; of the whole family."""
    own, root = table_of(ProfileRow).alias("own"), table_of(ProfileRow).alias("root")
    joined = IDS.join(own, sa.and_(own.c.tenant_id == IDS.c.tenant_id, own.c.id == IDS.c.profile_id)).join(
        root, sa.and_(root.c.tenant_id == own.c.tenant_id, root.c.id == own.c.root_id)
    )
    kinds = [IdKind.USER.value, IdKind.ANONYMOUS.value]
    found = (
        sa.select(root.c.own_traits, root.c.traits, root.c.stage, root.c.archived_at)
        .select_from(joined)
        .where(IDS.c.kind.in_(kinds), IDS.c.value == value)
        .order_by(IDS.c.kind.desc(), IDS.c.first_at, IDS.c.profile_id)
        .limit(1)
    )
    row = (await session.execute(found)).one_or_none()
    if row is None or row.archived_at is not None:
        return {}
    return {"stage": row.stage, **shown_traits(row.own_traits, row.traits)}


async def find_owners(session: AsyncSession, values: Collection[str]) -> dict[str, tuple[datetime, UUID]]:
    """Browsers and who used each first: since when, and which profile."""
    c = IDS.c
    found = (
        sa.select(c.value, c.first_at, c.profile_id)
        .where(c.kind == IdKind.ANONYMOUS.value, c.value == _any(values, sa.Text()))
        .ext(distinct_on(c.value))
        .order_by(c.value, c.first_at, c.profile_id)
    )
    return {value: (first, owner) for value, first, owner in await session.execute(found)} if values else {}


_ADD_IDS = sa.text(
    """
    INSERT INTO profile_ids AS i (tenant_id, kind, value, profile_id, first_at, last_at)
    SELECT :tenant_id, * FROM unnest(cast(:kinds AS text[]), cast(:values AS text[]), cast(:profiles AS uuid[]),
        cast(:firsts AS timestamptz[]), cast(:lasts AS timestamptz[]))
    ON CONFLICT (tenant_id, kind, value, profile_id) DO UPDATE
        SET first_at = least(i.first_at, excluded.first_at), last_at = greatest(i.last_at, excluded.last_at)
        WHERE i.first_at > excluded.first_at OR i.last_at < excluded.last_at
    """
)


@dataclass(slots=True)
class Span:
    """From when to when an id was seen."""

    first_at: datetime
    last_at: datetime

    def widen(self, first_at: datetime, last_at: datetime) -> None:
        """Take another sighting in."""
        self.first_at, self.last_at = min(self.first_at, first_at), max(self.last_at, last_at)


IdKey = tuple[IdKind, str, UUID]


async def add_ids(session: AsyncSession, tenant_id: UUID, spans: dict[IdKey, Span]) -> None:
    """Make the ids lead to their profiles; known ones become older or fresher."""
    if not spans:
        return
    values = {
        "tenant_id": tenant_id,
        "kinds": [kind.value for kind, _, _ in spans],
        "values": [value for _, value, _ in spans],
        "profiles": [profile_id for _, _, profile_id in spans],
        "firsts": [span.first_at for span in spans.values()],
        "lasts": [span.last_at for span in spans.values()],
    }
    await session.execute(_ADD_IDS, values)


_NOTE = sa.text(
    """
    INSERT INTO profile_inbox (tenant_id, kind, user_id, anonymous_id, previous_id, traits, first_at, last_at, imported)
    SELECT :tenant_id, kind, user_id, anonymous_id, previous_id, cast(traits AS jsonb), first_at, last_at, :imported
    FROM unnest(cast(:kinds AS text[]), cast(:users AS text[]), cast(:anonymous AS text[]), cast(:previous AS text[]),
        cast(:traits AS text[]), cast(:firsts AS timestamptz[]), cast(:lasts AS timestamptz[]))
        AS s(kind, user_id, anonymous_id, previous_id, traits, first_at, last_at)
    """
)


async def note(session: AsyncSession, tenant_id: UUID, sightings: Sequence[Sighting], *, imported: bool) -> None:
    """Write sightings for the worker, in the transaction of their events."""
    values = {
        "tenant_id": tenant_id,
        "imported": imported,
        "kinds": [s.kind.value for s in sightings],
        "users": [s.user_id for s in sightings],
        "anonymous": [s.anonymous_id for s in sightings],
        "previous": [s.previous_id for s in sightings],
        "traits": [s.traits for s in sightings],
        "firsts": [s.first_at for s in sightings],
        "lasts": [s.last_at for s in sightings],
    }
    await session.execute(_NOTE, values)


async def take_sightings(session: AsyncSession, limit: int) -> list[Any]:
    """The oldest sightings, in order; gone when the transaction commits."""
    oldest = sa.select(INBOX.c.id).order_by(INBOX.c.id).limit(limit)
    taken = sa.delete(INBOX).where(INBOX.c.id.in_(oldest)).returning(*INBOX.c)
    return sorted(await session.execute(taken), key=lambda row: row.id)


TENANTS_WITH_SIGHTINGS = """
    WITH RECURSIVE due(tenant_id) AS (
        (SELECT tenant_id FROM profile_inbox ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT i.tenant_id FROM profile_inbox i WHERE i.tenant_id > d.tenant_id ORDER BY i.tenant_id LIMIT 1)
        FROM due d WHERE d.tenant_id IS NOT NULL
    ) SELECT tenant_id FROM due WHERE tenant_id IS NOT NULL
"""
"""Jumps from tenant to tenant, however many sightings each has."""


async def ids_of(session: AsyncSession, profile_ids: Collection[UUID], limit: int) -> list[Any]:
    """The ids that lead to these profiles, freshest first, with whether another profile used it before (`shared`)."""
    c, other = IDS.c, IDS.alias()
    mine = _any(profile_ids, sa.Uuid())
    earlier = sa.exists().where(
        other.c.kind == IdKind.ANONYMOUS.value,
        other.c.value == c.value,
        other.c.profile_id != sa.all_(sa.literal(list(profile_ids), ARRAY(sa.Uuid))),
        sa.tuple_(other.c.first_at, other.c.profile_id) < sa.tuple_(c.first_at, c.profile_id),
    )
    shared = sa.and_(c.kind == IdKind.ANONYMOUS.value, earlier).label("shared")
    statement = sa.select(c.kind, c.value, c.profile_id, c.first_at, c.last_at, shared)
    statement = statement.where(c.profile_id == mine).order_by(c.last_at.desc(), c.kind, c.value).limit(limit)
    return list(await session.execute(statement))


async def count_ids(session: AsyncSession, profile_ids: Collection[UUID]) -> int:
    """How many different ids lead to these profiles."""
    pairs = sa.select(IDS.c.kind, IDS.c.value).where(IDS.c.profile_id == _any(profile_ids, sa.Uuid())).distinct()
    return (await session.execute(sa.select(sa.func.count()).select_from(pairs.subquery()))).scalar_one()


async def profiles_with_id(session: AsyncSession, value: str) -> list[UUID]:
    """The people that exactly this id leads to."""
    both = IDS.c.kind.in_([kind.value for kind in IdKind])
    found = sa.select(IDS.c.profile_id).where(both, IDS.c.value == value).limit(50)
    roots = sa.select(C.root_id).where(C.id.in_(found)).distinct()
    return list(await session.scalars(roots))


async def undone_pairs(session: AsyncSession, ids: Collection[UUID]) -> set[frozenset[UUID]]:
    """Which profiles people took apart again: no event may merge these."""
    m = table_of(MergeRow).c
    statement = sa.select(m.source_id, m.target_id).where(m.undone_at.is_not(None), m.source_id == _any(ids, sa.Uuid()))
    reverse = sa.select(m.source_id, m.target_id).where(m.undone_at.is_not(None), m.target_id == _any(ids, sa.Uuid()))
    rows = await session.execute(sa.union_all(statement, reverse)) if ids else ()
    return {frozenset((source, target)) for source, target in rows}
