"""The page of recommendations: its handlers on the real database, called as a browser calls them."""

from typing import Any

import pytest
import reflex as rx
from reflex.istate.data import HeaderData, ReflexURL, URLData

from enterprise_app.core.context import Context
from enterprise_app.core.ids import new_id
from enterprise_app.web.pages.experiments.recommending import RecommendingState
from enterprise_app.web.shell.ports import Visit
from enterprise_app.web.shell.wiring import wiring
from tests.domains.experiments import lives
from tests.domains.experiments.recommending.test_service import SIZES, ran
from tests.factories import make_context

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("db")]


class OneSession:
    """The session of whoever the test says."""

    def __init__(self, context: Context) -> None:
        self.context = context

    async def get_context(self, reference: str, visit: Visit) -> Context:
        return self.context


async def opened(monkeypatch: pytest.MonkeyPatch, ctx: Context, query: str = "") -> Any:
    """The state after the page was opened."""
    monkeypatch.setattr(wiring, "sessions", OneSession(ctx))
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    headers = {"x-atrium-host": "acme.test", "x-atrium-locale": ctx.locale, "x-atrium-session": "s"}
    path = f"/experiments/recommendations{query}"
    root.router_data = {"headers": headers, "pathname": path, "asPath": path, "token": "t"}
    root.rx_router_headers = HeaderData.from_router_data(root.router_data)
    root.rx_router_url = URLData.from_url(ReflexURL(f"http://acme.test{path}"))  # pyright: ignore
    state: Any = await root.get_state(RecommendingState)
    await RecommendingState.event_handlers["load"].fn(state)
    return state


async def test_without_tests_it_says_so(monkeypatch: pytest.MonkeyPatch):
    state = await opened(monkeypatch, make_context())
    assert (state.loading, state.failed, state.learned, state.metrics) == (False, False, False, [])


async def test_few_tests_are_told_with_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    ctx = make_context()
    metric = await lives.metric(ctx)
    await ran(ctx, metric, 60)
    await ran(ctx, metric, 24, parameters=False)
    state = await opened(monkeypatch, ctx)
    assert state.reason == "Usable finished tests: 1. At least 8 are needed."
    assert (state.predictions, state.features, state.best) == ([], [], [])
    assert [(fact.name, fact.value) for fact in state.left_out] == [("Variants without values", "1")]
    assert [fact.name for fact in state.current] == ["headline_size"]
    assert state.tried[0].gain == "", "nothing is predicted"


async def test_what_was_learned_is_told_with_its_evidence(monkeypatch: pytest.MonkeyPatch):
    ctx = make_context()
    metric = await lives.metric(ctx)
    for size in SIZES:
        await ran(ctx, metric, size)
    state = await opened(monkeypatch, ctx)
    assert state.learned
    assert (state.metric, [option.label for option in state.metrics]) == (str(metric), ["Orders"])
    assert state.best[0].name == "headline_size: 72"
    assert state.best[0].gain.startswith("+")
    assert [series["name"] for series in state.series] == ["Measured", "Predicted", "Mean of the others"]
    measured = state.series[0]["values"]
    assert (len(state.labels), measured) == (10, sorted(measured))
    assert (state.features[0].name, state.features[0].change) == ("headline_size: size", "24 → 72")
    assert state.worth.startswith("Expected to be worth +")
    await RecommendingState.event_handlers["leave"].fn(state)
    assert (state.labels, state.series, state.predictions) == ([], [], [])


@pytest.mark.parametrize("query", ["?metric=nonsense", "?metric="])
async def test_a_metric_that_is_none_is_the_default(monkeypatch: pytest.MonkeyPatch, query: str):
    ctx = make_context()
    metric = await lives.metric(ctx)
    await ran(ctx, metric, 60)
    assert (await opened(monkeypatch, ctx, query)).metric == str(metric)


async def test_a_metric_of_somebody_else_has_no_tests(monkeypatch: pytest.MonkeyPatch):
    ctx = make_context()
    await ran(ctx, await lives.metric(ctx), 60)
    state = await opened(monkeypatch, ctx, f"?metric={new_id()}")
    assert (state.failed, state.tests, state.learned) == (False, 0, False)
