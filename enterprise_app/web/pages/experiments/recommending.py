"""Recommendations: what finished tests say about variants not tested yet, and how sure that is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.recommendation_schemas import (
    Aspect,
    Basis,
    Evidence,
    Optimum,
    Prediction,
    RecommendationQuestion,
    Recommendations,
    UsedFeature,
)
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import Option
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.urls import change_view, parameters

POINTS_MAX = 60
FEATURES_MAX = 12
_MARKS = frozenset(Aspect) - {
    Aspect.BLUE_YELLOW, Aspect.CONTRAST, Aspect.GREEN_RED, Aspect.LENGTH, Aspect.LIGHTNESS, Aspect.SIZE,
}  # fmt: skip
"""What a variant has or has not; the others are measures."""


class Gain(BaseModel):
    """A change and what it is expected to do, in the reader's words."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    change: str = ""
    gain: str = ""
    interval: str = ""
    chance: str = ""
    share: str = ""
    unseen: bool = False


class Fact(BaseModel):
    """A name and its value."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: str


class RecommendingState(rx.State):
    """What the page of recommendations shows now."""

    loading: bool = True
    failed: bool = False
    learned: bool = False
    tests: int = 0
    reason: str = ""
    proof: str = ""
    metric: str = ""
    metrics: list[Option] = []
    tiles: dict[str, str] = {}
    labels: list[str] = []
    series: list[dict[str, Any]] = []
    features: list[Gain] = []
    predictions: list[Gain] = []
    best: list[Gain] = []
    optima: list[Gain] = []
    tried: list[Gain] = []
    worth: str = ""
    current: list[Fact] = []
    left_out: list[Fact] = []
    method: str = ""

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the past says of the metric in the URL."""
        if Feature.EXPERIMENTS not in ctx.entitlements.features:
            self.loading = False
            return
        with showing(self):
            question = RecommendationQuestion(metric_id=_id(parameters(self).get("metric", "")))
            async with tenant_session(ctx) as session:
                found = await service.recommend(session, ctx, question)
            self._show(ctx, found)

    @action(Permission.EXPERIMENTS_READ)
    async def pick_metric(self, metric: str) -> EventSpec:
        """By another metric."""
        return change_view(self, metric=metric if _id(metric) else "")

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    def _show(self, ctx: Context, found: Recommendations) -> None:
        self.learned, self.tests = found.reason is None, found.tests
        self.metric = str(found.metric_id or "")
        self.metrics = [Option(value=str(m.metric_id), label=m.name) for m in found.metrics]
        self.reason, self.proof = _reason(ctx, found), _proof(ctx, found.evidence)
        self.tiles = _tiles(ctx, found.evidence) if found.evidence else {}
        self.labels, self.series = _drawing(ctx, found.evidence)
        self.features = [_feature(ctx, n, one) for n, one in enumerate(found.features[:FEATURES_MAX])]
        self.predictions = [_prediction(ctx, n, one) for n, one in enumerate(found.predictions)]
        self.best = [_prediction(ctx, 0, found.best)] if found.best else []
        self.optima = [_optimum(ctx, one) for one in found.optima]
        self.worth = _worth(ctx, found)
        self.tried = [
            _prediction(ctx, n, one.prediction) if one.prediction else _only(ctx, n, one.changes)
            for n, one in enumerate(found.next_test.variants if found.next_test else [])
        ]
        self.current = [Fact(name=name, value=_value(ctx, value)) for name, value in found.current.items()]
        self.left_out = [
            Fact(
                name=translate(ctx.locale, f"recommending.left_out.{one.reason.value}"),
                value=localization.format_number(one.tests, ctx.locale),
            )
            for one in found.left_out
        ]
        self.method = found.method


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _signed(ctx: Context, share: float) -> str:
    """A gain with its sign, tenths of a per cent."""
    sign = "+" if round(share, 3) > 0 else ""
    return _isolated(ctx, sign + localization.format_percent(round(share, 3) + 0.0, ctx.locale, 1))


def _isolated(ctx: Context, text: str) -> str:
    """Left to right inside a sentence that is not: a sign stays before its number, an arrow keeps its direction."""
    return f"\u2066{text}\u2069" if ctx.locale == "ar" else text


def _between(ctx: Context, low: float, high: float) -> str:
    return translate(ctx.locale, "recommending.between", low=_signed(ctx, low), high=_signed(ctx, high))


def _share(ctx: Context, share: float) -> str:
    return localization.format_percent(share, ctx.locale, 0)


