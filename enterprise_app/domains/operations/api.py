"""Health over HTTP, public, for load balancers and people; the kill switches, for the operator."""

from fastapi import Response

from enterprise_app.core.switches import Switch
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import PUBLIC, Caller
from enterprise_app.http.routing import Router, write_json

from . import service
from .schemas import HealthReport, Liveness, SwitchList, SwitchState, SwitchTurn
from .vocabulary import Health

router = Router(tags=["Health"])
_DOWN = {503: {"model": HealthReport, "description": "The database is down: no request can be answered."}}


@router.get("/health/live", permission=PUBLIC, response_model=Liveness)
async def live() -> Liveness:
    """The process answers. Restart it when this fails; a dependency that is down doesn't matter here."""
    return Liveness()


@router.get("/health/ready", permission=PUBLIC, response_model=HealthReport, responses=_DOWN)
async def ready() -> Response:
    """Send traffic while this is 200: the database answers. Degraded counts as ready."""
    report = await service.health()
    return write_json(report, 503 if report.status is Health.DOWN else 200)


@router.get("/api/health", permission=PUBLIC, response_model=HealthReport, responses=_DOWN)
async def health() -> Response:
    """The state of every component, for dashboards; 503 only when the platform is down."""
    return await ready()


@router.get("/api/v1/switches", permission=Permission.OPERATOR_SYSTEM, response_model=SwitchList, tags=["Operator"])
async def list_switches(ctx: Caller) -> SwitchList:
    """Operator: every kill switch, who turned it and why."""
    return await service.list_switches(ctx)


@router.put(
    "/api/v1/switches/{name}", permission=Permission.OPERATOR_SYSTEM, response_model=SwitchState, tags=["Operator"]
)
async def turn_switch(ctx: Caller, name: Switch, body: SwitchTurn) -> SwitchState:
    """Operator: turn a part of the platform on or off for everybody."""
    return await service.turn_switch(ctx, name, body)
