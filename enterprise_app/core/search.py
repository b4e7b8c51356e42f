"""Word-prefix search: "ann" finds "Anna" and "Hannover, Annex", in any script, through an index that works under RLS.

Full text and LIKE are not leakproof, so PostgreSQL won't use their indexes under row-level security; ranges over
bytewise-collated words are. Words are case-folded and lose their accents and vowel marks.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

MAX_TERMS = 500
MAX_LENGTH = 64
MAX_WORDS = 8
MATCHES = 500
"""Of which a list is made: a condition on all rows with a common word would sort them all."""
_LAST = "\U0010ffff"
_WORD = re.compile(r"\w+")
_CANDIDATES = 10_000

_DIALECT = postgresql.psycopg.dialect()
_terms = sa.table(
    "search_terms",
    sa.column("tenant_id", sa.Uuid),
    sa.column("kind", sa.Text),
    sa.column("term", sa.Text),
    sa.column("id", sa.Uuid),
)
_FORGET = sa.text(
    "DELETE FROM search_terms WHERE tenant_id = :tenant_id AND kind = :kind AND id = :id AND term <> ALL(:terms)"
)
_ADD = sa.text(
    """
    INSERT INTO search_terms (tenant_id, kind, term, id)
    SELECT :tenant_id, :kind, term, :id FROM unnest(cast(:terms AS text[])) AS term ON CONFLICT DO NOTHING
    """
)

_FORGET_MANY = sa.text("DELETE FROM search_terms WHERE tenant_id = :tenant_id AND kind = :kind AND id = ANY(:entities)")
_ADD_MANY = sa.text(
    """
    INSERT INTO search_terms (tenant_id, kind, term, id)
    SELECT :tenant_id, :kind, p.term, p.id FROM unnest(cast(:ids AS uuid[]), cast(:terms AS text[])) AS p(id, term)
    ON CONFLICT DO NOTHING
    """
)


def words(text: str) -> list[str]:
    """The normalised words of a text, each once, in order."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c)).replace("ـ", "").replace("_", " ")
    return list(dict.fromkeys(word[:MAX_LENGTH] for word in _WORD.findall(plain)))


async def index(session: AsyncSession, tenant_id: UUID, kind: str, id: UUID, text: str) -> None:  # noqa: A002
    """Make the entity findable by the words of `text` (name, description, tags …), and by no others."""
    values = {"tenant_id": tenant_id, "kind": kind, "id": id, "terms": words(text)[:MAX_TERMS]}
    await session.execute(_FORGET, values)
    await session.execute(_ADD, values)


async def index_many(session: AsyncSession, tenant_id: UUID, kind: str, texts: Mapping[UUID, str]) -> None:
    """The same for many entities at once; those with an empty text are found no more."""
    if not texts:
        return
    pairs = [(entity, term) for entity, text in texts.items() for term in words(text)[:MAX_TERMS]]
    values = {"tenant_id": tenant_id, "kind": kind, "ids": [entity for entity, _ in pairs], "entities": list(texts)}
    await session.execute(_FORGET_MANY, values | {"terms": [term for _, term in pairs]})
    await session.execute(_ADD_MANY, values | {"terms": [term for _, term in pairs]})


async def forget(session: AsyncSession, tenant_id: UUID, kind: str, ids: Iterable[UUID]) -> None:
    """The entities are gone."""
    statement = sa.delete(_terms).where(
        _terms.c.tenant_id == tenant_id, _terms.c.kind == kind, _terms.c.id.in_(list(ids))
    )
    await session.execute(statement)


async def find(session: AsyncSession, kind: str, q: str, *, limit: int = MATCHES) -> list[UUID]:
    """Ids of entities that have, for every word of `q`, a word that begins with it; exact words first.

    Where every word is very common, only the first 10,000 candidates are looked at.
    """
    prefixes = _longest_first(q)
    if not prefixes:
        return []
    if len(prefixes) > 1:
        prefixes = await _rarest_first(session, kind, prefixes)
    driving = (
        sa.select(_terms.c.id, _terms.c.term)
        .where(*_range(_terms, kind, prefixes[0]))
        .order_by(_terms.c.term, _terms.c.id)
        .limit(_CANDIDATES)
        .subquery()
    )
    statement = sa.select(driving.c.id).select_from(driving)
    for prefix in prefixes[1:]:
        statement = statement.join(_probe(driving.c.id, kind, prefix), sa.true())
    # One entity may have two words with the prefix: read a few more and drop repetitions.
    statement = statement.order_by(driving.c.term, driving.c.id).limit(limit + limit // 2)
    return list(dict.fromkeys(await session.scalars(statement)))[:limit]


def _probe(entity: sa.ColumnElement[UUID], kind: str, prefix: str) -> sa.FromClause:
    """Whether one entity has the word, as a join that stops early: PostgreSQL would rather hash all its entities."""
    other = _terms.alias()
    hit = sa.select(sa.literal(1).label("hit")).where(other.c.id == entity, *_range(other, kind, prefix)).limit(1)
    return hit.lateral()


def matching(column: sa.ColumnElement[UUID], kind: str, q: str) -> sa.ColumnElement[bool]:
    """The same as a condition on a list's id column: `select.where(search.matching(Campaign.id, "campaign", q))`."""
    prefixes = _longest_first(q)
    if not prefixes:
        return sa.false()
    return sa.and_(*(_has_word(column, kind, prefix) for prefix in prefixes))


def _longest_first(q: str) -> list[str]:
    return sorted(words(q)[:MAX_WORDS], key=len, reverse=True)


async def _rarest_first(session: AsyncSession, kind: str, prefixes: list[str]) -> list[str]:
    """By the planner's statistics: counting common words would take longer than the search itself."""
    selects = [sa.select(_terms.c.id).where(*_range(_terms, kind, prefix)) for prefix in prefixes]
    union = sa.union_all(*selects).compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    connection = await session.connection()
    explained = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {union}", dict(union.params))
    parts = explained.scalar_one()[0]["Plan"].get("Plans", [])
    if len(parts) != len(prefixes):
        return prefixes
    ranked = sorted(zip(parts, prefixes, strict=True), key=lambda pair: pair[0]["Plan Rows"])
    return [prefix for _, prefix in ranked]


def _has_word(column: sa.ColumnElement[UUID], kind: str, prefix: str) -> sa.ColumnElement[bool]:
    other = _terms.alias()
    return sa.exists().where(other.c.id == column, *_range(other, kind, prefix))


def _range(terms: sa.FromClause, kind: str, prefix: str) -> tuple[sa.ColumnElement[bool], ...]:
    return terms.c.kind == kind, terms.c.term >= prefix, terms.c.term < prefix + _LAST
