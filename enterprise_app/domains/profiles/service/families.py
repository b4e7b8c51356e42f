"""The people that one act is about, in memory: who belongs to whom, and writing back what is shown of them."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live, search
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.events import Event
from enterprise_app.core.ids import new_id

from .. import queries
from ..errors import ProfileNotFound
from ..events import StageChanged
from ..models import MergeRow, ProfileRow
from ..queries import IdKey, Span
from ..rules.showing import search_text, show
from ..vocabulary import IdKind, MergeReason, Origin, Stage

AREA = "profiles"


@dataclass
class Families:
    """Profiles with their whole families, loaded under `lock_people`, and what has to be written back."""

    rows: dict[UUID, ProfileRow] = field(default_factory=dict)
    spans: dict[IdKey, Span] = field(default_factory=dict)
    news: list[Event] = field(default_factory=list)
    _new: list[ProfileRow | MergeRow] = field(default_factory=list)
    _made: set[UUID] = field(default_factory=set)
    _touched: set[UUID] = field(default_factory=set)
    _changed: set[UUID] = field(default_factory=set)
    _merged: dict[UUID, ProfileRow] = field(default_factory=dict)
    _before: dict[UUID, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    async def load(cls, session: AsyncSession, ids: Collection[UUID]) -> "Families":
        """The families of these profiles."""
        families = cls({row.id: row for row in await queries.load_families(session, ids)})
        families._merged = {row.id: row for row in families.rows.values() if row.merged_into}
        families._before = {root.id: (root.stage, search_text(families.of(root))) for root in families.roots()}
        return families

    def get(self, profile_id: UUID) -> ProfileRow:
        """The profile. Raises ProfileNotFound."""
        if profile_id not in self.rows:
            raise ProfileNotFound
        return self.rows[profile_id]

    def roots(self) -> list[ProfileRow]:
        """Who is nobody else."""
        return [row for row in self.rows.values() if row.merged_into is None]

    def root(self, profile_id: UUID) -> ProfileRow:
        """The person that the profile is shown as."""
        return self.rows[self.rows[profile_id].root_id]

    def of(self, root: ProfileRow) -> list[ProfileRow]:
        """A root's family, itself first."""
        merged = (row for row in self._merged.values() if row.root_id == root.id)
        return [root, *sorted(merged, key=lambda row: (row.created_at, row.id))]

    def create(self, ctx: Context, origin: Origin, at: datetime | None = None) -> ProfileRow:
        """A new person."""
        made, profile_id = now(), new_id()
        row = ProfileRow(
            tenant_id=ctx.tenant_id, id=profile_id, origin=origin.value, root_id=profile_id, name_key="",
            active_at=at or made, created_at=made, updated_at=made,
        )  # fmt: skip
        self.rows[row.id] = row
        self._new.append(row)
        self._made.add(row.id)
        self._touched.add(row.id)
        return row

    def touch(self, profile_id: UUID, *, changed: bool = True) -> None:
        """What is shown of its person has to follow. `changed`: so that it is another version, not just seen again."""
        self._touched.add(profile_id)
        if changed:
            self._changed.add(profile_id)

    def see(self, kind: IdKind, value: str, profile_id: UUID, first_at: datetime, last_at: datetime) -> None:
        """The id leads to the profile."""
        key = (kind, value, profile_id)
        if key in self.spans:
            self.spans[key].widen(first_at, last_at)
        else:
            self.spans[key] = Span(first_at, last_at)

    def merge(
        self, ctx: Context, source: ProfileRow, target: ProfileRow, reason: MergeReason, by: str = ""
    ) -> MergeRow:
        """From now on root `source` and its family are shown as root `target`; they keep their own facts."""
        merge = MergeRow(
            tenant_id=ctx.tenant_id, source_id=source.id, target_id=target.id, source_name=source.name,
            target_name=target.name, reason=reason.value, merged_by=by,
        )  # fmt: skip
        family = self.of(source)
        source.merged_into = target.id
        self._merged[source.id] = source
        for member in family:
            member.root_id = target.id
        self._new.append(merge)
        self.touch(source.id)
        self.touch(target.id)
        return merge

    def split(self, source: ProfileRow) -> None:
        """Undo a merge: `source`, and whoever was merged into it, are a person of their own again."""
        self.touch(source.id)
        self.touch(source.root_id)
        source.merged_into = None
        del self._merged[source.id]
        own = [source]
        for member in own:  # grows while it is walked: those merged into it, then those merged into them
            own += [row for row in self._merged.values() if row.merged_into == member.id]
            member.root_id = source.id

    async def save(self, session: AsyncSession, ctx: Context) -> None:
        """Write everything: what is shown, the search's words, ids, facts for subscribers, the word to open pages."""
        roots = {self.rows[profile_id].root_id for profile_id in self._touched}
        for profile_id in self._touched | roots:
            row = self.rows[profile_id]
            _show(self.of(row) if row.merged_into is None else [row])
        for row in {self.rows[i].root_id: self.root(i) for i in self._changed}.values():
            row.version += row.id not in self._made
        session.add_all(self._new)
        await session.flush()
        await queries.add_ids(session, ctx.tenant_id, self.spans)
        await self._index(session, ctx, roots)
        await events.publish_all(session, ctx, [*self.news, *self._stages(ctx, roots)])
        if roots or self.spans:
            await live.changed(session, live.topic(ctx.tenant_id, AREA))
        self._saved()

    def _saved(self) -> None:
        """What comes next is compared with what is stored now."""
        for root in (self.root(profile_id) for profile_id in self._touched):
            self._before[root.id] = (root.stage, search_text(self.of(root)))
        self._new, self.spans, self.news = [], {}, []
        self._touched, self._changed, self._made = set(), set(), set()

    async def _index(self, session: AsyncSession, ctx: Context, touched: Iterable[UUID]) -> None:
        """Roots are found by the words of their family; who was merged is found no more."""
        texts = {root_id: search_text(self.of(self.rows[root_id])) for root_id in touched}
        merged = {i: "" for i in self._touched if self.rows[i].merged_into and i in self._before}
        changed = {i: text for i, text in texts.items() if i not in self._before or self._before[i][1] != text}
        await search.index_many(session, ctx.tenant_id, queries.KIND, changed | merged)

    def _stages(self, ctx: Context, touched: Iterable[UUID]) -> list[Event]:
        changed = [(self.rows[i], self._before[i][0]) for i in touched if i in self._before]
        return [_stage_changed(ctx, root, before) for root, before in changed if root.stage != before]


def _stage_changed(ctx: Context, row: ProfileRow, before: str) -> StageChanged:
    stages = {"before": Stage(before), "after": Stage(row.stage)}
    return StageChanged(tenant_id=ctx.tenant_id, entity_id=row.id, name=row.name, **stages)


def _show(family: list[ProfileRow]) -> None:
    """Write what is shown into the root's columns, only where it differs."""
    for name, value in asdict(show(family)).items():
        if getattr(family[0], name) != value:
            setattr(family[0], name, value)
