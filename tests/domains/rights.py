"""The tables of rights: what each use case needs, and the proof that it refuses by itself, before it looks at anything.

Every domain has its table in `test_rights.py`; tests/architecture/test_rights.py sees to it that none is missing.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import db
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Forbidden
from enterprise_app.core.vocabulary.permissions import Permission
from tests.factories import make_context


@dataclass(frozen=True)
class Case:
    """One use case, what it needs, and what to call it with after the session and the context."""

    needs: Permission
    use_case: Callable[..., Any]
    args: tuple[Any, ...]
    named: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.use_case.__name__}-{self.needs}"

    async def call(self, ctx: Context) -> None:
        """As a route calls it, with a session only where it takes one."""
        first = next(iter(inspect.signature(self.use_case).parameters))
        before = (Untouchable(), ctx) if first == "session" else (ctx,)
        answer = self.use_case(*before, *self.args, **self.named)
        if isinstance(answer, AsyncIterator):
            await anext(answer)
        else:
            await answer


def case(needs: Permission, use_case: Callable[..., Any], *args: Any, **named: Any) -> Case:
    """A row of the table."""
    return Case(needs, use_case, args, named)


class Untouchable:
    """Stands for the database: whoever asks it anything has looked before the right was checked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"used the database ({name}) before the right was checked")

    def tenant(self, tenant_id: UUID, *, snapshot: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
        raise AssertionError("opened a session before the right was checked")

    def system(self) -> AbstractAsyncContextManager[AsyncSession]:
        raise AssertionError("opened a session across tenants before the right was checked")

    async def alone(self, tenant_id: UUID, statement: bytes, values: Sequence[Any]) -> None:
        raise AssertionError("wrote before the right was checked")

    async def dispose(self) -> None:
        """Nothing is open."""


async def refuses(case: Case) -> None:
    """Who may do everything but this is refused, told which right is missing, and nothing was looked at."""
    ctx = replace(make_context(), permissions=frozenset(Permission) - {case.needs})
    db.use_source(Untouchable())
    try:
        with pytest.raises(Forbidden) as refused:
            await case.call(ctx)
    finally:
        await db.dispose()
    assert refused.value.params == {"permission": case.needs.value}
