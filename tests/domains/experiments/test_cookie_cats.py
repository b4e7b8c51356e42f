"""A real test as somebody would bring it here: one table through the ordinary import, then analysed and decided.

The table of 90,189 players is no part of the project (docs/cookie-cats.md): it is used where it lies; a made-up one of
the same shape always. Expected numbers of the real one are of statsmodels: check_cookie_cats.py.
"""

import csv
import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from scipy import stats

from enterprise_app.core import cache
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.analytics.schemas import ImportPlan
from enterprise_app.domains.analytics.vocabulary import FileFormat, ImportState
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.result_schemas import Distribution, Results
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.service import exposing
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from tests.domains.experiments import lives
from tests.domains.experiments.measured import arm, metric, outcome
from tests.factories import make_context
from tests.joined import JoinedSource

REAL = Path(__file__).parents[4] / "shared" / "data" / "cookie_cats.csv"
ARMS = ("gate_30", "gate_40")
VARIANTS = [{"key": "gate_30", "weight": 0.5, "is_control": True}, {"key": "gate_40", "weight": 0.5}]
SEEN: dict[str, Any] = {"name": "Experiment Viewed"}
ROUNDS = {"kind": "mean", "event": SEEN | {"value": "property", "property": "sum_gamerounds"}}
_TENANT = "INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES ('{id}', '{id}', '{id}', 'Acme', 'ENTERPRISE')"


def came_back(name: str) -> dict[str, Any]:
    """The table says it of every player."""
    return {"kind": "proportion", "event": SEEN | {"filters": [{"field": f"properties.{name}", "value": "True"}]}}


METRICS = {
    "retention_1": came_back("retention_1"),
    "retention_7": came_back("retention_7"),
    "rounds": ROUNDS,
    "rounds_capped": ROUNDS | {"winsorise": 0.99},
    "rounds_median": ROUNDS | {"kind": "percentile", "percentile": 0.5},
}


@dataclass(frozen=True)
class Brought:
    """What came of it."""

    ctx: Context
    experiment: Experiment
    metrics: list[Any]


@pytest.fixture
async def tenant(db: JoinedSource, storage_folder: Path) -> Context:
    """One that keeps imports."""
    ctx = make_context()
    async with db.system() as session:
        await session.execute(sa.text(_TENANT.format(id=ctx.tenant_id)))
    return ctx


async def bring(ctx: Context, table: Path) -> Brought:
    """Import the table, plan the experiment, say when it ran: all that docs/cookie-cats.md says."""
    began = now() - timedelta(days=200)
    plan = await analytics.guess_plan(
        ctx, table, FileFormat.CSV, ImportPlan(source="Cookie Cats"), columns=["test_version=properties.variation_id"],
        values=["event=Experiment Viewed", f"timestamp={began.isoformat()}", "properties.experiment_id=cookie-cats"],
    )  # fmt: skip
    done = await analytics.import_file(ctx, table, FileFormat.CSV, plan=plan)
    assert (done.state, done.rejected) == (ImportState.FINISHED, 0)
    await take_all(ctx)  # of an experiment that nobody knows yet
    made = [await metric(ctx, key, definition) for key, definition in METRICS.items()]
    uses = [{"metric_id": str(m.id), "role": "secondary" if n else "primary"} for n, m in enumerate(made)]
    settings = {"monitoring": "fixed", "exposed_when_served": False}
    experiment = await lives.create(
        ctx, "Cookie Cats", key="cookie-cats", hypothesis="A later gate keeps more.", variants=VARIANTS, metrics=uses,
        settings=settings,
    )  # fmt: skip
    await lives.act(ctx, experiment, Act.START, at=began)
    await take_all(ctx)
    return Brought(ctx, await lives.act(ctx, experiment, Act.STOP, at=began + timedelta(days=14)), made)


async def take_all(ctx: Context) -> None:
    """What the worker does."""
    while await exposing.take_views(ctx, limit=10_000):
        pass


async def results_of(brought: Brought) -> Results:
    await cache.forget_all(brought.ctx.tenant_id)
    async with tenant_session(brought.ctx) as session:
        return await service.get_results(session, brought.ctx, brought.experiment.id)


async def spread_of(brought: Brought) -> Distribution:
    async with tenant_session(brought.ctx) as session:
        rounds = brought.metrics[2].id
        return await service.get_distribution(session, brought.ctx, brought.experiment.id, rounds)


