"""OPS-11: the demo's year is plausible, the same for the same seed, made once, and marked as what it is."""

from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
import sqlalchemy as sa
import typer

from enterprise_app.commands import demo as command
from enterprise_app.core import db
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.demo.traffic import Recipe, Shop
from enterprise_app.demo.trials import TRIALS
from enterprise_app.domains.experiments import service as experiments
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.tenancy import service as tenancy

pytestmark = pytest.mark.asyncio(loop_scope="session")
UNTIL = datetime(2026, 11, 21, 9, tzinfo=UTC)
RECIPE = Recipe(1, 20_000, UNTIL)


def _messages(recipe: Recipe) -> list[dict]:
    return list(Shop(recipe, {"spring": "7d9f8a10-0000-4000-8000-000000000001"}).messages())


async def test_the_year_follows_from_the_seed_and_has_exactly_so_many_events() -> None:
    first = _messages(RECIPE)
    assert first == _messages(RECIPE)
    assert first != _messages(Recipe(2, 20_000, UNTIL))
    assert len(first) == len({m["messageId"] for m in first}) == 20_000


async def test_no_event_lies_outside_the_year() -> None:
    times = [m["timestamp"] for m in _messages(RECIPE)]
    assert min(times) >= "2025-11-22T00:00:00Z"
    assert max(times) <= "2026-11-21T09:00:00Z"


async def test_weekends_are_quieter_the_shop_grows_and_nights_are_calm() -> None:
    messages = _messages(RECIPE)
    days = Counter(m["timestamp"][:10] for m in messages)
    weekdays = Counter[int]()
    for day, count in days.items():
        weekdays[date.fromisoformat(day).weekday()] += count
    assert min(weekdays[n] for n in range(5)) > max(weekdays[5], weekdays[6])
    months = [sum(c for d, c in days.items() if d.startswith(month)) for month in ("2026-02", "2026-05", "2026-10")]
    assert all(earlier < later for earlier, later in pairwise(months))
    hours = Counter(m["timestamp"][11:13] for m in messages)
    assert hours["20"] > 5 * hours["03"]


async def test_orders_bots_and_people_are_in_it() -> None:
    messages = _messages(RECIPE)
    orders = [m["properties"] for m in messages if m.get("event") == "Order Completed"]
    assert len({o["order_id"] for o in orders}) == len(orders) > 100
    assert all(o["revenue"] > 0 and o["currency"] == "EUR" for o in orders)
    assert any(m["properties"].get("campaign_id") for m in messages if m["type"] == "page")
    assert {m["userId"] for m in messages if m["type"] == "identify"}
    assert any("bot" in m["context"]["userAgent"] for m in messages)


async def test_what_is_tried_works_on_those_who_take_part_and_on_nobody_else() -> None:
    messages = _messages(Recipe(1, 150_000, UNTIL))
    saw: dict[str, dict[str, str]] = {trial.key: {} for trial in TRIALS}
    ordered: dict[str, set[str]] = {trial.key: set() for trial in TRIALS}
    for message in messages:
        who, day = message["anonymousId"], date.fromisoformat(message["timestamp"][:10])
        told = message.get("properties", {})
        if message.get("event") == "Experiment Viewed":
            assert who not in saw[told["experiment_id"]], "each visitor once"
            saw[told["experiment_id"]][who] = told["variation_id"]
        for trial in TRIALS:
            if message.get("event") == "Order Completed" and trial.runs(day, UNTIL.date()):
                ordered[trial.key].add(who)
    rates = {key: _rates(variants, ordered[key]) for key, variants in saw.items()}
    assert rates["gift-wrap"] == {}
    assert rates["free-delivery"]["banner"] > 1.3 * rates["free-delivery"]["none"]
    assert rates["newsletter-popup"]["popup"] < 0.75 * rates["newsletter-popup"]["none"]
    hero = rates["hero-picture"].values()
    assert max(hero) < 1.35 * min(hero)
    units = {key: Counter(variants.values()) for key, variants in saw.items() if variants}
    assert all(max(n.values()) < 1.1 * min(n.values()) for n in units.values())
    whole_day = sum(len(v) for k, v in saw.items() if k == "hero-picture") / 42
    assert 0.55 < len(saw["one-page-checkout"]) / 40 / whole_day < 0.85, "the layer leaves it 70 %"


def _rates(variants: dict[str, str], ordered: set[str]) -> dict[str, float]:
    """The share of each variant's visitors who ordered."""
    units = Counter(variants.values())
    return {v: sum(who in ordered for who, seen in variants.items() if seen == v) / units[v] for v in units}


