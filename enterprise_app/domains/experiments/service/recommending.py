"""What the tenant's own past tests say about variants not tested yet."""

import asyncio
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import cache
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission

from ..queries import recommending as queries
from ..recommendation_schemas import RecommendationQuestion, Recommendations
from ..result_schemas import Results
from ..rules.recommending.advising import advise
from ..rules.recommending.past import Finished
from ..schemas import Variant

KEPT_SECONDS = 600
"""An answer is the same while its question and the past are the same; `as_of` says when it was made."""


async def recommend(session: AsyncSession, ctx: Context, question: RecommendationQuestion) -> Recommendations:
    """Predictions, the best combination and the next test; or what is missing for them. Nothing is stored."""
    ctx.require(Permission.EXPERIMENTS_READ)
    ctx.require_feature(Feature.EXPERIMENTS)
    asked = sha256(question.model_dump_json().encode()).hexdigest()[:32]

    async def make() -> object:
        rows = await queries.finished(session, question.campaign_id)
        answer = await asyncio.to_thread(_answered, rows, question)
        return answer.model_dump(mode="json")

    key = f"experiments.recommendations:{await queries.fingerprint(session)}:{asked}"
    return Recommendations.model_validate(await cache.get_or_make(ctx.tenant_id, key, KEPT_SECONDS, make))


def _answered(rows: list[sa.Row], question: RecommendationQuestion) -> Recommendations:
    """In a thread: learning from 200 tests takes half a second, and others must not wait for it."""
    return advise([_finished(row) for row in rows], question, now())


def _finished(row: Any) -> Finished:
    told = [r for r in ((row.decision or {}).get("results"), row.submitted) if r]
    return Finished(
        row.id, row.name, [Variant.model_validate(v) for v in row.variants], [Results.model_validate(r) for r in told],
        (row.decision or {}).get("served"),
    )  # fmt: skip
