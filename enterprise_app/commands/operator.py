"""`atrium operator create`: the account that runs the platform."""

import asyncio

import typer

from enterprise_app.core.settings import Settings

from .terminal import say

app = typer.Typer(help="The operator's account.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The operator's account."""


@app.command("create")
def create() -> None:
    """Print a link that creates an operator account; it works once, and earlier unused links end."""
    from enterprise_app.core.settings import get_settings

    from .database import prepared_database

    settings = get_settings()
    with prepared_database(settings, say):
        say(f"Create the operator account (the link works once): {asyncio.run(_link(settings))}")


def first_operator_link(settings: Settings) -> str | None:
    """A one-time link while no operator exists."""
    return asyncio.run(_link(settings, only_first=True))


async def _link(settings: Settings, *, only_first: bool = False) -> str | None:
    from enterprise_app.core import db, startup
    from enterprise_app.domains.identity import service

    startup.configure(settings)
    try:
        return await service.issue_operator_link(settings.base_url, only_first=only_first)
    finally:
        await db.dispose()
