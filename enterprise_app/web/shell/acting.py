'''Acts on one thing, such as archive, restore or pause, as pages offer them: done, told, and taken back by the message.

ACTS = Acts(FlagAction, service.act_on_flag, "experiments.flag.done", back={FlagAction.ARCHIVE: FlagAction.RESTORE})

@action(Permission.FLAGS_MANAGE)
async def put(self, ctx: Context, key: str, name: str) -> None:
    """Archive it or bring it back; the message offers the other."""
    await ACTS.do(self, ctx, key, name, undo=lambda back: FlagsState.put(key, back))
    await self._load(ctx)
'''

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.web.shell.forms import choice_of, id_of
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import key_in

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class Named(Protocol):
    """Whatever was acted on."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


@dataclass(frozen=True, slots=True)
class Acts(Generic[E, N]):
    """What can be done with things of one kind. `choices` holds the acts, `use_case` does one and checks the right to
    it, `text` gives the key of what is told when it is done, `back` the act that takes another one back."""

    choices: type[E]
    use_case: Callable[[AsyncSession, Context, UUID, E], Awaitable[N]]
    text: Callable[[E], str]
    back: Mapping[E, E] = field(default_factory=dict)

    async def do(
        self,
        state: Any,
        ctx: Context,
        key: str,
        name: str,
        *,
        undo: Callable[[str], EventSpec] | None = None,
        back: Mapping[E, E] | None = None,
    ) -> N:
        """Do what a browser asked for, and say so. `undo` makes the handler's call for the act back, which the message
        offers; `back` is said where it depends on more than the act. Raises Invalid, NotFound, and what is refused."""
        wanted = choice_of(self.choices, name)
        async with tenant_session(ctx) as session:
            thing = await self.use_case(session, ctx, id_of(key), wanted)
        way = (self.back if back is None else back).get(wanted)
        offered = undo(way.value) if undo is not None and way is not None else None
        text = translate(ctx.locale, self.text(wanted), name=thing.name)
        await toast(state, "success", text, undo=offered)
        return thing


def is_open(state: Any, area: str) -> bool:
    """Whether the page of the state's own thing is open, not its editor and not another page by now."""
    return state.router.url.path.strip("/") == f"{area}/{state.key}"


async def opened(
    state: Any, ctx: Context, read: Callable[[AsyncSession, Context, UUID], Awaitable[T]], *, anew: bool = False
) -> T | None:
    """What the open URL names, for a page or an editor of one thing (with `key`, `missing`, `loading`). Another thing
    than before clears the state first, `anew` in any case. None: there is no such thing, which the page then says."""
    key = key_in(state.router.url.path)
    if anew or key != state.key:
        state.reset()
    state.key = key
    try:
        async with tenant_session(ctx) as session:
            found = await read(session, ctx, id_of(key))
    except NotFound:
        state.missing, state.loading = True, False
        return None
    state.missing = False
    return found
