"""`atrium import`: events from a file, with progress, rate and a report of rejected lines."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import typer

from .terminal import err, fail, say

if TYPE_CHECKING:
    from enterprise_app.core.context import Context
    from enterprise_app.core.errors import Invalid, Unavailable
    from enterprise_app.core.settings import Settings
    from enterprise_app.domains.analytics.schemas import ImportPlan, ImportProgress, ImportStatus, TableShape
    from enterprise_app.domains.analytics.vocabulary import FileFormat

SHOWN_REJECTS = 5


def import_file(
    file: Path = typer.Argument(..., help="The file, plain or gzipped."),
    file_format: Literal["auto", "access-log", "csv", "jsonl", "parquet", "tsv"] = typer.Option(
        "auto", "--format", help="What the file holds; found out from its beginning when absent."
    ),
    tenant: str = typer.Option(..., "--tenant", help="Slug of the tenant that gets the events."),
    site: str | None = typer.Option(None, "--site", help="Host that an access log is of; guessed when absent."),
    source: str = typer.Option("Import", "--source", help="Name of the source; it is made when there is none."),
    rejects: Path | None = typer.Option(None, "--rejects", help="File for the rejected lines, as JSONL."),
    columns: list[str] | None = typer.Option(
        None,
        "--map",
        help="column=field: where a column of a table leads (field: userId, timestamp, event, revenue, "
        "properties.name … or - to leave it out). Repeat it; other columns are guessed by their names.",
    ),
    values: list[str] | None = typer.Option(
        None, "--set", help="field=value or properties.name=value, for rows without one."
    ),
    delimiter: str | None = typer.Option(None, "--delimiter", help="Between columns, e.g. ';' or tab."),
    encoding: str | None = typer.Option(None, "--encoding", help="Of a table's text, e.g. utf-8, utf-16, cp1252."),
    header: bool | None = typer.Option(None, "--header/--no-header", help="Whether the first row names the columns."),
    zone: str | None = typer.Option(None, "--zone", help="Of times without one; the tenant's when absent."),
    time_format: str | None = typer.Option(None, "--time-format", help="By strptime, e.g. '%d.%m.%Y %H:%M'."),
    decimal: Literal[".", ","] | None = typer.Option(None, "--decimal", help="Decimal sign of amounts."),
) -> None:
    """Import events, all or nothing; running it again adds nothing twice. Ctrl-C cancels and keeps nothing."""
    from enterprise_app.core.errors import Invalid, Unavailable
    from enterprise_app.core.settings import get_settings
    from enterprise_app.domains.analytics.schemas import TableShape

    from .database import prepared_database

    if not file.is_file():
        fail(f"There is no file {file}.", "Check the path; it is relative to the current folder.", code=2)
    told = _Told(columns or [], values or [], zone, time_format, decimal)
    shape = TableShape(encoding=encoding, delimiter=_delimiter(delimiter), header=header)
    order = _Order(file, file_format, tenant, site, source, rejects or Path(f"{file.name}.rejected.jsonl"), shape, told)
    settings = get_settings()
    with prepared_database(settings, say):
        try:
            status = asyncio.run(_import(settings, order))
        except Unavailable as error:
            raise _explained(error, settings) from error
        except Invalid as error:
            raise _refused(error) from None
        except KeyboardInterrupt:
            say("Cancelled. Nothing of the file was kept; running it again starts from its beginning.")
            raise typer.Exit(130) from None
    _report(status, order.rejects)


@dataclass(frozen=True)
class _Told:
    """What the command line says of a table's columns."""

    columns: list[str]
    values: list[str]
    zone: str | None
    time_format: str | None
    decimal: Literal[".", ","] | None


@dataclass(frozen=True)
class _Order:
    """What to import, how and for whom."""

    file: Path
    file_format: str
    tenant: str
    site: str | None
    source: str
    rejects: Path
    shape: "TableShape"
    told: _Told


def _delimiter(text: str | None) -> str | None:
    named = {"tab": "\t", "\\t": "\t"}
    chosen = named.get(text or "", text)
    if chosen is not None and len(chosen) != 1:
        fail(f"{text!r} is no delimiter.", "Give one character, or the word tab.", code=2)
    return chosen


def _refused(error: "Invalid") -> typer.Exit:
    """Every bad field, with its fix."""
    from enterprise_app.core.texts import has_text, translate

    for problem in error.problems:
        fix = f"errors.{problem.code}.fix"
        text = translate("en", f"errors.{problem.code}", **problem.params)
        say(f"{text}. {translate('en', fix, **problem.params)}" if has_text(fix) else text)
    return typer.Exit(2)


async def _import(settings: "Settings", order: _Order) -> "ImportStatus":
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from enterprise_app.core import db, events, startup
    from enterprise_app.domains.analytics import service
    from enterprise_app.edge import Edge
    from enterprise_app.registry import DOMAINS

    events.register(DOMAINS)
    startup.configure(settings)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        ctx = await Edge().job_context(await _tenant_id(order.tenant), "import")
        chosen, plan = await _planned(ctx, order)
        with Progress(*columns, console=err) as bar:
            task = bar.add_task("reading", total=None)

            def show(progress: "ImportProgress") -> None:
                text = f"{progress.lines:,} lines, {progress.rate:,.0f}/s"
                bar.update(task, total=progress.total_bytes, completed=progress.done_bytes, description=text)

            return await service.import_file(
                ctx, order.file, chosen, source_name=order.source, site=order.site, on_progress=show,
                rejects_path=order.rejects, plan=plan,
            )  # fmt: skip
    finally:
        await db.dispose()


async def _planned(ctx: "Context", order: _Order) -> "tuple[FileFormat, ImportPlan]":
    """The format, and where columns lead: what is told wins over what their names suggest."""
    from enterprise_app.domains.analytics import service
    from enterprise_app.domains.analytics.schemas import ImportPlan
    from enterprise_app.domains.analytics.vocabulary import FileFormat

    if order.file_format == "auto":
        chosen = await service.find_format(ctx, order.file)
        say(f"The file is read as {chosen.value}.")
    else:
        chosen = FileFormat(order.file_format)
    plan = ImportPlan(source=order.source, site=order.site, table=order.shape)
    told = order.told
    try:
        mapping = await service.guess_plan(
            ctx, order.file, chosen, plan, columns=told.columns, values=told.values, zone=told.zone,
            time_format=told.time_format, decimal=told.decimal,
        )  # fmt: skip
    except ValueError as error:
        fail(f"{error} is not understood.", "Write --map column=field and --set field=value.", code=2)
    if mapping.mapping:
        leading = (f"{column} → {target}" for column, target in mapping.mapping.columns.items())
        say(f"Columns: {', '.join(leading)}; all others become properties.")
    return chosen, mapping


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
