"""`atrium audit verify`: is the trail of every tenant what was written?"""

import asyncio
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from .terminal import fail, out, say

if TYPE_CHECKING:
    from enterprise_app.core.settings import Settings
    from enterprise_app.domains.audit.schemas import ChainReport

app = typer.Typer(help="The audit trail.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The audit trail."""


@app.command("verify")
def verify(tenant: str | None = typer.Option(None, "--tenant", help="Only this tenant's slug.")) -> None:
    """Check the hash chains and name broken rows; exit code 1 when a chain is broken, 2 when a tenant is unknown."""
    from enterprise_app.core.settings import get_settings

    from .database import running_database

    settings = get_settings()
    with running_database(settings):
        names, reports = asyncio.run(_verify(settings, tenant))
    if tenant is not None and not reports:
        fail(
            f"There is no tenant with the slug {tenant!r}.",
            "The slug is the first part of the tenant's address.",
            code=2,
        )
    _show(names, reports)
    raise typer.Exit(0 if all(report.ok for report in reports) else 1)


async def _verify(settings: "Settings", slug: str | None) -> "tuple[dict[str, str], list[ChainReport]]":
    import sqlalchemy as sa

    from enterprise_app.core import db, startup
    from enterprise_app.domains.audit import service

    startup.configure(settings)
    try:
        async with db.system_session("audit verify") as session:
            names = {str(row.id): row.slug for row in await session.execute(sa.text("SELECT id, slug FROM tenants"))}
            if slug is None:
                return names, await service.verify_all(session)
            wanted = [tenant_id for tenant_id, known in names.items() if known == slug]
            from uuid import UUID

            return names, [await service.verify(session, UUID(tenant_id)) for tenant_id in wanted]
    finally:
        await db.dispose()


def _show(names: dict[str, str], reports: "list[ChainReport]") -> None:
    table = Table("tenant", "entries", "result", box=None, pad_edge=False)
    for report in reports:
        name = names.get(str(report.tenant_id), str(report.tenant_id))
        table.add_row(name, str(report.entries), "[green]whole[/]" if report.ok else "[red]broken[/]")
    out.print(table)
    for report in reports:
        name = names.get(str(report.tenant_id), str(report.tenant_id))
        for broken in report.breaks:
            say(f"{name} row {broken.seq}: {broken.kind} - {broken.detail}")