def _chance(ctx: Context, chance: float) -> str:
    """Nothing is certain: at most 99.9 %."""
    return localization.format_percent(round(min(max(chance, 0.001), 0.999), 3), ctx.locale, 1)


def _value(ctx: Context, value: object) -> str:
    if isinstance(value, bool):
        return translate(ctx.locale, "recommending.yes" if value else "recommending.no")
    if isinstance(value, int | float):
        return localization.format_number(round(value, 3), ctx.locale)
    return str(value)


def _changes(ctx: Context, changes: Mapping[str, object]) -> str:
    return " · ".join(f"{name}: {_value(ctx, value)}" for name, value in changes.items())


def _reason(ctx: Context, found: Recommendations) -> str:
    if found.reason is None:
        return ""
    told = {
        "tests": localization.format_number(found.tests, ctx.locale),
        "needed": localization.format_number(found.tests_needed, ctx.locale),
    }
    return translate(ctx.locale, f"recommending.reason.{found.reason.value}", **told)


def _proof(ctx: Context, evidence: Evidence | None) -> str:
    if evidence is None:
        return ""
    told = {
        "better": _share(ctx, evidence.better), "low": _share(ctx, evidence.better_low),
        "high": _share(ctx, evidence.better_high),
    }  # fmt: skip
    return translate(ctx.locale, "recommending.proof", **told)


def _tiles(ctx: Context, evidence: Evidence) -> dict[str, str]:
    return {
        "tests": localization.format_number(evidence.tests, ctx.locale),
        "variants": localization.format_number(evidence.variants, ctx.locale),
        "better": _share(ctx, evidence.better),
        "covered": _share(ctx, evidence.covered),
    }


def _drawing(ctx: Context, evidence: Evidence | None) -> tuple[list[str], list[dict[str, Any]]]:
    """Held-out variants from the worst to the best, the newest tests if there are many."""
    points = sorted(evidence.points[-POINTS_MAX:], key=lambda p: p.observed) if evidence else []
    labels = [f"{point.experiment} · {point.variant}" for point in points]
    kinds = (("measured", "observed", "bar"), ("predicted", "predicted", "line"), ("mean", "by_mean", "line"))
    return labels, [
        {
            "name": translate(ctx.locale, f"recommending.evidence.{name}"),
            "values": [getattr(point, field) for point in points],
            "kind": kind,
            "dash": name == "mean",
        }
        for name, field, kind in kinds
    ]


def _feature(ctx: Context, number: int, one: UsedFeature) -> Gain:
    name = translate(ctx.locale, f"recommending.aspect.{one.aspect.value}", level=one.level or "")
    if one.aspect in _MARKS:
        change = translate(ctx.locale, "recommending.with" if one.best > one.worst else "recommending.without")
    else:
        change = _isolated(ctx, f"{_value(ctx, one.worst)} → {_value(ctx, one.best)}")
    return Gain(
        id=str(number), name=f"{one.parameter}: {name}", change=change, gain=_signed(ctx, one.gain),
        interval=_between(ctx, one.low, one.high), chance=_chance(ctx, one.chance), share=_share(ctx, one.share),
    )  # fmt: skip


def _prediction(ctx: Context, number: int, one: Prediction) -> Gain:
    return Gain(
        id=str(number), name=_changes(ctx, one.changes), gain=_signed(ctx, one.gain),
        interval=_between(ctx, one.low, one.high), chance=_chance(ctx, one.chance), unseen=bool(one.unseen),
    )  # fmt: skip


def _only(ctx: Context, number: int, changes: Mapping[str, object]) -> Gain:
    return Gain(id=str(number), name=_changes(ctx, changes))


def _optimum(ctx: Context, one: Optimum) -> Gain:
    now = "–" if one.now is None else _value(ctx, one.now)
    change = _isolated(ctx, f"{now} → {_value(ctx, one.value)}")
    return Gain(
        id=one.parameter, name=one.parameter, change=change, gain=_signed(ctx, one.gain),
        interval=_between(ctx, one.low, one.high), chance=_chance(ctx, one.chance),
    )  # fmt: skip


def _worth(ctx: Context, found: Recommendations) -> str:
    test = found.next_test
    if test is None:
        return ""
    if test.basis is Basis.IMPROVEMENT and test.improvement is not None:
        return translate(ctx.locale, "recommending.next.improvement", value=_signed(ctx, test.improvement))
    return translate(ctx.locale, "recommending.next.knowledge", value=_share(ctx, test.knowledge))
