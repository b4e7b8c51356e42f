"""Experiments, metrics, layers, hold-outs and flags for the API's examples: one of each, and fresh ones for acts."""

from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.flag_schemas import FlagDraft, HoldoutDraft, LayerDraft
from enterprise_app.domains.experiments.generating_schemas import GenerateRequest
from enterprise_app.domains.experiments.metric_schemas import MetricDraft
from enterprise_app.domains.experiments.schemas import ExperimentDraft
from enterprise_app.domains.experiments.service import compiling
from tests.factories import EVERYTHING
from tests.joined import JoinedSource

ORDERS = {"kind": "proportion", "event": {"type": "track", "name": "Order Completed"}}
TWO = [{"key": "control", "weight": 0.5, "is_control": True}, {"key": "green", "weight": 0.5}]
BEFORE = {
    "pause": ["start"], "resume": ["start", "pause"], "stop": ["start"], "decision": ["start"],
    "restore": ["archive"],
}  # fmt: skip
"""What must have happened to an experiment."""
OFREP = "/ofrep/"
OTHERS = {
    "layer_id": ("layers", {}),
    "holdout_id": ("holdouts", {"share": 0.05}),
    "flag_id": ("flags", {}),
}
"""Parameter of a path → its list, and what a draft has beside name and key."""


async def upgrade(db: JoinedSource) -> None:
    """A plan with experiments for every tenant."""
    await db.connection.execute(sa.text("UPDATE tenants SET plan = 'PROFESSIONAL' WHERE slug <> 'platform'"))


async def trial_things(owner: Context, person: str) -> dict[str, UUID]:
    """One of each."""
    ctx = owner.with_entitlements(EVERYTHING)
    metric = MetricDraft.model_validate({"key": f"m-{person}", "name": f"Orders of {person}", "definition": ORDERS})
    async with tenant_session(ctx) as session:
        measured = await service.create_metric(session, ctx, metric)
        draft = ExperimentDraft.model_validate(_trial(person, measured.id))
        experiment = await service.create_experiment(session, ctx, draft)
        layer = await service.create_layer(session, ctx, LayerDraft(name=person, key=person))
        holdout = await service.create_holdout(session, ctx, HoldoutDraft(name=person, key=person, share=0.01))
        flag = await service.create_flag(session, ctx, FlagDraft(name=person, key=f"flag-of-{person}"))
    return {
        "experiment_id": experiment.id, "metric_id": measured.id, "layer_id": layer.id, "holdout_id": holdout.id,
        "flag_id": flag.id,
    }  # fmt: skip


async def variants_run(owner: Context, asset_id: UUID) -> UUID:
    """A run that is to make variants of the asset."""
    ctx = owner.with_entitlements(EVERYTHING)
    async with tenant_session(ctx) as session:
        return (
            await service.start_generation(session, ctx, GenerateRequest.model_validate({"asset_ids": [asset_id]}))
        ).id


def of_trials(path: str) -> bool:
    """Whether the path names one of these."""
    return any(f"{{{name}}}" in path for name in ("experiment_id", "metric_id", *OTHERS)) or path.startswith(OFREP)


async def prepare(
    client: httpx.AsyncClient, headers: dict[str, str], method: str, path: str, number: int
) -> dict[str, object]:
    """Fresh ones in the state that the act needs; their ids by the names of the path's parameters."""
    last = path.rpartition("/")[2]
    if path.startswith(OFREP):
        await _made(client, headers, "flags", {"name": f"T{number}", "key": f"t{number}"}, [])
        compiling.forget()  # nobody listens to live topics here
        return {"key": f"t{number}"}
    for name, (listed, extra) in OTHERS.items():
        if f"{{{name}}}" in path:
            draft = {"name": f"T{number}", "key": f"t{number}", **extra}
            return {name: await _made(client, headers, listed, draft, ["archive"] if last == "restore" else [])}
    definition = ORDERS | ({"kind": "mean"} if last == "distribution" else {})
    metric = {"key": f"t{number}", "name": f"T{number}", "definition": definition}
    on_metric = "{experiment_id}" not in path
    acts = ["archive"] if on_metric and last == "restore" else []
    found: dict[str, object] = {"metric_id": await _made(client, headers, "metrics", metric, acts)}
    if not on_metric:
        reads = method == "get" and not path.endswith("{experiment_id}")
        acts = ["start"] if reads else BEFORE.get(last, [])
        trial = _trial(f"T{number}", found["metric_id"])
        found["experiment_id"] = await _made(client, headers, "experiments", trial, acts)
    return found


def _trial(name: str, metric: Any) -> dict[str, Any]:
    uses = [{"metric_id": metric, "role": "primary"}]
    return {"name": name, "key": f"trial-{name.lower()}", "hypothesis": "So.", "variants": TWO, "metrics": uses}


async def _made(
    client: httpx.AsyncClient, headers: dict[str, str], listed: str, draft: dict[str, Any], acts: list[str]
) -> str:
    made = await client.post(f"/api/v1/{listed}", json=draft, headers=headers)
    one = made.raise_for_status().json()["id"]
    for act in acts:
        (await client.post(f"/api/v1/{listed}/{one}/{act}", headers=headers)).raise_for_status()
    return one
