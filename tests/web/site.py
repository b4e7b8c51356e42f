"""A small site behind the real guard, with sessions in a dict: what the attacks of the guard's tests aim at."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.errors import Conflict, Invalid, Unauthenticated
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Permission, Role
from enterprise_app.web.shell.action import PUBLIC, action
from enterprise_app.web.shell.app import make_app
from enterprise_app.web.shell.page import Layout, Page, Section
from enterprise_app.web.shell.ports import Visit
from enterprise_app.web.shell.sockets import Caps
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.wiring import wiring

TENANT = UUID(int=7)


@dataclass(frozen=True)
class Named:
    slug: str
    name: str
    is_demo: bool = False


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    tenant_name: str
    tenant_slug: str
    role: str
    theme: str = ""
    locale: str = ""
    unverified: bool = False
    tenants: tuple[Named, ...] = ()


class FakeSessions:
    """Cookies are `secret-<name>-<host>`, references `<name>`; a name in `revoked` has no session."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.locale = {"ann": "", "bob": ""}

    async def find_reference(self, cookie: str, host: str) -> str | None:
        name, _, bound = cookie.removeprefix("secret-").partition("-")
        return name if name in self.locale and bound == host.split(":")[0] and name not in self.revoked else None

    async def list_ended(self, hosts: Mapping[str, str]) -> set[str]:
        return {reference for reference in hosts if reference in self.revoked}

    async def get_context(self, reference: str, visit: Visit) -> Context:
        if reference in self.revoked or reference not in self.locale:
            raise Unauthenticated
        role = Role.OWNER if reference == "ann" else Role.GUEST
        return Context(
            TENANT, Actor(ActorKind.MEMBER, new_id(), reference), ROLE_PERMISSIONS[role],
            locale=self.locale[reference] or visit.locale, request_id=visit.request_id,
        )  # fmt: skip

    async def get_identity(self, reference: str, context: Context) -> Person:
        tenants = (Named("acme", "Acme"), Named("globex", "Globex"))
        return Person(
            f"{reference.title()} Smith", f"{reference}@acme.test", "Acme", "acme", "owner",
            locale=self.locale[reference], tenants=tenants,
        )  # fmt: skip

    async def resend_verification(self, context: Context) -> bool:
        return True

    async def save_preferences(self, context: Context, *, locale: str | None = None, theme: str | None = None) -> None:
        if locale:
            self.locale[context.actor.name] = locale


sessions = FakeSessions()


class NotesState(rx.State):
    """A secret to steal and handlers to abuse."""

    note: str = ""
    shown: int = 0
    errors: dict[str, str] = {}

    @action(Permission.SELF_MANAGE)
    async def write(self, note: str) -> None:
        self.note = note

    @action(Permission.SELF_MANAGE)
    async def refresh(self) -> None:
        self.shown += 1

    @action(Permission.OPERATOR_SYSTEM)
    async def forbidden(self) -> None:
        self.note = "breached"

    @action(Permission.MEMBERS_MANAGE)
    async def owners_only(self, ctx: Context) -> None:
        self.note = f"written by {ctx.actor.name}"

    @action(Permission.SELF_MANAGE)
    async def save(self, form: dict[str, str]) -> None:
        raise Invalid.of("title", "refused", title=form.get("title"))

    @action(Permission.SELF_MANAGE)
    async def crash(self) -> None:
        raise RuntimeError("password=hunter2")

    @action(Permission.SELF_MANAGE)
    async def clash(self) -> None:
        raise Conflict

    @action(PUBLIC)
    async def greet(self) -> EventSpec | None:
        await toast(self, "success", "hello", undo=NotesState.write("undone"))
        return None


def _notes() -> rx.Component:
    return rx.el.div(
        rx.el.h1(NotesState.note),
        rx.el.input(name="draft", id="draft", aria_label="draft"),
        rx.el.button("write", on_click=NotesState.write("mine"), id="write"),
        rx.el.button("greet", on_click=NotesState.greet, id="greet"),
        rx.el.p(NotesState.shown, id="shown"),
    )


PAGES = [
    Page("/", "shell.section.home", "notes", Permission.SELF_MANAGE, _notes, icon="house", section=Section.HOME,
         on_load=(NotesState.refresh,), topics=("notes",), refresh=NotesState.refresh),
    Page("/system", "shell.section.operate", "notes", Permission.OPERATOR_SYSTEM, _notes, icon="server",
         section=Section.OPERATE),
    Page("/notes/[note_id]", "shell.account", "notes", Permission.SELF_MANAGE, _notes),
    Page("/sign-in", "shell.sign_out", "notes", PUBLIC, lambda: rx.el.form(rx.el.input(name="email"), method="post"),
         layout=Layout.BARE),
]  # fmt: skip


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse({"cookie": request.headers.get("cookie"), "atrium": request.headers.get("x-atrium-session")})


async def _control(request: Request) -> JSONResponse:
    """The tests' hand inside the server: revoke a session, tell of it, announce a change."""
    command = await request.json()
    if name := command.get("revoke"):
        sessions.revoked.add(name)
    if command.get("told") and wiring.sockets is not None:
        wiring.sockets.recheck()
    if (topic := command.get("changed")) and wiring.hub is not None:
        wiring.hub.changed(f"{TENANT}:{topic}")
        await asyncio.sleep(0)
    return JSONResponse({"watching": len(wiring.hub or ()), "open": len(wiring.sockets or ())})


api = Starlette(
    routes=[
        *[
            Route(p, _echo, methods=["GET", "POST"])
            for p in ("/api/v1/echo", "/v1/track", "/auth/sign-in", "/ofrep/v1/x")
        ],
        Route("/api/v1/control", _control, methods=["POST"]),
    ]
)
app = make_app(PAGES)
app.protect(sessions=sessions, api=api, key=b"k" * 32, base_url="http://atrium.localhost:8150", caps=Caps(40, 8))
