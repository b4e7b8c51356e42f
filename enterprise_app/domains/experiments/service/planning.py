"""Live power: what a test that is being planned needs and can show."""

from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.vocabulary.permissions import Permission

from ..plan_schemas import PlanAnswer, PlanQuestion
from ..rules.planning import plan, problems
from ..rules.stats.failures import Unanswerable


async def plan_test(ctx: Context, question: PlanQuestion) -> PlanAnswer:
    """Units of every arm, days, the smallest effect over the time. Raises Invalid where there is no such test."""
    ctx.require(Permission.EXPERIMENTS_READ)
    if found := problems(question):
        raise Invalid(found)
    try:
        return plan(question)
    except Unanswerable as no:
        raise Invalid.of("effect", f"plan_{no.reason.value}") from None
