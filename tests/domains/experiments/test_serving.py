"""EXP-02, EXP-03: flags as programs ask for them: compiled once, never old, with traits; what was seen stays seen."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import ContextRefused
from enterprise_app.domains.experiments.flag_schemas import Flag, FlagChange, FlagDraft, HoldoutDraft, LayerDraft
from enterprise_app.domains.experiments.rules.evaluating import Answer, Failure
from enterprise_app.domains.experiments.service import compiling, exposing
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from enterprise_app.domains.experiments.vocabulary import FlagError, Reason
from enterprise_app.domains.profiles import service as profiles
from tests.domains.experiments.lives import TWO, act, change, decide, running
from tests.domains.profiles.people import fold, identify
from tests.factories import make_context
from tests.joined import JoinedSource

pytestmark = pytest.mark.usefixtures("db")


async def made(ctx: Context, key: str, **fields: Any) -> Flag:
    draft = FlagDraft.model_validate({"key": key, "name": key} | fields)
    async with tenant_session(ctx) as session:
        flag = await service.create_flag(session, ctx, draft)
    service.hear(f"{ctx.tenant_id}:flags")
    return flag


def if_(attribute: str, *values: Any, operator: str = "eq", variation: str = "on") -> dict[str, Any]:
    condition = {"attribute": attribute, "operator": operator, "values": list(values)}
    return {"rules": [{"conditions": [condition], "serve": {"variation": variation}}]}


async def ask(ctx: Context, key: str, unit: str | None = "u-5", **attributes: Any) -> Answer:
    asked = attributes if unit is None else {"targetingKey": unit, **attributes}
    answer = await service.evaluate_flag(ctx, key, asked)
    assert isinstance(answer, Answer), answer
    return answer


async def variants(ctx: Context, key: str, units: Iterable[int]) -> dict[int, str]:
    return {n: (await ask(ctx, key, f"unit-{n}")).variation for n in units}


async def test_what_is_known_is_asked_of_the_database_once(db: JoinedSource, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_context()
    await made(ctx, "checkout")
    loads: list[object] = []
    load = compiling.queries.load
    monkeypatch.setattr(compiling.queries, "load", lambda session: (loads.append(session), load(session))[1])
    for _ in range(100):
        assert (await ask(ctx, "checkout")).value is False
    assert len(loads) == 1


@pytest.mark.parametrize("told", [True, False])
async def test_a_change_is_served(told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once where the listener tells; else when what is known has become old."""
    ctx = make_context()
    flag = await made(ctx, "checkout", **if_("country", "DE"))
    assert (await ask(ctx, "checkout", country="DE")).value is True
    async with tenant_session(ctx) as session:
        flag = await service.switch_flag(session, ctx, flag.id, False)
    if told:
        service.hear(f"{ctx.tenant_id}:flags")
    else:
        assert compiling.OLDEST <= 3
        monkeypatch.setattr(compiling, "OLDEST", 0)
        monkeypatch.setattr(compiling, "RECHECK", 0)
    assert (await ask(ctx, "checkout", country="DE")).reason is Reason.DISABLED
    async with tenant_session(ctx) as session:
        await service.update_flag(session, ctx, flag.id, flag.version, FlagChange(off_variation="on"))
    service.hear(None)
    assert (await ask(ctx, "checkout", country="DE")).value is True


