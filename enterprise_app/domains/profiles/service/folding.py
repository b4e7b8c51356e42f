"""Folds sightings into people: who is who, what they said of themselves, when they were seen.

Segment's meaning of the messages. The result doesn't depend on the order in which sightings arrive: traits hold by the
time they were said, a browser belongs to whom it was seen with first. One transaction takes a piece of the inbox and
writes what follows from it, so a killed worker has done all of it or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session

from .. import queries
from ..events import LeadCreated, ProfileMerged
from ..models import ProfileRow
from ..rules.ids import real
from ..rules.showing import email_of, name_of
from ..rules.traits import absorb, micros
from ..vocabulary import IdKind, MergeReason, Origin, SightingKind
from .families import Families

PIECE = 500
"""Sightings of one transaction: well under a second, so that members who edit people never wait long."""


async def fold(ctx: Context, *, limit: int = PIECE) -> int:
    """Fold the oldest sightings of the tenant; returns how many. Nothing while somebody else writes its people."""
    async with tenant_session(ctx) as session:
        if not await queries.try_lock_people(session, ctx.tenant_id):
            return 0
        taken = await queries.take_sightings(session, limit)
        if taken:
            folding = await _load(session, ctx, taken)
            for sighting in taken:
                folding.take(sighting)
            folding.announce_leads()
            await folding.families.save(session, ctx)
        return len(taken)


async def _load(session: AsyncSession, ctx: Context, taken: Sequence[Any]) -> "_Folding":
    """Everybody that the sightings' ids lead to."""
    people = {value for s in taken for value in (real(s.user_id), real(s.previous_id)) if value}
    browsers = {value for s in taken for value in (real(s.anonymous_id), real(s.previous_id)) if value}
    users = await queries.find_users(session, people)
    owners = await queries.find_owners(session, browsers)
    known = {*users.values(), *(owner for _, owner in owners.values())}
    families = await Families.load(session, known)
    return _Folding(ctx, families, users, owners, await queries.undone_pairs(session, families.rows))