def made_up(path: Path) -> Path:
    """Six hundred players, one of them without end."""
    dice = random.Random(12)
    lines = ["userid,test_version,sum_gamerounds,retention_1,retention_7"]
    for number in range(600):
        variant, rounds = ARMS[number % 2], int(dice.lognormvariate(2.6, 1.5))
        back = [dice.random() < share for share in (0.45, 0.19 if number % 2 else 0.3)]
        lines.append(f"{1000 + number},{variant},{rounds if number else 49_854},{back[0]},{back[1]}")
    path.write_text("\n".join(lines) + "\n")
    return path


async def test_a_table_of_players_is_a_finished_experiment(tenant: Context, tmp_path: Path) -> None:
    table = made_up(tmp_path / "players.csv")
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    brought = await bring(tenant, table)
    found = await results_of(brought)
    for number, name in enumerate(("retention_1", "retention_7")):
        x = [sum(r[name] == "True" for r in rows if r["test_version"] == v) for v in ARMS]
        assert [a.value for a in outcome(found, number).arms] == [x[0] / 300, x[1] / 300]
        squared: Any = stats.chi2_contingency([[x[0], 300 - x[0]], [x[1], 300 - x[1]]], correction=False)
        assert shown(found, number).p == pytest.approx(squared.pvalue)
    rounds = [np.array([float(r["sum_gamerounds"]) for r in rows if r["test_version"] == v]) for v in ARMS]
    cap = float(np.quantile(np.concatenate(rounds), 0.99))
    for number, (control, variant) in ((2, rounds), (3, [np.minimum(v, cap) for v in rounds])):
        welch: Any = stats.ttest_ind(variant, control, equal_var=False)
        assert shown(found, number).p == pytest.approx(welch.pvalue)
        assert shown(found, number).estimate == pytest.approx(variant.mean() - control.mean())
    assert outcome(found, 3).cap == pytest.approx(cap)
    spread = await spread_of(brought)
    assert [a.most for a in spread.arms] == [v.max() for v in rounds]


def shown(found: Results, number: int) -> Any:
    """The difference of the later gate."""
    return arm(found, "gate_40", number).difference


@pytest.mark.skipif(not REAL.exists(), reason="the table is no part of the project")
async def test_the_real_table(tenant: Context) -> None:
    brought = await bring(tenant, REAL)
    found = await results_of(brought)
    assert [(u.variant, u.units, u.conflicted) for u in found.units] == [("gate_30", 44_700, 0), ("gate_40", 45_489, 0)]
    assert found.split
    assert (found.split.p, found.split.suspicious) == (pytest.approx(0.008607987810836262), False)
    for number, expected in enumerate(EXPECTED):
        arms, difference = outcome(found, number).arms, shown(found, number)
        assert [a.value for a in arms] == pytest.approx(expected[0], rel=1e-12)
        assert difference.p == pytest.approx(expected[1], rel=1e-6)
        assert (difference.low, difference.high) == pytest.approx(expected[2], rel=WITHIN[number])
    assert outcome(found, 3).cap == 493.0
    assert [a.value for a in outcome(found, 4).arms] == [17.0, 16.0]
    assert found.warnings == []
    spread = await spread_of(brought)
    assert [(a.zeros, a.most) for a in spread.arms] == [(1937, 49_854), (2057, 2_640)]
    decided = await lives.decide(tenant, brought.experiment, "rollback")
    assert decided.decision
    assert decided.decision.served == "gate_30"
    frozen = await results_of(brought)
    assert (frozen.frozen, frozen.metrics) == (True, found.metrics)


EXPECTED: list[tuple[list[float], float, tuple[float, float]]] = [
    ([20034 / 44700, 20119 / 45489], 0.07440965529691913, (-0.012392439449445219, 0.0005820998747623034)),
    ([8502 / 44700, 8279 / 45489], 0.001554249975614329, (-0.013281552418885546, -0.00312104421152628)),
    ([52.45626398210291, 51.29877552814966], 0.37592438409326207, (-3.719705116494648, 1.4047282085881498)),
    ([49.13583892617449, 48.853920728088106], 0.615193613123773, (-1.3811499138563421, 0.8173135176835673)),
]
"""Values of both arms, p, interval of the difference: statsmodels 0.15.0, by check_cookie_cats.py."""
WITHIN = (1e-4, 1e-4, 1e-6, 1e-6)
