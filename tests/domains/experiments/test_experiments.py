"""EXP-01: experiments on a real database: what is made, frozen, refused, served, decided, told and audited."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from enterprise_app.core import clock, live
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import (
    Conflict,
    FeatureMissing,
    Forbidden,
    Invalid,
    NotFound,
    ReadOnly,
    VersionConflict,
)
from enterprise_app.core.vocabulary.entitlements import Entitlements
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.schemas import Campaign, CampaignDraft
from enterprise_app.domains.campaigns.vocabulary import CampaignAction
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import (
    ExperimentFrozen,
    FlagNeeded,
)
from enterprise_app.domains.experiments.flag_schemas import FlagChange, Serve
from enterprise_app.domains.experiments.schemas import Experiment, ExperimentDraft, PlanVersion, Readiness
from enterprise_app.domains.experiments.service import experiments as editing
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from enterprise_app.domains.experiments.vocabulary import ExperimentState as State
from enterprise_app.domains.experiments.vocabulary import FlagKind
from tests.domains.experiments.lives import (
    TWO,
    act,
    change,
    column,
    create,
    decide,
    metric,
    own_flag,
    read,
    ready,
    running,
)
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")
RAMPED = [{**TWO[0], "weight": 0.9}, {**TWO[1], "weight": 0.1}]
CONTROL = Serve(variation="control")


def problems(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refused.value.problems]


async def refused_fields(ctx: Context, **fields: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        await create(ctx, **fields)
    return problems(refused)


async def versions(ctx: Context, experiment: Experiment) -> Sequence[PlanVersion]:
    async with tenant_session(ctx) as session:
        return (await service.list_plan_versions(session, ctx, experiment.id)).items


async def names(ctx: Context, **words: Any) -> list[str]:
    async with tenant_session(ctx) as session:
        page = await service.list_experiments(session, ctx, service.EXPERIMENTS.parse(**words), count=True)
    assert page.total == len(page.items) or words.get("limit")
    return [experiment.name for experiment in page.items]


async def campaign(ctx: Context, *actions: CampaignAction) -> Campaign:
    async with tenant_session(ctx) as session:
        made = await campaigns.create_campaign(session, ctx, CampaignDraft(name="Spring"))
        for action in actions:
            made = await campaigns.act_on_campaign(session, ctx, made.id, action)
        return made


async def test_the_defaults() -> None:
    ctx = make_context()
    made = await create(ctx, "Green button")
    settings = made.settings
    assert (len(made.variants), settings.min_units, settings.alpha) == (5, 1000, 0.05)
    assert (settings.auto_winner, settings.auto_after_days) == (True, 14)
    assert (made.key, made.state, made.version, made.plan_version) == ("green-button", State.DRAFT, 1, 0)
    assert (made.coverage, made.holdout, made.unit, made.author_id) == (1.0, True, "visitor", ctx.actor.id)
    assert await read(ctx, made) == made
    assert Experiment.model_validate_json(made.model_dump_json()) == made
    assert await column(ctx, "SELECT kind FROM event_outbox") == ["experiment.created"]
    assert await column(ctx, "SELECT verb FROM audit_log") == ["experiment.created"]


async def test_a_flag_of_the_same_key_comes_with_it() -> None:
    ctx = make_context()
    made = await create(ctx, "Button", variants=TWO)
    flag = await own_flag(ctx, made)
    assert (flag.key, flag.name, flag.kind, flag.enabled) == ("button", "Button", FlagKind.STRING, True)
    assert [(v.key, v.value) for v in flag.variations] == [("control", "control"), ("green", "green")]
    assert (flag.off_variation, flag.serve) == ("control", CONTROL)
    assert [rule.serve.experiment_id for rule in flag.rules] == [made.id]
    valued = await create(ctx, "Size", variants=[{**TWO[0], "value": 12}, {**TWO[1], "value": 14.5}])
    flag = await own_flag(ctx, valued)
    assert (flag.kind, [v.value for v in flag.variations]) == (FlagKind.NUMBER, [12, 14.5])


async def test_keys_are_free_for_experiments_and_flags_alike() -> None:
    ctx = make_context()
    assert [(await create(ctx, "Button")).key for _ in range(3)] == ["button", "button-2", "button-3"]
    assert await refused_fields(ctx, key="button-2") == [("key", "experiment_key_taken")]
    assert (await create(ctx, key="Button")).key == "Button"
    other = make_context()
    assert (await create(other, key="button")).key == "button", "another tenant's are free"


async def test_bad_input_is_named_with_its_field_all_at_once() -> None:
    ctx = make_context()
    six = [{"key": f"v{n}", "weight": 1 / 6, "is_control": not n} for n in range(6)]
    assert await refused_fields(ctx, variants=six) == [("variants", "variants_count")]
    assert await refused_fields(ctx, variants=[TWO[0], {**TWO[1], "weight": 0.6}]) == [("variants", "variants_weights")]
    assert await refused_fields(
        ctx,
        variants=[TWO[0]],
        targeting=[{"attribute": "country", "operator": "in", "values": []}],
        metrics=[{"metric_id": uuid4()}],
        campaign_id=uuid4(),
        layer_id=uuid4(),
    ) == [
        ("variants", "variants_count"),
        ("variants", "variants_weights"),
        ("targeting.0.values", "condition_values"),
        ("metrics.0.metric_id", "metric_unknown"),
        ("campaign_id", "experiment_campaign_unknown"),
        ("layer_id", "layer_unknown"),
    ]
    assert await refused_fields(ctx, layer_share=0.5) == [("layer_share", "layer_share_alone")]
    assert await names(ctx) == [], "nothing of it was kept"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_no_endless_numbers(number: str) -> None:
    for field in ("coverage", "layer_share"):
        with pytest.raises(ValueError, match=field):
            ExperimentDraft.model_validate_json(f'{{"name": "A", "{field}": {number}}}')
    with pytest.raises(ValueError, match="weight"):
        ExperimentDraft.model_validate_json(f'{{"name": "A", "variants": [{{"key": "a", "weight": {number}}}]}}')


async def test_an_archived_campaign_takes_no_experiment() -> None:
    ctx = make_context()
    away = await campaign(ctx, CampaignAction.ARCHIVE)
    assert await refused_fields(ctx, campaign_id=away.id) == [("campaign_id", "experiment_campaign_archived")]
    open_ = await campaign(ctx)
    made = await ready(ctx, campaign_id=open_.id)
    assert made.campaign_id == open_.id
    async with tenant_session(ctx) as session:
        await campaigns.act_on_campaign(session, ctx, open_.id, CampaignAction.ARCHIVE)
    with pytest.raises(Invalid) as refused:
        await act(ctx, made, Act.START)
    assert problems(refused) == [("campaign_id", "experiment_campaign_archived")]
    assert (await read(ctx, made)).state is State.DRAFT


async def test_a_start_says_everything_that_is_missing() -> None:
    ctx = make_context()
    bare = await create(ctx, coverage=0.0)
    with pytest.raises(Invalid) as refused:
        await act(ctx, bare, Act.START)
    assert problems(refused) == [
        ("hypothesis", "hypothesis_missing"),
        ("metrics", "primary_metric_missing"),
        ("coverage", "coverage_nobody"),
    ]


async def test_the_plan_is_frozen_at_the_start() -> None:
    ctx = make_context()
    made = await running(ctx)
    assert (made.state, made.plan_version, made.started_at is not None) == (State.RUNNING, 1, True)
    [frozen] = await versions(ctx, made)
    assert (frozen.variants, frozen.settings, frozen.metrics) == (made.variants, made.settings, made.metrics)
    assert (frozen.version, frozen.started_at, frozen.ended_at) == (1, made.started_at, None)
    for field, value in (("holdout", False), ("campaign_id", str(uuid4())), ("layer_id", str(uuid4()))):
        with pytest.raises(ExperimentFrozen) as refused:
            await change(ctx, made, **{field: value})
        assert refused.value.params == {"fields": field, "state": "running"}
    third = [{**TWO[0], "weight": 0.4}, TWO[1], {"key": "c", "weight": 0.1}]
    for variants in ([{**TWO[0], "key": "x"}, TWO[1]], third):
        with pytest.raises(Invalid) as invalid:
            await change(ctx, made, variants=variants)
        assert problems(invalid) == [("variants", "variants_frozen")]


async def test_an_edit_while_running_makes_a_new_version_of_the_plan() -> None:
    ctx = make_context()
    made = await running(ctx)
    named = await change(ctx, made, name="Bright button", hypothesis="Still.")
    assert (named.plan_version, named.version) == (1, 3), "a name is no plan"
    ramped = await change(ctx, named, variants=RAMPED, coverage=0.5)
    assert (ramped.plan_version, ramped.version, ramped.coverage) == (2, 4, 0.5)
    second, first = await versions(ctx, made)
    assert ([v.weight for v in first.variants], [v.weight for v in second.variants]) == ([0.5, 0.5], [0.9, 0.1])
    assert (first.ended_at, second.ended_at) == (second.started_at, None)
    same = await change(ctx, ramped, coverage=0.5)
    assert same.plan_version == 2, "nothing changed, nothing is frozen anew"
    assert (await change(ctx, same, coverage=0)).coverage == 0, "a ramp may go down to nobody"
    kinds = await column(ctx, "SELECT kind FROM event_outbox WHERE kind LIKE 'experiment.%' ORDER BY kind")
    assert kinds.count("experiment.replanned") == 2
    assert kinds.count("experiment.updated") == 1
    verbs = await column(ctx, "SELECT verb FROM audit_log WHERE verb = 'experiment.replanned'")
    assert len(verbs) == 2


async def test_a_bad_edit_while_running_changes_nothing() -> None:
    ctx = make_context()
    made = await running(ctx)
    with pytest.raises(Invalid) as refused:
        await change(ctx, made, metrics=[], variants=[{**TWO[0], "weight": 0.9}, TWO[1]])
    assert problems(refused)[0] == ("metrics", "primary_metric_missing")
    with pytest.raises(Invalid) as refused:
        await change(ctx, made, variants=[{**TWO[0], "weight": 0.9}, TWO[1]])
    assert problems(refused) == [("variants", "variants_weights")]
    assert await read(ctx, made) == made
    assert len(await versions(ctx, made)) == 1


async def test_replanning_takes_the_right_to_run() -> None:
    ctx = make_context()
    made = await running(ctx)
    member = make_context(ctx.tenant_id, Role.MEMBER)
    assert (await change(member, made, name="Other")).name == "Other"
    with pytest.raises(Forbidden) as refused:
        await change(member, await read(ctx, made), coverage=0.1)
    assert refused.value.params == {"permission": Permission.EXPERIMENTS_RUN}


async def test_a_stale_version_is_refused() -> None:
    ctx = make_context()
    made = await ready(ctx)
    changed = await change(ctx, made, name="Other")
    with pytest.raises(VersionConflict) as stale:
        await change(ctx, made, name="Third")
    assert stale.value.params["current"] == 2
    for version in (1, 3):
        with pytest.raises(VersionConflict):
            await act(ctx, changed, Act.START, version)
    with pytest.raises(VersionConflict):
        await decide(ctx, (await act(ctx, changed, Act.START, 2)).model_copy(update={"version": 2}), "inconclusive")


async def test_pausing_stopping_archiving_and_back() -> None:
    ctx = make_context()
    made = await running(ctx)
    with pytest.raises(Conflict, match="experiment_not_paused"):
        await act(ctx, made, Act.RESUME)
    paused = await act(ctx, made, Act.PAUSE)
    assert (paused.state, paused.paused_at is not None) == (State.RUNNING, True)
    with pytest.raises(Conflict, match="experiment_paused"):
        await act(ctx, paused, Act.PAUSE)
    assert (await act(ctx, paused, Act.RESUME)).paused_at is None
    await act(ctx, paused, Act.PAUSE)
    stopped = await act(ctx, paused, Act.STOP)
    assert (stopped.state, stopped.paused_at, stopped.stopped_at is not None) == (State.STOPPED, None, True)
    assert (await versions(ctx, made))[0].ended_at == stopped.stopped_at
    with pytest.raises(Conflict) as refused:
        await act(ctx, stopped, Act.START)
    assert refused.value.params == {"action": "start", "state": "stopped", "allowed": "draft"}
    archived = await act(ctx, stopped, Act.ARCHIVE)
    assert (archived.state, archived.archived_at is not None) == (State.ARCHIVED, True)
    with pytest.raises(ExperimentFrozen):
        await change(ctx, archived, name="Other")
    assert (await act(ctx, archived, Act.RESTORE)).state is State.STOPPED
    kinds = set(await column(ctx, "SELECT kind FROM event_outbox"))
    assert kinds >= {
        f"experiment.{verb}" for verb in ("started", "paused", "resumed", "stopped", "archived", "restored")
    }
    assert kinds - {"experiment.created"} <= set(await column(ctx, "SELECT verb FROM audit_log"))


async def test_the_flag_follows_the_experiment() -> None:
    ctx = make_context()
    made = await running(ctx)
    assert [rule.serve.experiment_id for rule in (await own_flag(ctx, made)).rules] == [made.id]
    bright = await change(ctx, made, name="Bright")
    assert (await own_flag(ctx, made)).name == "Bright"
    flag = await own_flag(ctx, made)
    async with tenant_session(ctx) as session:
        await service.update_flag(session, ctx, flag.id, flag.version, FlagChange(name="Its own"))
    await act(ctx, bright, Act.PAUSE)
    assert (await own_flag(ctx, made)).name == "Its own"
    stopped = await act(ctx, made, Act.STOP)
    flag = await own_flag(ctx, made)
    assert (flag.rules, flag.serve) == ([], CONTROL)
    await act(ctx, stopped, Act.ARCHIVE)
    assert (await own_flag(ctx, made)).archived_at is not None
    await act(ctx, stopped, Act.RESTORE)
    flag = await own_flag(ctx, made)
    assert (flag.archived_at, flag.version) == (None, 6)


async def test_an_experiment_whose_flag_another_one_needs_stays() -> None:
    ctx = make_context()
    made = await create(ctx, variants=TWO)
    other = await create(ctx, "Other")
    needs = '[{"flag": "button", "variations": ["green"]}]'
    async with tenant_session(ctx) as session:
        await session.execute(
            sa.text("UPDATE feature_flags SET prerequisites = cast(:needs AS jsonb) WHERE key = 'other'"),
            {"needs": needs},
        )
    red = [TWO[0], {**TWO[1], "key": "red"}]
    for refusal in (act(ctx, made, Act.ARCHIVE), change(ctx, made, variants=red)):
        with pytest.raises(FlagNeeded) as refused:
            await refusal
        assert refused.value.params == {"flags": "other"}
    made = await change(ctx, made, variants=[*RAMPED[:1], {**TWO[1], "weight": 0.05}, {"key": "red", "weight": 0.05}])
    await act(ctx, other, Act.ARCHIVE)
    await act(ctx, made, Act.ARCHIVE)


async def test_a_clock_that_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_context()
    made = await running(ctx)
    started, long_ago = made.started_at, datetime(2020, 1, 1, tzinfo=UTC)
    assert started is not None
    monkeypatch.setattr(editing, "now", lambda: long_ago)
    replanned = await change(ctx, made, coverage=0.5)
    second, first = await versions(ctx, made)
    assert first.started_at == first.ended_at == second.started_at == started
    monkeypatch.setattr(editing, "now", lambda: started + timedelta(hours=2))
    await act(ctx, replanned, Act.PAUSE)
    monkeypatch.setattr(editing, "now", lambda: long_ago)
    stopped = await act(ctx, replanned, Act.STOP)
    assert stopped.stopped_at == started + timedelta(hours=2), "not before it was paused"
    assert clock.now() > long_ago


async def test_a_copy_is_a_draft_drawn_by_another_seed() -> None:
    ctx = make_context()
    made = await running(ctx, coverage=0.3)
    async with tenant_session(ctx) as session:
        copy = await service.duplicate_experiment(session, ctx, made.id)
    assert (copy.name, copy.key, copy.state, copy.plan_version) == ("Button (2)", "button-2", State.DRAFT, 0)
    kept = ("variants", "metrics", "settings", "coverage", "hypothesis", "primary_metric_id")
    assert [getattr(copy, name) for name in kept] == [getattr(made, name) for name in kept]
    assert len(set(await column(ctx, "SELECT seed FROM experiments"))) == 2
    assert (await own_flag(ctx, copy)).key == "button-2"
    assert (await act(ctx, copy, Act.START)).state is State.RUNNING
    assert "experiment.duplicated" in await column(ctx, "SELECT verb FROM audit_log")


async def test_lists_find_filter_and_hide_the_archived() -> None:
    ctx = make_context()
    open_ = await campaign(ctx)
    await create(ctx, "Blue button", campaign_id=open_.id)
    await running(ctx, "Ärmel")
    gone = await act(ctx, await create(ctx, "Old button"), Act.ARCHIVE)
    assert await names(ctx) == ["Ärmel", "Blue button"]
    assert await names(ctx, sort="name") == ["Ärmel", "Blue button"]
    assert await names(ctx, filters=["state:eq:archived"]) == [gone.name]
    assert await names(ctx, filters=["state:in:running,archived"], sort="state") == [gone.name, "Ärmel"]
    assert await names(ctx, filters=[f"campaign_id:eq:{open_.id}"]) == ["Blue button"]
    assert await names(ctx, q="butt") == ["Blue button"]
    assert await names(ctx, limit=1, sort="name") == ["Ärmel"]


async def test_another_tenant_sees_nothing() -> None:
    ours, theirs = make_context(), make_context()
    made = await running(ours)
    assert await names(theirs) == []
    for use_case in (read, renamed, versions, stopped, inconclusive):
        with pytest.raises(NotFound):
            await use_case(theirs, made)
    assert await refused_fields(theirs, metrics=[{"metric_id": made.primary_metric_id}]) == [
        ("metrics.0.metric_id", "metric_unknown")
    ]
    assert await read(ours, made) == made


async def renamed(ctx: Context, experiment: Experiment) -> Any:
    return await change(ctx, experiment, name="Stolen")


async def stopped(ctx: Context, experiment: Experiment) -> Any:
    return await act(ctx, experiment, Act.STOP)


async def inconclusive(ctx: Context, experiment: Experiment) -> Any:
    return await decide(ctx, experiment, "inconclusive")


async def test_without_the_feature_what_runs_can_only_be_ended() -> None:
    ctx = make_context()
    made, draft = await running(ctx), await ready(ctx, "Draft")
    smaller = ctx.with_entitlements(Entitlements("FREE"))
    for refused in (create(smaller, "New"), act(smaller, draft, Act.START), change(smaller, draft, name="A")):
        with pytest.raises(FeatureMissing):
            await refused
    assert (await act(smaller, made, Act.PAUSE)).paused_at is not None
    with pytest.raises(FeatureMissing):
        await act(smaller, made, Act.RESUME)
    stopped = await act(smaller, made, Act.STOP)
    assert (await act(smaller, stopped, Act.ARCHIVE)).state is State.ARCHIVED
    suspended = replace(ctx, read_only=True)
    for act_ in (Act.START, Act.ARCHIVE):
        with pytest.raises(ReadOnly):
            await act(suspended, draft, act_)


async def test_open_pages_and_servers_of_flags_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, told = make_context(), []

    async def hear(session: object, topic: str) -> None:
        told.append(topic.removeprefix(f"{ctx.tenant_id}:"))

    made = await ready(ctx)
    monkeypatch.setattr(live, "changed", hear)
    await act(ctx, made, Act.START)
    assert told == ["experiments", f"experiments:{made.id}", "flags"]


async def test_a_metric_that_was_put_away_is_not_taken() -> None:
    ctx = make_context()
    used = await metric(ctx)
    made = await create(ctx, metrics=[{"metric_id": used, "role": "primary"}], hypothesis="So.")
    assert made.primary_metric_id == used
    async with tenant_session(ctx) as session:
        await session.execute(sa.text("UPDATE experiment_metrics SET archived_at = now()"))
    with pytest.raises(Invalid) as refused:
        await act(ctx, made, Act.START)
    assert problems(refused) == [("metrics.0.metric_id", "metric_unknown")]


async def test_a_check_stores_nothing_and_tells_what_a_start_needs() -> None:
    ctx = make_context()
    bare = await checked(ctx, name="Button", variants=TWO, coverage=0)
    assert not bare.ready
    assert [(one.field, one.code) for one in bare.missing] == [
        ("hypothesis", "hypothesis_missing"),
        ("metrics", "primary_metric_missing"),
        ("coverage", "coverage_nobody"),
    ]
    uses = [{"metric_id": await metric(ctx), "role": "primary"}]
    full = await checked(ctx, name="Button", variants=TWO, hypothesis="So.", metrics=uses)
    assert (full.ready, full.missing) == (True, [])
    assert await names(ctx) == []
    await create(ctx, "Button", key="button", variants=TWO)
    with pytest.raises(Invalid) as refused:
        await checked(ctx, name="Other", key="button")
    assert problems(refused) == [("key", "experiment_key_taken")]
    await checked(ctx, name="Other", key="butt")
    with pytest.raises(Invalid) as refused:
        await checked(ctx, name="Other", variants=[TWO[0]], metrics=[{"metric_id": uuid4(), "role": "primary"}])
    assert {field for field, _ in problems(refused)} == {"variants", "metrics.0.metric_id"}


async def checked(ctx: Context, **fields: Any) -> Readiness:
    async with tenant_session(ctx) as session:
        return await service.check_experiment(session, ctx, ExperimentDraft.model_validate(fields))
