"""Each use case of profiles refuses by itself without its right."""

import pytest

from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.schemas import ProfileChange, ProfileDraft
from enterprise_app.domains.profiles.vocabulary import ProfileAction, Stage
from tests.domains.rights import Case, case, refuses

READ, MANAGE = Permission.PROFILES_READ, Permission.PROFILES_MANAGE
CASES = [
    case(MANAGE, service.create_profile, ProfileDraft(traits={"name": "A"})),
    case(MANAGE, service.update_profile, new_id(), 1, ProfileChange(traits={"name": "A"})),
    case(MANAGE, service.set_stage, new_id(), Stage.LOST),
    case(MANAGE, service.archive_profile, new_id()),
    case(MANAGE, service.restore_profile, new_id()),
    case(MANAGE, service.act_on_profiles, ProfileAction.ARCHIVE, [new_id()]),
    case(MANAGE, service.merge_profiles, new_id(), new_id()),
    case(MANAGE, service.undo_merge, new_id()),
    case(READ, service.preview_merge, new_id(), new_id()),
    case(READ, service.list_merges, new_id(), service.MERGES.parse()),
    case(READ, service.get_profile, new_id()),
    case(READ, service.find_profile, "user-1"),
    case(READ, service.find_traits, "user-1"),
    case(READ, service.list_profiles, service.LISTING.parse()),
    case(READ, service.list_ids, new_id()),
    case(READ, service.get_trail, new_id()),
    case(READ, service.list_duplicates, new_id()),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)
