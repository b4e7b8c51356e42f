"""Looking at experiments: one, a page, what was frozen."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import search
from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListQuery, Page
from enterprise_app.core.vocabulary.permissions import Permission

from ..errors import ExperimentNotFound
from ..queries import experiments as queries
from ..schemas import Experiment, PlanVersions


async def get_experiment(session: AsyncSession, ctx: Context, experiment_id: UUID) -> Experiment:
    """One experiment, archived or not. Raises ExperimentNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    row = await queries.find_row(session, experiment_id)
    if row is None:
        raise ExperimentNotFound
    return queries.to_experiment(row)


async def list_experiments(
    session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False
) -> Page[Experiment]:
    """A page; archived ones only where a filter on `state` asks for them. With `q`, of the 500 best matches."""
    ctx.require(Permission.EXPERIMENTS_READ)
    select = queries.ALL if query.names("state") else queries.NOT_ARCHIVED
    if query.q:
        found = await search.find(session, queries.KIND, query.q)
        select = select.where(queries.is_one_of(found))
    page = await queries.LISTING.page(session, select, query, count=count)
    return Page([queries.from_values(row) for row in page.items], page.next_cursor, page.total)


async def list_plan_versions(session: AsyncSession, ctx: Context, experiment_id: UUID) -> PlanVersions:
    """What was frozen at the start and at each edit since, newest first. Raises ExperimentNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    if await queries.find_row(session, experiment_id) is None:
        raise ExperimentNotFound
    return PlanVersions(items=await queries.list_versions(session, experiment_id))
