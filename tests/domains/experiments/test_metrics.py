"""Metrics on a real database: what is made, kept, refused, audited; every definition that one ever had."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, FeatureMissing, Forbidden, Invalid, ReadOnly, VersionConflict
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import Entitlements
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import MetricArchived, MetricNotFound
from enterprise_app.domains.experiments.metric_schemas import Definition, Metric, MetricChange, MetricDraft
from enterprise_app.domains.experiments.queries import metrics as queries
from enterprise_app.domains.experiments.rules.metrics import problems
from enterprise_app.domains.experiments.vocabulary import MetricAction
from tests.domains.experiments import lives
from tests.domains.experiments.measured import ORDERED, ROUNDS, SPENT, metric
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")
EVENT = {"name": "Order Completed"}
MONEY = EVENT | {"value": "revenue"}


async def change(ctx: Context, made: Metric, **fields: Any) -> Metric:
    wanted = MetricChange.model_validate(fields)
    async with tenant_session(ctx) as session:
        return await service.update_metric(session, ctx, made.id, made.version, wanted)


async def act(ctx: Context, made: Metric, action: MetricAction, version: int | None = None) -> Metric:
    async with tenant_session(ctx) as session:
        return await service.act_on_metric(session, ctx, made.id, action, expected_version=version)


async def keys(ctx: Context, **words: Any) -> list[str]:
    async with tenant_session(ctx) as session:
        page = await service.list_metrics(session, ctx, service.METRICS.parse(**words))
        return [m.key for m in page.items]


async def test_what_is_made_is_read_again() -> None:
    ctx = make_context()
    made = await metric(ctx, "spent", SPENT | {"winsorise": 0.99, "window_hours": 72})
    async with tenant_session(ctx) as session:
        assert await service.get_metric(session, ctx, made.id) == made
    assert (made.version, made.used_by, made.archived_at, made.definition.currency) == (1, 0, None, "EUR")
    assert Metric.model_validate_json(made.model_dump_json()) == made
    assert await lives.column(ctx, "SELECT verb FROM audit_log") == ["metric.created"]


async def test_an_edit_keeps_what_was_and_says_what_changed() -> None:
    ctx = make_context()
    made = await metric(ctx, "rounds", ROUNDS)
    renamed = await change(ctx, made, name="  Rounds   played ")
    assert (renamed.name, renamed.version, renamed.definition) == ("Rounds played", 2, made.definition)
    longer = await change(ctx, renamed, definition=ROUNDS | {"window_hours": 24})
    same = await change(ctx, longer, name="Rounds played")
    numbers = "SELECT number FROM experiment_metric_versions ORDER BY number"
    assert await lives.column(ctx, numbers) == [1, 2], "a name is no definition"
    assert same.definition.window_hours == 24
    verbs = await lives.column(ctx, "SELECT verb FROM audit_log ORDER BY seq")
    assert verbs == ["metric.created", "metric.updated", "metric.updated"], "nothing changed, nothing said"
    with pytest.raises(VersionConflict):
        await change(ctx, made, name="Late")


async def test_the_definition_in_force_is_that_of_the_moment() -> None:
    ctx = make_context()
    made = await metric(ctx, "rounds", ROUNDS)
    await change(ctx, made, definition=ROUNDS | {"window_hours": 24})
    moments = [now() + timedelta(days=1), now() + timedelta(days=2)]
    async with tenant_session(ctx) as session:
        for number, moment in zip((1, 2), moments, strict=True):
            await session.execute(
                sa.text("INSERT INTO experiment_metric_versions SELECT tenant_id, metric_id, number + 10, definition,"
                        " :at FROM experiment_metric_versions WHERE number = :number"),
                {"at": moment, "number": number},
            )  # fmt: skip
        for at, number in (
            (moments[0] - timedelta(days=9), 1), (moments[0] - timedelta(hours=1), 2), (moments[0], 11),
            (moments[1] - timedelta(seconds=1), 11), (moments[1], 12), (None, 12),
        ):  # fmt: skip
            assert (await queries.in_force(session, [made.id, new_id()], at))[made.id][2] == number, at


async def test_archived_metrics_are_neither_edited_nor_taken() -> None:
    ctx = make_context()
    made, other = await metric(ctx, "a", ORDERED), await metric(ctx, "b", ORDERED)
    gone = await act(ctx, made, MetricAction.ARCHIVE, made.version)
    assert gone.archived_at is not None
    with pytest.raises(MetricArchived):
        await change(ctx, gone, name="New")
    with pytest.raises(MetricArchived):
        await act(ctx, gone, MetricAction.ARCHIVE)
    with pytest.raises(Conflict, match="metric_not_archived"):
        await act(ctx, other, MetricAction.RESTORE)
    with pytest.raises(VersionConflict):
        await act(ctx, gone, MetricAction.RESTORE, made.version)
    assert await keys(ctx) == ["b"]
    assert await keys(ctx, filters=["archived:eq:true"]) == ["a"]
    uses = [{"metric_id": str(made.id), "role": "primary"}]
    with pytest.raises(Invalid):
        await lives.create(ctx, metrics=uses)
    assert (await act(ctx, gone, MetricAction.RESTORE)).archived_at is None
    await lives.create(ctx, metrics=uses)
    async with tenant_session(ctx) as session:
        assert (await service.get_metric(session, ctx, made.id)).used_by == 1


async def test_lists_are_searched_and_sorted() -> None:
    ctx = make_context()
    for key, definition in (("zebra", ORDERED), ("spent", SPENT)):
        await metric(ctx, key, definition)
    assert await keys(ctx, filters=["kind:eq:revenue"]) == ["spent"]
    assert await keys(ctx, sort="name") == ["spent", "zebra"]
    assert await keys(ctx, filters=["name:contains:ebr"]) == ["zebra"]
    assert await keys(make_context()) == []


async def test_a_key_is_one_metric_of_a_tenant_for_ever() -> None:
    ctx = make_context()
    made = await metric(ctx, "orders", ORDERED)
    await act(ctx, made, MetricAction.ARCHIVE)
    with pytest.raises(Invalid) as caught:
        await metric(ctx, "orders", SPENT)
    assert [(p.field, p.code) for p in caught.value.problems] == [("key", "metric_key_taken")]
    assert (await metric(make_context(), "orders", ORDERED)).key == "orders"


async def test_who_may_not_does_not() -> None:
    ctx = make_context()
    made = await metric(ctx, "orders", ORDERED)
    stranger, member = make_context(), make_context(ctx.tenant_id, Role.MEMBER)
    async with tenant_session(stranger) as session:
        with pytest.raises(MetricNotFound):
            await service.get_metric(session, stranger, made.id)
    with pytest.raises(MetricNotFound):
        await change(stranger, made, name="Stolen")
    with pytest.raises(Forbidden):
        await change(member, made, name="Mine")
    with pytest.raises(ReadOnly):
        await change(replace(ctx, read_only=True), made, name="Late")
    with pytest.raises(FeatureMissing):
        await metric(ctx.with_entitlements(Entitlements("FREE")), "other", ORDERED)


UNFIT: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"kind": "ratio", "event": EVENT}, {("denominator", "required")}),
    ({"kind": "percentile", "event": EVENT}, {("percentile", "required")}),
    ({"kind": "retention", "event": EVENT}, {("first_day", "required"), ("last_day", "required")}),
    ({"kind": "retention", "event": EVENT, "first_day": 7, "last_day": 1}, {("last_day", "metric_days")}),
    ({"kind": "retention", "event": EVENT, "first_day": 1, "last_day": 1, "window_hours": 3},
     {("window_hours", "metric_field_unfit")}),
    ({"kind": "proportion", "event": EVENT, "winsorise": 0.9}, {("winsorise", "metric_field_unfit")}),
    ({"kind": "proportion", "event": EVENT, "denominator": EVENT, "percentile": 0.5},
     {("denominator", "metric_field_unfit"), ("percentile", "metric_field_unfit")}),
    ({"kind": "proportion", "event": MONEY}, {("event.value", "metric_value_unfit"), ("currency", "required")}),
    ({"kind": "revenue", "event": EVENT}, {("event.value", "metric_value_unfit")}),
    ({"kind": "mean", "event": MONEY, "currency": "EUR"}, {("event.value", "metric_value_unfit")}),
    ({"kind": "revenue", "event": MONEY}, {("currency", "required")}),
    ({"kind": "mean", "event": EVENT, "currency": "EUR"}, {("currency", "metric_field_unfit")}),
    ({"kind": "ratio", "event": EVENT, "denominator": MONEY}, {("currency", "required")}),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "expected"), UNFIT)
async def test_definitions_that_do_not_fit_together_are_refused(definition: dict[str, Any], expected: Any) -> None:
    wanted = {(f"definition.{field}", code) for field, code in expected}
    assert {(p.field, p.code) for p in problems(Definition.model_validate(definition))} == wanted
    with pytest.raises(Invalid) as caught:
        await metric(make_context(), "m", definition)
    assert {(p.field, p.code) for p in caught.value.problems} == wanted


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({}, "metric_event_name"),
        ({"name": " "}, "required"),
        (EVENT | {"value": "property"}, "metric_property"),
        (EVENT | {"property": "rounds"}, "metric_property"),
        (EVENT | {"filters": [{"field": "visitor_id", "value": "1"}]}, "metric_filter_field"),
        (EVENT | {"filters": [{"field": "properties.", "value": "1"}]}, "metric_filter_field"),
        (EVENT | {"filters": [{"field": "device", "op": "in", "value": "a"}]}, "metric_filter_value"),
        (EVENT | {"filters": [{"field": "device", "value": ["a"]}]}, "metric_filter_value"),
        (EVENT | {"filters": [{"field": "device", "op": "gt", "value": "1"}]}, "metric_filter_operator"),
        (EVENT | {"filters": [{"field": "revenue", "op": "contains", "value": "1"}]}, "metric_filter_operator"),
        (EVENT | {"filters": [{"field": "revenue", "op": "gt", "value": "NaN"}]}, "metric_filter_number"),
        (EVENT | {"filters": [{"field": "properties.a", "op": "lt", "value": "many"}]}, "metric_filter_number"),
        (EVENT | {"filters": [{"field": "device", "value": "a\0b"}]}, "bad_unicode"),
    ],
)
def test_events_that_cannot_be_counted_are_refused(event: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError, match=code):
        Definition.model_validate({"kind": "mean", "event": event})


@pytest.mark.parametrize("key", ["", "Orders", "orders!", "-orders", "ö", "a" * 81])
def test_keys_are_for_programs(key: str) -> None:
    with pytest.raises(ValidationError):
        MetricDraft.model_validate({"key": key, "name": "Orders", "definition": ORDERED})


@pytest.mark.parametrize(
    ("field", "value"),
    [("winsorise", 1), ("winsorise", 0.4), ("winsorise", float("nan")), ("percentile", 0), ("window_hours", 0),
     ("window_hours", 1.5), ("first_day", -1), ("currency", "euro")],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        Definition.model_validate(ROUNDS | {field: value})
