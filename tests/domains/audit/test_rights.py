"""Each use case of the audit trail refuses by itself without its right."""

import pytest

from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service
from enterprise_app.domains.audit.schemas import SavedViewDraft
from tests.domains.rights import Case, case, refuses

CASES = [
    case(Permission.AUDIT_READ, service.list_entries),
    case(Permission.AUDIT_READ, service.verify_own),
    case(Permission.AUDIT_READ, service.list_views),
    case(Permission.AUDIT_READ, service.save_view, SavedViewDraft(name="Refused", query="outcome=refused")),
    case(Permission.AUDIT_READ, service.delete_view, new_id()),
    case(Permission.AUDIT_EXPORT, service.export),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)
