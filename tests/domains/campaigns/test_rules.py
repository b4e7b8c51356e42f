"""How campaigns move, and what they may be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from enterprise_app.core.errors import Conflict
from enterprise_app.core.sorting import sort_key
from enterprise_app.domains.campaigns.rules import campaigns as rules
from enterprise_app.domains.campaigns.schemas import NAME_MAX, CampaignDraft, clean_tags
from enterprise_app.domains.campaigns.vocabulary import CampaignAction as Act
from enterprise_app.domains.campaigns.vocabulary import CampaignStatus as Is


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        (Act.ACTIVATE, Is.DRAFT, Is.ACTIVE),
        (Act.ACTIVATE, Is.PAUSED, Is.ACTIVE),
        (Act.PAUSE, Is.ACTIVE, Is.PAUSED),
        (Act.COMPLETE, Is.ACTIVE, Is.COMPLETED),
        (Act.COMPLETE, Is.PAUSED, Is.COMPLETED),
        (Act.ARCHIVE, Is.COMPLETED, Is.ARCHIVED),
    ],
)
def test_moves(action: Act, before: Is, after: Is) -> None:
    assert rules.next_status(action, before) is after


@pytest.mark.parametrize(
    ("action", "status"),
    [(Act.ACTIVATE, Is.ACTIVE), (Act.ACTIVATE, Is.COMPLETED), (Act.PAUSE, Is.DRAFT), (Act.ARCHIVE, Is.ARCHIVED)],
)
def test_refuses_other_moves(action: Act, status: Is) -> None:
    with pytest.raises(Conflict) as refused:
        rules.next_status(action, status)
    assert refused.value.code == "campaign_wrong_status"
    assert refused.value.params["status"] == status.value


def test_an_active_campaign_comes_back_paused() -> None:
    assert rules.next_status(Act.RESTORE, Is.ARCHIVED, Is.ACTIVE) is Is.PAUSED
    assert rules.next_status(Act.RESTORE, Is.ARCHIVED, Is.COMPLETED) is Is.COMPLETED


@given(st.sampled_from(Is))
def test_allowed_actions_are_those_that_do_not_refuse(status: Is) -> None:
    for action in Act:
        if action in rules.allowed_actions(status):
            rules.next_status(action, status)
        else:
            with pytest.raises(Conflict):
                rules.next_status(action, status)


@pytest.mark.parametrize("name", ["", "  ", "x" * (NAME_MAX + 1), "a\x07b", "a\u200b" * 300])
def test_bad_names(name: str) -> None:
    with pytest.raises(ValidationError):
        CampaignDraft(name=name)


@pytest.mark.parametrize("name", ["حملة الربيع", "🚀 launch 👩‍👩‍👧", "x" * NAME_MAX, "  a   b "])
def test_good_names(name: str) -> None:
    assert CampaignDraft(name=name).name == " ".join(name.split())


def test_names_sort_as_people_expect() -> None:
    names = ["Zebra", "äpfel", "apple", "Über", "Ulm"]
    assert sorted(names, key=sort_key) == ["äpfel", "apple", "Über", "Ulm", "Zebra"]


def test_copies_are_numbered() -> None:
    assert rules.copy_name("A", {"A"}) == "A (2)"
    assert rules.copy_name("A (2)", {"A", "A (2)"}) == "A (3)"
    assert len(rules.copy_name("x" * NAME_MAX, set())) == NAME_MAX


def test_tags_are_each_once() -> None:
    assert clean_tags([" Spring ", "spring", "", "Fall  2"]) == ["Spring", "Fall 2"]


def test_may_not_end_before_it_starts() -> None:
    with pytest.raises(ValidationError, match="campaign_days"):
        CampaignDraft.model_validate({"name": "A", "starts_on": "2026-03-02", "ends_on": "2026-03-01"})
