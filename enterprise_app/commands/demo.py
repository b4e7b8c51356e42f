"""`atrium demo`: a tenant with a year of made-up, plausible activity, to look around in."""

import asyncio
from typing import TYPE_CHECKING

import typer

from .terminal import err, fail, say

if TYPE_CHECKING:
    from enterprise_app.core.context import Context
    from enterprise_app.core.settings import Settings
    from enterprise_app.demo.traffic import Recipe
    from enterprise_app.domains.analytics.schemas import ImportProgress, ImportStatus
    from enterprise_app.domains.identity.service import DemoOwner

PLAN = "ENTERPRISE"
"""Keeps three years of data, and has every feature that a look around needs."""


def demo(
    tenant_slug: str = typer.Option("demo", "--tenant-slug", metavar="SLUG", help="Slug of the workspace."),
    events: int = typer.Option(200_000, "--events", min=100, max=5_000_000, help="How many events of a year."),
    seed: int = typer.Option(1, "--seed", help="The same seed makes the same year."),
    reset: bool = typer.Option(False, "--reset", help="Throw the demo's data away and make them anew, up to now."),
) -> None:
    """Make a demo workspace: a year of campaigns, visitors, orders, people, experiments, and a way to sign in.

    Running it again adds nothing; interrupted, it goes on. Exit code 2 when the slug belongs to a real workspace or
    the demo was made with other numbers: then choose another slug, or --reset.
    """
    from enterprise_app.core.settings import get_settings

    from .database import prepared_database

    settings = get_settings()
    with prepared_database(settings, say):
        asyncio.run(_demo(settings, tenant_slug.strip().lower(), events, seed, reset))


async def _demo(settings: "Settings", slug: str, events: int, seed: int, reset: bool) -> None:
    from enterprise_app.core import db, startup
    from enterprise_app.core import events as facts
    from enterprise_app.registry import DOMAINS

    facts.register(DOMAINS)
    startup.configure(settings)
    try:
        owner, recipe, done = await _owner(slug, events, seed, reset)
        status = None if done else await _fill(owner, recipe)
        await _report(owner, recipe, status)
    finally:
        await db.dispose()


async def _owner(slug: str, events: int, seed: int, reset: bool) -> "tuple[DemoOwner, Recipe, bool]":
    """The workspace, made when there is none; from what its data are made; whether they are complete."""
    from enterprise_app.core import db
    from enterprise_app.demo import filling
    from enterprise_app.domains.identity import service as identity

    operator, wanted = _operator(), _fresh(events, seed)
    owner = await identity.find_demo(operator, slug, _email(slug))
    if owner is None:
        return await _create(operator, slug, wanted), wanted, False
    if not owner.tenant.is_demo:
        fail(f"{slug!r} is a real workspace; nothing was changed.", "Choose another name with --tenant-slug.", code=2)
    noted = await identity.get_demo_recipe(owner.acting)
    known, done = _read(noted), bool(noted.get("done"))
    if reset:
        say(f"Erasing the data of {slug}")
        await identity.note_demo(owner.acting, _written(wanted, done=False))
        await filling.erase(owner.acting, db.urls().direct_owner)
        return owner, wanted, False
    if (known.seed, known.events) != (seed, events):
        made = f"{slug!r} was made with --events {known.events} --seed {known.seed}"
        fail(f"{made}.", "Add --reset to make it anew, or choose another --tenant-slug.", code=2)
    return owner, known, done


async def _create(operator: "Context", slug: str, recipe: "Recipe") -> "DemoOwner":
    from enterprise_app.domains.identity import service as identity
    from enterprise_app.domains.tenancy.schemas import DemoTerms, TenantDraft

    draft = TenantDraft(name="Fernweh Outdoor", slug=slug, zone="UTC", locale="en", currency="EUR")
    terms = DemoTerms(plan=PLAN, recipe=_written(recipe, done=False))
    say(f"Creating the demo workspace {slug}")
    return await identity.create_demo(operator, draft, terms, _email(slug), "Dana Demo")


async def _fill(owner: "DemoOwner", recipe: "Recipe") -> "ImportStatus":
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from enterprise_app.demo import experimenting, filling
    from enterprise_app.domains.identity import service as identity

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as bar:
        task = bar.add_task("campaigns", total=recipe.events)

        def show(progress: "ImportProgress") -> None:
            bar.update(task, completed=progress.lines, description=f"{progress.lines:,} events")

        last = recipe.until.date()
        ids = await filling.ensure_campaigns(owner.acting, last)
        await experimenting.ensure_experiments(owner.acting, last, ids)
        bar.update(task, description="making the year up")
        status = await filling.import_year(owner.acting, recipe, ids, show)
        bar.update(task, completed=recipe.events, description="counting")
        await filling.count_up(owner.acting)
        bar.update(task, description="experiments")
        await experimenting.end_experiments(owner.acting, last)
    await identity.note_demo(owner.acting, _written(recipe, done=True))
    return status


async def _report(owner: "DemoOwner", recipe: "Recipe", status: "ImportStatus | None") -> None:
    from enterprise_app.domains.identity import service as identity

    if status is None:
        say(f"The demo is complete ({recipe.events:,} events up to {recipe.until:%Y-%m-%d}); nothing was added.")
    else:
        say(
            f"{status.accepted:,} events added, {status.duplicates:,} were there; "
            f"up to {recipe.until:%Y-%m-%d %H:%M} UTC"
        )
    say(f"Open:     {owner.url}")
    say(f"E-mail:   {owner.email}")
    if owner.password:
        say(f"Password: {owner.password}   (shown once)")
    elif link := await identity.issue_demo_link(_operator(), owner.email):
        say(f"A new password, once and within the hour: {link}")


def _operator() -> "Context":
    """Whoever may run commands here runs the platform."""
    from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
    from enterprise_app.core.vocabulary.permissions import OPERATOR_PERMISSIONS

    return Context(PLATFORM_TENANT_ID, Actor(ActorKind.OPERATOR, name="atrium demo"), OPERATOR_PERMISSIONS)


def _email(slug: str) -> str:
    return f"owner@{slug}.example"


def _fresh(events: int, seed: int) -> "Recipe":
    from enterprise_app.core.clock import now
    from enterprise_app.demo.traffic import Recipe

    return Recipe(seed, events, now().replace(minute=0, second=0, microsecond=0))


def _written(recipe: "Recipe", *, done: bool) -> dict[str, object]:
    return {"seed": recipe.seed, "events": recipe.events, "until": recipe.until.isoformat(), "done": done}


def _read(noted: dict[str, object]) -> "Recipe":
    from datetime import datetime

    from enterprise_app.demo.traffic import Recipe

    return Recipe(int(str(noted["seed"])), int(str(noted["events"])), datetime.fromisoformat(str(noted["until"])))
