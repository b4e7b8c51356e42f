"""`atrium analytics rebuild`: make rollups anew from the events."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import typer

from .terminal import err, fail, say

if TYPE_CHECKING:
    from enterprise_app.core.context import Context
    from enterprise_app.core.settings import Settings

_WAIT = 0.5  # seconds until we look again whether the worker is done with a piece

app = typer.Typer(help="The numbers of analytics.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The numbers of analytics."""


@app.command("rebuild")
def rebuild(
    tenant: str | None = typer.Option(None, "--tenant", metavar="SLUG", help="Only this tenant; all when absent."),
) -> None:
    """Throw the rollups away and make them anew. Nobody has to wait: meanwhile the events themselves are counted.

    Rollups keep themselves up to date; this is for doubts, and after events were changed by hand in the database. A
    running worker helps. Interrupted, the worker finishes it. Exit code 2 when the tenant is unknown.
    """
    from enterprise_app.core.settings import get_settings

    from .database import prepared_database

    settings = get_settings()
    with prepared_database(settings, say):
        done = asyncio.run(_rebuild(settings, tenant))
    say(f"{done} {'tenant' if done == 1 else 'tenants'} rebuilt")


async def _rebuild(settings: "Settings", slug: str | None) -> int:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from enterprise_app.core import db, events, startup
    from enterprise_app.edge import Edge
    from enterprise_app.registry import DOMAINS

    events.register(DOMAINS)
    startup.configure(settings)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"), TimeRemainingColumn())
    try:
        tenants = await _tenants(slug)
        with Progress(*columns, console=err) as bar:
            for tenant_id, name in tenants.items():
                task = bar.add_task(name, total=None, left="")

                def show(done: int, total: int, task=task) -> None:
                    bar.update(task, completed=done, total=max(total, 1), left=f"{total - done} days left")

                await _rebuild_one(await Edge().job_context(tenant_id, "analytics rebuild"), show)
                bar.update(task, completed=1, total=1, left="")
    finally:
        await db.dispose()
    return len(tenants)


async def _rebuild_one(ctx: "Context", show: Callable[[int, int], None]) -> None:
    from enterprise_app.core.db import tenant_session
    from enterprise_app.domains.analytics import service

    async with tenant_session(ctx) as session:
        await service.recount(session, ctx)
    total = 0
    while True:
        piece = await service.keep_rollups(ctx)
        total = max(total, piece.missing_days)
        show(total - piece.missing_days, total)
        if piece.more:
            continue
        async with tenant_session(ctx) as session:
            if not (await service.get_counting(session, ctx)).recounting:
                return
        await asyncio.sleep(_WAIT)  # the worker holds this tenant at the moment


async def _tenants(slug: str | None) -> dict[UUID, str]:
    import sqlalchemy as sa

    from enterprise_app.core import db

    async with db.system_session("analytics rebuild: which tenants") as session:
        rows = await session.execute(sa.text("SELECT id, slug FROM tenants WHERE slug <> 'platform' ORDER BY slug"))
        known = {row.id: row.slug for row in rows}
    chosen = {tenant_id: name for tenant_id, name in known.items() if slug is None or name == slug.lower()}
    if slug is not None and not chosen:
        hint = f"There are: {', '.join(list(known.values())[:10])}" if known else "There is no tenant yet."
        fail(f"There is no tenant with the slug {slug!r}.", hint, code=2)
    return chosen