async def test_an_answer_does_not_wait_for_the_recheck(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_context()
    await made(ctx, "checkout")
    await ask(ctx, "checkout")
    monkeypatch.setattr(compiling, "RECHECK", 0)
    checked = asyncio.Event()

    async def slow(session: Any) -> str:
        await checked.wait()
        return "another"

    monkeypatch.setattr(compiling.queries, "stamp", slow)
    begun = time.perf_counter()
    assert (await ask(ctx, "checkout")).value is False
    assert time.perf_counter() - begun < 0.5
    waiting = list(compiling._state.loading.values())
    assert len(waiting) == 1
    checked.set()
    assert (await waiting[0]).stamp == "another"


async def test_any_change_of_a_row_changes_the_stamp() -> None:
    """Also by a statement that knows nothing of versions."""
    ctx = make_context()
    await made(ctx, "checkout")
    stamps = []
    for statement in ("SELECT 1", "UPDATE feature_flags SET description = description", "SELECT 1"):
        async with tenant_session(ctx) as session:
            await session.execute(sa.text(statement))
            stamps.append(await compiling.queries.stamp(session))
    assert stamps[0] != stamps[1] == stamps[2]


async def test_another_tenants_flags_are_not_served() -> None:
    ctx, other = make_context(), make_context()
    await made(ctx, "checkout")
    unknown = await service.evaluate_flag(other, "checkout", {})
    assert isinstance(unknown, Failure)
    assert unknown.code is FlagError.FLAG_NOT_FOUND
    assert await service.evaluate_flags(other, {}) == []


async def test_traits_of_the_profile_are_what_the_context_lacks() -> None:
    ctx = make_context()
    await fold(ctx, identify("u-5", "b-7", plan="pro", country="DE"))
    await made(ctx, "checkout", **if_("plan", "pro"))
    await made(ctx, "leads", **if_("stage", "lead"))
    for unit in ("u-5", "b-7"):
        assert (await ask(ctx, "checkout", unit)).reason is Reason.TARGETING_MATCH
        assert (await ask(ctx, "leads", unit)).value is True
    assert (await ask(ctx, "checkout", "u-5", plan="free")).value is False, "what the program says comes first"


async def test_a_missing_trait_matches_nothing() -> None:
    ctx = make_context()
    await fold(ctx, identify("u-5", None, name="Ada"))
    for operator in ("eq", "ne", "in", "not_in", "contains", "gt"):
        await made(ctx, operator, **if_("plan", 1, operator=operator))
    await made(ctx, "unknown", **if_("plan", False, operator="exists"))
    for unit in ("u-5", "stranger", None):
        answers = {
            a.flag.key: a for a in await service.evaluate_flags(ctx, {"targetingKey": unit}) if isinstance(a, Answer)
        }
        assert {key for key, answer in answers.items() if answer.value} == {"unknown"}
        assert answers["eq"].reason is Reason.DEFAULT


async def test_the_traits_of_an_archived_person_count_no_more() -> None:
    ctx = make_context()
    await fold(ctx, identify("u-5", None, plan="pro"))
    async with tenant_session(ctx) as session:
        found = await profiles.find_profile(session, ctx, "u-5")
        assert found
        assert await profiles.find_traits(session, ctx, "u-5") == {"plan": "pro", "stage": "lead"}
        await profiles.archive_profile(session, ctx, found.id)
        assert await profiles.find_traits(session, ctx, "u-5") == {}


@pytest.mark.parametrize("unit", [5, True, ["u"], {"a": 1}, "x" * 1001, "a\x00b"])
async def test_a_targeting_key_is_a_text(unit: Any) -> None:
    ctx = make_context()
    await made(ctx, "checkout")
    with pytest.raises(ContextRefused):
        await service.evaluate_flag(ctx, "checkout", {"targetingKey": unit})


@pytest.mark.parametrize("unit", [None, ""])
async def test_without_a_targeting_key_only_what_needs_none_is_answered(unit: Any) -> None:
    ctx = make_context()
    await made(ctx, "checkout")
    await made(ctx, "half", serve={"split": [{"variation": "on", "weight": 0.5}, {"variation": "off", "weight": 0.5}]})
    plain, split = await service.evaluate_flags(ctx, {"targetingKey": unit})
    assert isinstance(plain, Answer)
    assert isinstance(split, Failure)
    assert split.code is FlagError.TARGETING_KEY_MISSING


async def test_a_unit_is_the_visitor_of_its_events() -> None:
    ctx = make_context()
    experiment = await running(ctx)
    service.hear(None)
    await ask(ctx, experiment.key, "a-17")
    await service.flush_exposures()
    async with tenant_session(ctx) as session:
        unit = await session.scalar(sa.text("SELECT unit FROM experiment_exposures"))
    assert unit is not None
    assert unit.hex == analytics.visitor_of(ctx.tenant_id, "a-17")


async def test_new_weights_reshuffle_nobody() -> None:
    """10,000 units keep what they saw when 50/50 becomes 90/10 in mid-run, also in a process that knows nothing of
    them; new ones come by the new weights."""
    ctx = make_context()
    experiment = await running(ctx, "Button")
    service.hear(None)
    before = await variants(ctx, experiment.key, range(10_000))
    assert 0.48 < Counter(before.values())["green"] / 10_000 < 0.52
    await service.flush_exposures()
    weights = [TWO[0] | {"weight": 0.9}, TWO[1] | {"weight": 0.1}]
    experiment = await change(ctx, experiment, variants=weights)
    assert experiment.plan_version == 2
    service.hear(None)
    assert await variants(ctx, experiment.key, range(10_000)) == before
    exposing.forget_units()
    assert await variants(ctx, experiment.key, range(500)) == {n: before[n] for n in range(500)}
    after = await variants(ctx, experiment.key, range(10_000, 12_000))
    assert 0.08 < Counter(after.values())["green"] / 2_000 < 0.12
    await service.flush_exposures()
    async with tenant_session(ctx) as session:
        seen = await service.get_exposures(session, ctx, experiment.id)
    assert (seen.units, seen.conflicted) == (12_000, 0)
    assert {v.variant: v.units for v in seen.variants} == Counter([*before.values(), *after.values()])


async def test_a_ramp_only_adds() -> None:
    ctx = make_context()
    experiment = await running(ctx, coverage=0.2)
    service.hear(None)
    metadata = [(await ask(ctx, experiment.key, f"unit-{n}")).trial is not None for n in range(1_000)]
    assert 0.16 < sum(metadata) / 1_000 < 0.24
    before = {n: (await ask(ctx, experiment.key, f"unit-{n}")).variation for n in range(1_000) if metadata[n]}
    experiment = await change(ctx, experiment, coverage=0.6)
    service.hear(None)
    assert await variants(ctx, experiment.key, before) == before
    more = [(await ask(ctx, experiment.key, f"unit-{n}")).trial is not None for n in range(1_000)]
    assert 0.55 < sum(more) / 1_000 < 0.65
    assert all(now for was, now in zip(metadata, more, strict=True) if was)


async def test_an_experiments_life_is_what_its_flag_answers() -> None:
    ctx = make_context()
    experiment = await running(ctx)
    seen: dict[str, set[str]] = {}
    for state, step in (("running", None), ("paused", Act.PAUSE), ("resumed", Act.RESUME)):
        experiment = await act(ctx, experiment, step) if step else experiment
        service.hear(None)
        seen[state] = set((await variants(ctx, experiment.key, range(40))).values())
    assert seen == {"running": {"control", "green"}, "paused": {"control"}, "resumed": {"control", "green"}}
    await decide(ctx, experiment, "rollback")
    service.hear(None)
    assert set((await variants(ctx, experiment.key, range(40))).values()) == {"control"}


async def test_experiments_of_a_layer_share_no_unit_and_holdouts_see_none() -> None:
    ctx = make_context()
    async with tenant_session(ctx) as session:
        layer = await service.create_layer(session, ctx, LayerDraft(name="Checkout", key="checkout"))
        await service.create_holdout(session, ctx, HoldoutDraft(name="All", key="all", share=0.2))
    first = await running(ctx, "First", layer_id=layer.id, layer_share=0.5)
    second = await running(ctx, "Second", layer_id=layer.id, layer_share=0.5)
    service.hear(None)
    taken: dict[str, set[int]] = {}
    for experiment in (first, second):
        asked = [(n, await ask(ctx, experiment.key, f"unit-{n}")) for n in range(1_000)]
        taken[experiment.key] = {n for n, answer in asked if answer.trial is not None}
    one, two = taken.values()
    assert one & two == set()
    assert 0.75 < len(one | two) / 1_000 < 0.85
