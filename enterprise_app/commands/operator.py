"""`atrium operator create`: the account that runs the platform."""

import asyncio

import typer

from enterprise_app.core.db_urls import DatabaseUrls

from .terminal import say

app = typer.Typer(help="The operator's account.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The operator's account."""


@app.command("create")
def create() -> None:
    """Print a link that creates an operator account; it works once and expires."""
    from enterprise_app.core.settings import get_settings

    from .database import prepared_database

    settings = get_settings()
    with prepared_database(settings, say) as urls:
        say(asyncio.run(_link(urls, settings.base_url, only_first=False)) or "")


def first_operator_link(urls: DatabaseUrls, base_url: str) -> str | None:
    """A one-time link while no operator exists."""
    return asyncio.run(_link(urls, base_url, only_first=True))


async def _link(urls: DatabaseUrls, base_url: str, *, only_first: bool) -> str | None:
    from enterprise_app.core import db
    from enterprise_app.domains.identity import service

    db.configure(urls)
    try:
        return await service.issue_operator_link(base_url, only_first=only_first)
    finally:
        await db.dispose()
