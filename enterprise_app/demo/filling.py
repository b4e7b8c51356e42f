"""Fills the demonstration's tenant through the ordinary doors: campaigns are created, events are imported.

Killed anywhere it goes on where it stopped: a campaign stands with its status or not at all, the import is one
transaction, and the same recipe makes the same messages.
"""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.analytics.schemas import ImportProgress, ImportStatus
from enterprise_app.domains.analytics.vocabulary import FileFormat
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.vocabulary import CampaignStatus
from enterprise_app.domains.metering import service as metering
from enterprise_app.domains.profiles import service as profiles

from .plan import PLAN, Planned
from .traffic import Recipe, lines

SOURCE = "Demo shop"
_ERASED = (
    "analytics_%", "assets", "asset_%", "attachments", "campaigns", "experiment%", "feature_flags", "profile%",
    "search_terms",
)  # fmt: skip
_TABLES = """
    SELECT c.relname, array(
        SELECT DISTINCT r.relname FROM pg_constraint f JOIN pg_class r ON r.oid = f.conrelid
        WHERE f.confrelid = c.oid AND f.contype = 'f' AND r.oid <> c.oid
    )
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relname LIKE ANY(%s)
"""


async def ensure_campaigns(ctx: Context, last: date) -> dict[str, str]:
    """The plan's campaigns, those missing made; their ids by their UTM key."""
    every = f"status:in:{','.join(CampaignStatus)}"
    async with tenant_session(ctx) as session:
        query = campaigns.LISTING.parse(limit=200, filters=[every])
        known = {c.name: str(c.id) for c in (await campaigns.list_campaigns(session, ctx, query)).items}
    for planned in PLAN:
        if planned.name not in known:
            known[planned.name] = await _create(ctx, planned, last)
    return {planned.key: known[planned.name] for planned in PLAN}


async def import_year(ctx: Context, recipe: Recipe, ids: dict[str, str], show: "Show") -> ImportStatus:
    """Make the messages up and import them; what is there already is not added again."""
    with _scratch_file() as path:
        await asyncio.to_thread(_write, path, recipe, ids)
        return await analytics.import_file(
            ctx, path, FileFormat.JSONL, source_name=SOURCE, on_progress=show, file_name=f"demo-{recipe.seed}.jsonl"
        )


async def count_up(ctx: Context) -> None:
    """Do at once what a worker would do next: fold the people, roll the numbers up."""
    while await profiles.fold(ctx):
        pass
    while (await analytics.keep_rollups(ctx)).more:
        pass


async def erase(ctx: Context, owner_url: str) -> None:
    """Take everything away that is made up; the tenant, its people and its audit trail stay."""
    await asyncio.to_thread(_erase, owner_url, str(ctx.tenant_id))
    async with tenant_session(ctx) as session:
        await metering.reconcile(session, ctx)


Show = Callable[[ImportProgress], None]


async def _create(ctx: Context, planned: Planned, last: date) -> str:
    async with tenant_session(ctx) as session:
        made = await campaigns.create_campaign(session, ctx, planned.draft(last))
        for action in planned.actions:
            await campaigns.act_on_campaign(session, ctx, made.id, action)
    return str(made.id)


@contextmanager
def _scratch_file() -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix="atrium-demo-", suffix=".jsonl")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(path: Path, recipe: Recipe, ids: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines(recipe, ids))


def _erase(owner_url: str, tenant_id: str) -> None:
    """One transaction, tables before those that they point to. Only for a tenant that is a demonstration."""
    with psycopg.connect(owner_url) as connection:
        found = connection.execute("SELECT 1 FROM tenants WHERE id = %s AND demo IS NOT NULL FOR UPDATE", [tenant_id])
        if found.fetchone() is None:
            raise PermissionError("only a demonstration may be erased")
        left = {name: set(users) for name, users in connection.execute(_TABLES, [list(_ERASED)])}
        while left:
            table = next(name for name, users in left.items() if not users & left.keys())
            statement = sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(sql.Identifier(table))
            connection.execute(statement, [tenant_id])
            del left[table]
