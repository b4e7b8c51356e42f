"""Each use case of operations refuses by itself without its right."""

import pytest

from enterprise_app.core.ids import new_id
from enterprise_app.core.switches import Switch
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.operations import service
from enterprise_app.domains.operations.schemas import SwitchTurn
from tests.domains.rights import Case, case, refuses

CASES = [
    case(Permission.OPERATOR_SYSTEM, service.list_switches),
    case(Permission.OPERATOR_SYSTEM, service.turn_switch, Switch.IMPORTS, SwitchTurn(on=False, reason="Maintenance")),
    case(Permission.OPERATOR_SYSTEM, service.list_failed_deliveries),
    case(Permission.OPERATOR_SYSTEM, service.get_backlog),
    case(Permission.OPERATOR_SYSTEM, service.get_waiting_events),
    case(Permission.OPERATOR_SYSTEM, service.replay_delivery, new_id()),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)
