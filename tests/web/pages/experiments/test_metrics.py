"""The pages of metrics on the real database: the sentence follows the form, problems stand at their field."""

from typing import Any

import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import LOCALES
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.metric_schemas import Definition, Metric
from enterprise_app.domains.experiments.vocabulary import MetricKind
from enterprise_app.web.pages.experiments.metric_form import MetricFormState
from enterprise_app.web.pages.experiments.metric_words import sentences
from enterprise_app.web.pages.experiments.metrics import MetricsState
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, act_as, owner
from tests.web.pages.test_people import at, undo

__all__ = ["act_as", "owner"]

ORDER = {"name": "Order Completed"}
MONEY = ORDER | {"value": "revenue"}
DEFINITIONS: dict[str, dict[str, Any]] = {
    "proportion": {"event": ORDER, "window_hours": 48},
    "mean": {"event": {"type": "page"}, "winsorise": 0.99},
    "ratio": {"event": MONEY, "denominator": ORDER, "currency": "EUR"},
    "percentile": {"event": ORDER | {"value": "property", "property": "load"}, "percentile": 0.9, "direction": "down"},
    "revenue": {"event": MONEY, "currency": "EUR"},
    "retention": {"event": {"type": "page"}, "first_day": 1, "last_day": 7},
}


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


async def all_of(ctx: Context) -> list[Metric]:
    async with tenant_session(ctx) as session:
        return list((await service.list_metrics(session, ctx, service.METRICS.parse(sort="name"))).items)


@pytest.mark.parametrize("kind", MetricKind)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_is_said_in_every_language(locale: str, kind: MetricKind) -> None:
    said = sentences(locale, Definition.model_validate({"kind": kind} | DEFINITIONS[kind.value]))
    assert "{{" not in said
    assert "experiments." not in said


def test_the_sentence_tells_all_of_it() -> None:
    event = ORDER | {"filters": [{"field": "device", "value": "mobile"}]}
    definition = Definition.model_validate({"kind": "proportion", "event": event, "window_hours": 24})
    assert plain(sentences("en", definition)) == (
        "The share of visitors with at least one “Order Completed”. Of “Order Completed” only those count where "
        "device = mobile. Events count for 1 day after the first sight of the variant. Higher is better."
    )


@pytest.mark.asyncio(loop_scope="session")
async def test_a_metric_is_read_out_made_changed_and_put_away(db: JoinedSource, owner: Context, act_as: Any) -> None:
    root = at(act_as(owner), "/experiments/metrics/new")
    form = await _call(root, MetricFormState, "load_new")
    assert form.says == ""
    form = await _call(root, MetricFormState, "put", word="event_name", value="Order Completed")
    assert "at least one" in form.says
    form = await _call(root, MetricFormState, "put", word="kind", value="revenue")
    assert f"in {form.values['currency']}" in form.says
    form = await _call(root, MetricFormState, "save", form={"name": "Revenue", "key": "Bad Key"})
    assert set(form.errors) == {"key"}
    await _call(root, MetricFormState, "add_filter", owner="event")
    row = form.filters[0].id
    wrong = {"name": "Revenue", "key": "revenue", f"{row}-field": "nothing", f"{row}-value": "x"}
    form = await _call(root, MetricFormState, "save", form=wrong)
    assert set(form.errors) == {row}
    await _call(root, MetricFormState, "save", form=wrong | {f"{row}-field": "device", "window": "7"})
    [made] = await all_of(owner)
    assert (made.definition.kind, made.definition.window_hours) == (MetricKind.REVENUE, 168)
    assert [one.field for one in made.definition.event.filters] == ["device"]
    at(root, f"/experiments/metrics/{made.id}")
    form = await _call(root, MetricFormState, "load")
    assert (form.values["window"], form.values["window_unit"], form.filters[0].value) == ("7", "days", "x")
    await _call(root, MetricFormState, "save", form={"name": "Money", "winsorise": "99"})
    [made] = await all_of(owner)
    assert (made.name, made.definition.winsorise) == ("Money", 0.99)
    at(root, "/experiments/metrics?name_like=mon")
    listed = await _call(root, MetricsState, "load")
    assert [line.name for line in listed.rows] == ["Money"]
    await _call(root, MetricsState, "put", key=str(made.id), name="archive")
    assert await all_of(owner) == []
    await undo(root)
    assert len(await all_of(owner)) == 1


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("kind", MetricKind)
async def test_the_form_gives_back_what_it_was_given(
    db: JoinedSource, owner: Context, act_as: Any, kind: MetricKind
) -> None:
    from enterprise_app.domains.experiments.metric_schemas import MetricDraft

    definition = {"kind": kind} | DEFINITIONS[kind.value]
    draft = MetricDraft.model_validate({"name": "One", "key": "one", "definition": definition})
    async with tenant_session(owner) as session:
        made = await service.create_metric(session, owner, draft)
    root = at(act_as(owner), f"/experiments/metrics/{made.id}")
    form = await _call(root, MetricFormState, "load")
    assert form.says
    await _call(root, MetricFormState, "save", form={"name": "Two"})
    [after] = await all_of(owner)
    assert (after.name, after.definition) == ("Two", made.definition)
