"""Each use case of files refuses by itself without the right that its holder names."""

import pytest

from enterprise_app.core.ids import new_id
from enterprise_app.domains.files import service
from enterprise_app.domains.files.schemas import Holder, Stored
from tests.domains.files.conftest import make_holder, pieces
from tests.domains.rights import Case, case, refuses

HOLDER = make_holder()
READ, WRITE = HOLDER.read, HOLDER.write


async def _keep(session: object, stored: Stored) -> None:
    raise AssertionError("kept before the right was checked")


async def _open(session: object) -> Holder:
    raise AssertionError("looked before the right was checked")


CASES = [
    case(READ, service.list_files, HOLDER, service.LISTING.parse()),
    case(READ, service.get_file, HOLDER, new_id()),
    case(READ, service.open_file, HOLDER, new_id()),
    case(WRITE, service.attach, HOLDER, Stored("a/b", 1, b"", b""), name="a"),
    case(WRITE, service.upload, WRITE, _open, pieces(b"x"), name="a"),
    case(WRITE, service.receive, WRITE, _open, pieces(b"x"), _keep),
    case(WRITE, service.remove, HOLDER, new_id()),
    case(WRITE, service.restore, HOLDER, new_id()),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)
