"""`atrium migrate`: roles, database and schema up to date, after a backup."""

import typer

from .terminal import say


def migrate(
    check: bool = typer.Option(False, "--check", help="Only say whether migrations wait; exit code 1 when they do."),
) -> None:
    """Create roles and database if missing, back up, and bring the schema up to date."""
    from enterprise_app.core.migrate import pending_revisions
    from enterprise_app.core.settings import get_settings

    from .database import prepare, running_database

    settings = get_settings()
    with running_database(settings) as urls:
        if check:
            waiting = pending_revisions(urls)
            say("Waiting: " + ", ".join(waiting) if waiting else "The schema is up to date.")
            raise typer.Exit(1 if waiting else 0)
        applied = prepare(urls, settings, say)
        say("Applied: " + ", ".join(applied) if applied else "The schema is up to date.")
