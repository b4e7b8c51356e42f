"""IAM-03 below the routes: what a service's door shows checks the right by itself, and a table of rights proves it.

A use case requires a permission, or stands on one of two lists: OPEN_USE_CASES are for visitors, PARTS are asked by
other services, jobs and the composition root, and no route or page may name them.
"""

import ast
import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import PUBLIC
from enterprise_app.http.routing import AtriumRoute
from enterprise_app.registry import DOMAINS
from tests.domains.rights import Case

PACKAGE = Path(__file__).resolve().parents[2] / "enterprise_app"
NAMES = sorted(domain.name for domain in DOMAINS)

OPEN_USE_CASES = {
    "analytics.authenticate": "the write key is the right",
    "analytics.keep_batch": "for the owner of a write key, whom only `authenticate` makes",
    "analytics.recognise": "the write key is the right",
    "analytics.take_messages": "for the owner of a write key, whom only `authenticate` makes",
    "identity.accept_hand_over": "the one-time code is the right",
    "identity.accept_invitation": "the invitation's link is the right",
    "identity.check_operator_link": "says only whether a link is good",
    "identity.check_reset": "says only whether a link is good",
    "identity.create_operator": "the link that the console shows is the right",
    "identity.find_session_id": "whoever has the cookie's secret has the session",
    "identity.issue_access_token": "e-mail and password are the right",
    "identity.preview_invitation": "the invitation's link is the right",
    "identity.register_tenant": "anybody may while registration is open; the operator always",
    "identity.request_password_reset": "anybody may; the answer is always the same",
    "identity.reset_password": "the reset link is the right",
    "identity.sign_in": "e-mail and password are the right",
    "identity.sign_out": "whoever has the cookie's secret may end the session",
    "identity.sign_up": "anybody may while registration is open; the operator always",
    "identity.verify_email": "the mailed link is the right",
    "operations.health": "states without details, for load balancers",
}
"""For visitors: reached by public routes and pages; what lets them in is not a permission."""

PARTS = {
    "analytics.follow": "the upkeep's of sums that other domains keep",
    "analytics.forget_changes": "the upkeep's of sums that other domains keep",
    "analytics.make_retention_mails": "the delivery's of an announcement",
    "analytics.note_views_again": "part of starting an experiment that began before",
    "analytics.record_asset": "the delivery's of an asset that was created",
    "analytics.record_campaign": "the delivery's of a campaign that was created",
    "analytics.take_views": "part of the upkeep of exposures",
    "analytics.unfollow": "the upkeep's of sums that other domains keep",
    "analytics.write_calls": "the web process's, of calls that were let in",
    "audit.list_chains": "the command line's, across tenants",
    "audit.record": "part of every act",
    "audit.record_refusal": "part of every refusal",
    "audit.verify": "the command line's, of any tenant; `verify_own` is the use case",
    "audit.verify_all": "the command line's, across tenants",
    "experiments.flush_exposures": "the web process's, of evaluations that were allowed",
    "experiments.take_views": "the worker's, of what events say",
    "files.discard": "undoes `store`, which only an upload does",
    "files.store": "part of `upload`: what no file knows is swept away",
    "files.tidy": "a schedule's, and the removing of a file's",
    "identity.count_members": "metering's recount",
    "identity.find_access_token": "makes the context",
    "identity.find_active_membership": "makes the context",
    "identity.find_api_key": "makes the context",
    "identity.find_session": "makes the context",
    "identity.list_live_sessions": "the edge asks it about the sockets that are open",
    "identity.has_operator": "the start asks it",
    "identity.is_permitted_to_others": "part of rules that ask for a second person",
    "identity.issue_operator_link": "the command line's",
    "identity.list_memberships": "part of signing in; `list_tenant_choices` is the use case",
    "identity.make_invitation_mail": "the delivery's of an invitation that was allowed",
    "identity.make_reset_mail": "the delivery's of a reset that was asked for",
    "identity.make_verification_mail": "the delivery's of a sign-up",
    "identity.prune": "a schedule's, across tenants",
    "metering.check_room": "part of making what a plan limits",
    "metering.check_within": "part of changing what a plan limits",
    "metering.count": "part of what is counted",
    "metering.fit": "part of making what a plan limits",
    "metering.reconcile": "bookkeeping: sets the counters to what exists",
    "metering.recount": "bookkeeping: compares the counters with what exists",
    "metering.release": "part of removing what a plan limits",
    "metering.reserve": "part of making what a plan limits",
    "metering.spend": "part of what is counted",
    "operations.examine": "part of `health`",
    "profiles.fold": "the worker's, of what events say",
    "profiles.note_sightings": "part of storing events",
    "tenancy.check_slug": "part of registering",
    "tenancy.create_tenant": "part of registering",
    "tenancy.find_by_host": "makes the context",
    "tenancy.find_by_id": "makes the context",
    "tenancy.find_by_slug": "makes the context",
    "tenancy.find_recipe": "part of `identity.get_demo_recipe`",
    "tenancy.set_recipe": "part of `identity.note_demo`",
}
"""Not use cases: they act for somebody whose right was checked before, or for the platform itself."""