async def test_its_experiments_ran_when_they_did_and_ended_as_they_did(committed_db: DatabaseUrls) -> None:
    owner, recipe, _ = await command._owner("demo", 3_000, 1, reset=False)
    await command._fill(owner, recipe)
    await command._fill(owner, recipe)  # interrupted and run again: nothing twice
    async with tenant_session(owner.acting) as session:
        query = experiments.EXPERIMENTS.parse(limit=50)
        found = {e.key: e for e in (await experiments.list_experiments(session, owner.acting, query)).items}
        seen = {key: await experiments.get_exposures(session, owner.acting, e.id) for key, e in found.items()}
    assert {key: e.state.value for key, e in found.items()} == {
        "free-delivery": "stopped", "gift-wrap": "draft", "hero-picture": "stopped", "newsletter-popup": "stopped",
        "one-page-checkout": "running",
    }  # fmt: skip
    for trial in TRIALS:
        told, began = found[trial.key], found[trial.key].started_at
        assert (began is None) == (trial.starts_ago is None)
        assert began is None or (recipe.until.date() - began.date()).days == trial.starts_ago
        assert (told.decision is not None) == (trial.outcome is not None)
        assert (seen[trial.key].units > 5) == (began is not None)
    decisions = {key: e.decision.outcome.value for key, e in found.items() if e.decision}
    assert decisions["newsletter-popup"] == "rollback"
    assert decisions["free-delivery"] == "inconclusive", "too few visitors in a small demo to ship anything"


async def test_made_once_it_adds_nothing_and_a_reset_makes_it_anew(committed_db: DatabaseUrls) -> None:
    owner, recipe, done = await command._owner("demo", 1_500, 1, reset=False)
    assert not done
    status = await command._fill(owner, recipe)
    assert (status.accepted, status.rejected, status.duplicates) == (1_500, 0, 0)
    ctx = owner.acting
    assert await _channels(ctx) >= {"affiliate", "direct", "email", "organic_search", "paid_search", "paid_social"}
    assert set(await _column(ctx, "SELECT DISTINCT status FROM campaigns")) == {
        "active", "archived", "completed", "draft", "paused",
    }  # fmt: skip
    assert await _column(ctx, "SELECT count(*) FROM profiles") != [0]
    assert await _column(ctx, "SELECT count(*) FROM analytics_events WHERE is_bot") != [0]
    assert sum(await _column(ctx, "SELECT revenue FROM analytics_events WHERE revenue > 0")) > 0

    again, known, done = await command._owner("demo", 1_500, 1, reset=False)
    assert (known, done) == (recipe, True)
    repeated = await command._fill(again, known)
    assert (repeated.accepted, repeated.duplicates) == (0, 1_500)

    fresh, wanted, done = await command._owner("demo", 800, 2, reset=True)
    assert not done
    assert await _column(ctx, "SELECT count(*) FROM analytics_events") == [0]
    assert (await command._fill(fresh, wanted)).accepted == 800
    assert await _column(ctx, "SELECT count(*) FROM campaigns") == [16]
    assert await _column(ctx, "SELECT used FROM usage_counters WHERE resource = 'campaigns'") == [15]  # one is archived


async def test_other_numbers_and_real_workspaces_are_refused(
    committed_db: DatabaseUrls, capsys: pytest.CaptureFixture[str]
) -> None:
    await command._owner("demo", 500, 1, reset=False)
    with pytest.raises(typer.Exit) as refused:
        await command._owner("demo", 600, 1, reset=False)
    assert refused.value.exit_code == 2
    assert "--reset" in capsys.readouterr().err
    async with db.tenant_session(command._operator()) as session:
        assert session is not None
    await _make_real("demo")
    with pytest.raises(typer.Exit) as refused:
        await command._owner("demo", 500, 1, reset=True)
    assert refused.value.exit_code == 2
    assert "real workspace" in capsys.readouterr().err


async def test_the_switcher_and_the_operator_see_that_it_is_a_demo(committed_db: DatabaseUrls) -> None:
    owner, _, _ = await command._owner("demo", 500, 1, reset=False)
    choices = await identity.list_tenant_choices(owner.acting)
    assert [(c.slug, c.is_demo) for c in choices] == [("demo", True)]
    page = await tenancy.operate(command._operator(), tenancy.list_tenants)
    assert [(t.slug, t.is_demo, t.plan, t.trial_ends_at) for t in page.items] == [("demo", True, "ENTERPRISE", None)]


async def _channels(ctx: Context) -> set[str]:
    return set(await _column(ctx, "SELECT DISTINCT channel FROM analytics_events WHERE channel IS NOT NULL"))


async def _column(ctx: Context, query: str) -> list:
    async with tenant_session(ctx) as session:
        return list(await session.scalars(sa.text(query)))


async def _make_real(slug: str) -> None:
    import psycopg

    with psycopg.connect(db.urls().direct_owner) as connection:
        connection.execute("UPDATE tenants SET demo = NULL WHERE slug = %s", [slug])
