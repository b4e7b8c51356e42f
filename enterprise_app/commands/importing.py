"""`atrium import`: events from a file, with progress, rate and a report of rejected lines."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import typer

from .terminal import err, fail, say

if TYPE_CHECKING:
    from enterprise_app.core.errors import Unavailable
    from enterprise_app.core.settings import Settings
    from enterprise_app.domains.analytics.schemas import ImportProgress, ImportStatus

SHOWN_REJECTS = 5


def import_file(
    file: Path = typer.Argument(..., help="The file, plain or gzipped."),
    file_format: Literal["access-log", "jsonl"] = typer.Option(..., "--format", help="What the lines are."),
    tenant: str = typer.Option(..., "--tenant", help="Slug of the tenant that gets the events."),
    site: str | None = typer.Option(None, "--site", help="Host that an access log is of; guessed when absent."),
    source: str = typer.Option("Import", "--source", help="Name of the source; it is made when there is none."),
    rejects: Path | None = typer.Option(None, "--rejects", help="File for the rejected lines, as JSONL."),
) -> None:
    """Import events, all or nothing; running it again adds nothing twice."""
    from enterprise_app.core.errors import Unavailable
    from enterprise_app.core.settings import get_settings

    from .database import prepared_database

    if not file.is_file():
        fail(f"There is no file {file}.", "Check the path; it is relative to the current folder.", code=2)
    rejects = rejects or Path(f"{file.name}.rejected.jsonl")
    settings = get_settings()
    with prepared_database(settings, say):
        try:
            status = asyncio.run(_import(settings, file, file_format, tenant, site, source, rejects))
        except Unavailable as error:
            raise _explained(error, settings) from error
    _report(status, rejects)


async def _import(
    settings: "Settings", file: Path, file_format: str, slug: str, site: str | None, source: str, rejects: Path
) -> "ImportStatus":
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from enterprise_app.core import db, events, startup
    from enterprise_app.domains.analytics import service
    from enterprise_app.domains.analytics.vocabulary import FileFormat
    from enterprise_app.edge import Edge
    from enterprise_app.registry import DOMAINS

    events.register(DOMAINS)
    startup.configure(settings)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        ctx = await Edge().job_context(await _tenant_id(slug), "import")
        with Progress(*columns, console=err) as bar:
            task = bar.add_task("reading", total=None)

            def show(progress: "ImportProgress") -> None:
                text = f"{progress.lines:,} lines, {progress.rate:,.0f}/s"
                bar.update(task, total=progress.total_bytes, completed=progress.done_bytes, description=text)

            return await service.import_file(
                ctx, file, FileFormat(file_format), source_name=source, site=site, on_progress=show,
                rejects_path=rejects,
            )  # fmt: skip
    finally:
        await db.dispose()


async def _tenant_id(slug: str) -> UUID:
    import sqlalchemy as sa

    from enterprise_app.core import db

    async with db.system_session("import: the tenant of a slug") as session:
        found = await session.scalar(sa.text("SELECT id FROM tenants WHERE slug = :slug"), {"slug": slug.lower()})
        if found is not None:
            return found
        known = list(await session.scalars(sa.text("SELECT slug FROM tenants WHERE slug <> 'platform' LIMIT 10")))
    hint = f"There are: {', '.join(known)}" if known else "Create one on the sign-up page first."
    fail(f"There is no tenant with the slug {slug!r}.", hint, code=2)


def _explained(error: "Unavailable", settings: "Settings") -> "Unavailable":
    """A server that fell over a full disk only tore the connection: its own log says why."""
    from enterprise_app.core.embedded import disk_is_full
    from enterprise_app.domains.analytics.errors import DiskFull

    fell = error.code == "database_unavailable" and settings.database_url is None and disk_is_full(settings)
    return DiskFull() if fell else error


def _report(status: "ImportStatus", rejects: Path) -> None:
    say(
        f"{status.lines:,} lines: {status.accepted:,} added, {status.duplicates:,} already there, "
        f"{status.rejected:,} rejected; {status.page_views:,} page views"
    )
    if status.rejected:
        for line in status.rejects[:SHOWN_REJECTS]:
            say(f"  line {line.line}: {line.problem}")
        say(f"  all rejected lines: {rejects}")