METHODS = {"metering.ApiCalls.admit": "the gate's, for every call"}
"""Use cases are functions; a class behind a door that takes contexts is none."""

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text(), file)


def _behind(domain: str) -> dict[str, Any]:
    """What a domain's door shows, by name; a domain without services has none."""
    package = f"enterprise_app.domains.{domain}."
    door = package + "service"
    shown = vars(importlib.import_module(door)) if importlib.util.find_spec(door) else {}
    return {name: thing for name, thing in shown.items() if str(getattr(thing, "__module__", "")).startswith(package)}


def _shown(domain: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """What the door shows that could look or act: every asynchronous function, and whatever takes a context."""
    for name, thing in sorted(_behind(domain).items()):
        if inspect.isfunction(thing) and not name.startswith("_"):
            waits = inspect.iscoroutinefunction(thing) or inspect.isasyncgenfunction(thing)
            if waits or "ctx" in inspect.signature(thing).parameters:
                yield f"{domain}.{name}", thing


def _required(tree: ast.Module, name: str) -> set[str]:
    """The rights that a function requires of its `ctx`, as its source or that of a function of its module names them.

    A plan's feature (`require_feature`) is no right: it says what the tenant bought, not who may use it.
    """
    functions = {f.name: f for f in tree.body if isinstance(f, _FUNCTION)}
    found, seen, waiting = set(), set(), [name]
    while waiting:
        here = waiting.pop()
        if here in seen or here not in functions:
            continue
        seen.add(here)
        for call in (node for node in ast.walk(functions[here]) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "require":
                found |= {ast.unparse(call.args[0])} if _is_ctx(call.func.value) else set()
            elif isinstance(call.func, ast.Name) and any(_is_ctx(argument) for argument in call.args):
                waiting.append(call.func.id)
    return found


def _is_ctx(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "ctx"


def _use_cases() -> dict[str, set[str]]:
    """Every function of the doors, with what it requires."""
    return {
        name: _required(_tree(inspect.getsourcefile(thing) or ""), thing.__name__)
        for domain in NAMES
        for name, thing in _shown(domain)
    }


def _cases(domain: str) -> list[Case]:
    name = f"tests.domains.{domain}.test_rights"
    found = importlib.util.find_spec(f"tests.domains.{domain}") and importlib.util.find_spec(name)
    return importlib.import_module(name).CASES if found else []


def _rows() -> set[tuple[str, Permission]]:
    return {(f"{domain}.{case.use_case.__name__}", case.needs) for domain in NAMES for case in _cases(domain)}


def test_every_use_case_requires_a_right() -> None:
    found = _use_cases()
    unchecked = {name for name, required in found.items() if not required}
    assert unchecked - OPEN_USE_CASES.keys() - PARTS.keys() == set(), "they check nothing"
    assert (OPEN_USE_CASES.keys() | PARTS.keys()) - unchecked == set(), "gone, or they check by now: take them off"
    assert OPEN_USE_CASES.keys() & PARTS.keys() == set()


def test_classes_are_no_use_cases() -> None:
    found = {
        f"{domain}.{name}.{method}"
        for domain in NAMES
        for name, thing in _behind(domain).items()
        if inspect.isclass(thing)
        for method, function in inspect.getmembers(thing, inspect.isfunction)
        if "ctx" in inspect.signature(function).parameters
    }
    assert found == set(METHODS)


def test_every_right_has_a_row() -> None:
    """By name and, where the source names it, by permission: `duplicate_campaign` needs two and has two rows."""
    rows, names = _rows(), {name for name, _ in _rows()}
    missing = set()
    for name, required in _use_cases().items():
        for argument in required:
            kind, _, member = argument.partition(".")
            known = (name, Permission[member]) in rows if kind == "Permission" else name in names
            missing |= set() if known else {f"{name} needs {argument}"}
    assert missing == set(), "write them into tests/domains/<domain>/test_rights.py"


def test_every_row_is_of_a_use_case_that_the_door_shows() -> None:
    """A row of something else would stand for nobody."""
    strangers = {
        str(case) for domain in NAMES for case in _cases(domain) if case.use_case not in dict(_shown(domain)).values()
    }
    assert strangers == set()


def _doorsteps() -> list[Path]:
    """Where people and programs come in: routes and pages."""
    files = [*(PACKAGE / "web").rglob("*.py"), *(PACKAGE / "domains").glob("*/api.py")]
    return sorted([*files, *(PACKAGE / "domains").glob("*/api/**/*.py")])


def _asked(file: Path) -> Iterator[str]:
    """What a file asks of services: `<domain>.<function>`; past a door it is `<domain>.<module>.<function>`."""
    yield from (name for name in _imported(file).values() if "." in name)
    yield from _named(file, _tree(str(file)))


def _is_module(asked: str) -> bool:
    domain, _, name = asked.partition(".")
    return inspect.ismodule(getattr(importlib.import_module(f"enterprise_app.domains.{domain}.service"), name, None))


def _imported(file: Path) -> dict[str, str]:
    """The file's names for doors (`<domain>`), and for what it takes out of them."""
    found = {}
    for node in ast.walk(_tree(str(file))):
        if isinstance(node, ast.ImportFrom):
            base = _absolute(file, node).removeprefix("enterprise_app.domains.").split(".")
            for alias in node.names:
                if len(base) == 1 and alias.name == "service":
                    found[alias.asname or alias.name] = base[0]
                elif base[1:2] == ["service"]:
                    found[alias.asname or alias.name] = ".".join([base[0], *base[2:], alias.name])
    return found


def _named(file: Path, part: ast.AST) -> Iterator[str]:
    doors = {name: door for name, door in _imported(file).items() if "." not in door}
    for node in ast.walk(part):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in doors:
            yield f"{doors[node.value.id]}.{node.attr}"


def _absolute(file: Path, node: ast.ImportFrom) -> str:
    package = ".".join(file.relative_to(PACKAGE.parent).parent.parts)
    name = "." * node.level + (node.module or "")
    return importlib.util.resolve_name(name, package) if node.level else name


def test_routes_and_pages_ask_use_cases_only() -> None:
    asked = {(name, file.relative_to(PACKAGE).as_posix()) for file in _doorsteps() for name in _asked(file)}
    assert {name for name, _ in asked} >= {"identity.sign_in", "campaigns.list_campaigns", "tenancy.get_current"}
    assert {place for place in asked if place[0] in PARTS} == set(), "parts have no check of their own"
    constants = {name for name, _ in asked if name.rpartition(".")[2].isupper()}
    past_the_door = {place for place in asked if place[0].count(".") > 1 or _is_module(place[0])}
    assert {place for place in past_the_door if place[0] not in constants} == set()


def _routes() -> Iterator[AtriumRoute]:
    for domain in DOMAINS:
        for router in domain.routers:
            yield from (route for route in router.routes if isinstance(route, AtriumRoute))


def _asked_by(route: AtriumRoute) -> set[str]:
    """The use cases that a route's handler names, itself or through functions of its module."""
    handler = inspect.unwrap(route.endpoint)
    file = Path(inspect.getsourcefile(handler) or "")
    functions = {node.name: node for node in ast.walk(_tree(str(file))) if isinstance(node, _FUNCTION)}
    asked, seen, waiting = set(), set(), [handler.__name__]
    while waiting:
        here = waiting.pop()
        if here not in seen and here in functions:
            seen.add(here)
            asked |= set(_named(file, functions[here]))
            waiting += [node.id for node in ast.walk(functions[here]) if isinstance(node, ast.Name)]
    return asked


def test_the_service_requires_what_the_route_declares() -> None:
    """Else the route's check were the only one. Where the use case looks the right up (an act's), it may differ."""
    required, guarded = _use_cases(), [route for route in _routes() if route.access != PUBLIC]
    assert guarded
    for route in guarded:
        needs = {need for name in _asked_by(route) for need in required.get(name, ())}
        declared = f"Permission.{Permission(route.access).name}"
        assert declared in needs or any(not need.startswith("Permission.") for need in needs), (route.path, needs)


SAMPLE = """
async def direct(session, ctx): ctx.require(Permission.A)
async def by_helper(session, ctx): return await _helper(session, ctx)
async def nothing(session, ctx): return await elsewhere.check(ctx)
async def of_another(session, ctx, switches): switches.require(Permission.A)
async def without_handing_on(session, ctx): return await _helper(session, None)
async def in_circles(session, ctx): return await in_circles(session, ctx)
async def _helper(session, ctx): return _owner(ctx)
def _owner(ctx): ctx.require(Permission.B); ctx.require_feature(Feature.C)
"""


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("direct", {"Permission.A"}),
        ("by_helper", {"Permission.B"}),
        ("nothing", set()),
        ("of_another", set()),
        ("without_handing_on", set()),
        ("in_circles", set()),
    ],
)
def test_the_search_finds_checks_and_nothing_else(name: str, required: set[str]) -> None:
    assert _required(ast.parse(SAMPLE), name) == required
