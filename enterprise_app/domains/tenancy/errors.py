"""Refusals of tenancy."""

from enterprise_app.core.errors import Conflict, FieldProblem, Invalid, NotFound


def slug_taken(slug: str, *, exactly: bool) -> Invalid:
    """422: the slug, or one that looks like it, belongs to somebody."""
    return Invalid.of("slug", "slug_taken" if exactly else "slug_lookalike_taken", slug=slug)


def no_such_tenant(tenant: object) -> NotFound:
    """404."""
    return NotFound(kind="tenant", id=str(tenant))


def no_such_plan(plan: str, plans: list[str]) -> Invalid:
    """422: not in the catalogue."""
    return Invalid.of("plan", "plan_unknown", plan=plan, plans=", ".join(plans))


def platform_is_fixed() -> Conflict:
    """409: the operator's own tenant is neither suspended nor moved to a plan."""
    return Conflict("platform_tenant")


def all_of(problems: list[FieldProblem | None]) -> None:
    """Raises Invalid with every problem that is one."""
    if found := [problem for problem in problems if problem is not None]:
        raise Invalid(found)
