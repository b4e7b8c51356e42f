"""Each use case of metering refuses by itself without its right."""

import pytest

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.metering import service
from tests.domains.rights import Case, case, refuses

CASES = [case(Permission.USAGE_READ, service.usage)]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)