@dataclass
class _Folding:
    """One piece's work; `users` and `owners` say which profile an id leads to, `apart` who must stay two."""

    ctx: Context
    families: Families
    users: dict[str, UUID]
    owners: dict[str, tuple[datetime, UUID]]
    apart: set[frozenset[UUID]]
    leads: list[ProfileRow] = field(default_factory=list)

    def take(self, sighting: Any) -> None:
        """Fold one."""
        user, browser = real(sighting.user_id), real(sighting.anonymous_id)
        if sighting.kind == SightingKind.ALIAS:
            self._alias(sighting, user or browser, real(sighting.previous_id))
            return
        said = sighting.traits or {}
        if user:
            row = self._user(sighting, user, browser)
        elif browser and said:
            row = self._visitor(sighting, browser)
        else:
            return
        self._absorb(row, sighting, said)

    def _user(self, sighting: Any, user: str, browser: str | None) -> ProfileRow:
        """The profile of a user id; one that was known by its browser only becomes it."""
        waiting = self._waiting(browser)
        if user in self.users:
            row = self.families.get(self.users[user])
            if waiting is not None:
                self._merge(waiting, row, MergeReason.IDENTIFY)
        else:
            row = waiting or self._create(sighting, user)
            self._name(row, user)
        self._see(IdKind.USER, user, row, sighting)
        if browser:
            self._see(IdKind.ANONYMOUS, browser, row, sighting)
        return row

    def _visitor(self, sighting: Any, browser: str) -> ProfileRow:
        """Somebody who told something of themselves without a user id: a lead, known by the browser."""
        row = self._owner(browser) or self._create(sighting, browser)
        self._see(IdKind.ANONYMOUS, browser, row, sighting)
        return row

    def _alias(self, sighting: Any, user: str | None, previous: str | None) -> None:
        """`previous` and `user` are one person: two known ones are merged, an unknown id is added to the known one."""
        if not user or not previous or user == previous:
            return
        before = self.users.get(previous)
        row = self._known(user)
        if row is None:
            row = (self.families.get(before) if before else self._waiting(previous)) or self._create(sighting, user)
            self._name(row, user)
            self._see(IdKind.USER, user, row, sighting)
        if before:
            self._merge(self.families.get(before), row, MergeReason.ALIAS)
        elif previous in self.owners:
            self._link(row, previous, sighting)
        else:
            self._name(row, previous)
            self._see(IdKind.USER, previous, row, sighting)
        self._absorb(row, sighting, {})

    def _link(self, row: ProfileRow, browser: str, sighting: Any) -> None:
        """The browser was this person's, too; whoever was known by it only is this person."""
        waiting = self._waiting(browser)
        self._see(IdKind.ANONYMOUS, browser, row, sighting)
        if waiting is not None:
            self._merge(waiting, row, MergeReason.ALIAS)

    def _known(self, user: str) -> ProfileRow | None:
        return self.families.get(self.users[user]) if user in self.users else None

    def _owner(self, browser: str | None) -> ProfileRow | None:
        return self.families.get(self.owners[browser][1]) if browser in self.owners else None

    def _waiting(self, browser: str | None) -> ProfileRow | None:
        """Whoever is known by this browser only. Where a user was first it is a shared one, not the same person."""
        owner = self._owner(browser)
        family = self.families.of(self.families.root(owner.id)) if owner else []
        return None if any(member.identified for member in family) else owner

    def _create(self, sighting: Any, handle: str) -> ProfileRow:
        origin = Origin.IMPORT if sighting.imported else Origin.EVENT
        row = self.families.create(self.ctx, origin, sighting.last_at)
        row.handle = handle
        if not sighting.imported:
            self.leads.append(row)
        return row

    def _name(self, row: ProfileRow, user: str) -> None:
        """From now on the user id leads to the profile."""
        self.users[user] = row.id
        if not row.identified:
            row.identified, row.handle = True, user
            self.families.touch(row.id)

    def _see(self, kind: IdKind, value: str, row: ProfileRow, sighting: Any) -> None:
        self.families.see(kind, value, row.id, sighting.first_at, sighting.last_at)
        if kind is IdKind.ANONYMOUS:
            here = (sighting.first_at, row.id)
            self.owners[value] = min(self.owners.get(value, here), here)

    def _absorb(self, row: ProfileRow, sighting: Any, said: dict[str, Any]) -> None:
        traits, times = absorb(row.own_traits, row.own_times, said, micros(sighting.last_at))
        if times != row.own_times or traits != row.own_traits:
            self.families.touch(row.id, changed=traits != row.own_traits)
            row.own_traits, row.own_times = traits, times
        first = min(filter(None, (row.own_first_at, sighting.first_at)))
        last = max(filter(None, (row.own_last_at, sighting.last_at)))
        if (first, last) != (row.own_first_at, row.own_last_at):
            row.own_first_at, row.own_last_at = first, last
            self.families.touch(row.id, changed=False)

    def _merge(self, one: ProfileRow, other: ProfileRow, reason: MergeReason) -> None:
        """Make them one person, unless they are already or somebody took them apart."""
        source, target = self.families.root(one.id), self.families.root(other.id)
        pairs = {frozenset((source.id, target.id)), frozenset((one.id, other.id))}
        if source is target or pairs & self.apart:
            return
        self.families.merge(self.ctx, source, target, reason)
        fact = ProfileMerged(
            tenant_id=self.ctx.tenant_id, entity_id=target.id, name=_name_of(target), merged_id=source.id, reason=reason
        )
        self.families.news.append(fact)

    def announce_leads(self) -> None:
        """Tell of new people, as they are at the end of the piece; before anything else that happened to them."""
        new = [
            LeadCreated(
                tenant_id=self.ctx.tenant_id, entity_id=row.id, name=_name_of(row), origin=Origin(row.origin),
                email=email_of(row.own_traits),
            )
            for row in self.leads
        ]  # fmt: skip
        self.families.news[:0] = new


def _name_of(row: ProfileRow) -> str:
    return name_of(row.own_traits, row.handle)
