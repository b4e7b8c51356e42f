"""How experiments move, what may change when, what copies are called; and a clock that goes back."""

from datetime import timedelta

import pytest

from enterprise_app.core.errors import Conflict
from enterprise_app.core.sorting import sort_key
from enterprise_app.domains.experiments.rules import lifecycle
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from enterprise_app.domains.experiments.vocabulary import ExperimentState as State
from tests.domains.experiments.made import AT

MOVES = {
    State.DRAFT: {Act.START, Act.ARCHIVE},
    State.RUNNING: {Act.PAUSE, Act.RESUME, Act.STOP},
    State.STOPPED: {Act.ARCHIVE},
    State.ARCHIVED: {Act.RESTORE},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Act)
def test_an_act_starts_from_its_states_only(state: State, action: Act) -> None:
    if action in MOVES[state]:
        lifecycle.check_action(action, state)
        return
    with pytest.raises(Conflict) as refused:
        lifecycle.check_action(action, state)
    allowed = [s.value for s in State if action in MOVES[s]]
    assert refused.value.code == "experiment_wrong_state"
    assert refused.value.params == {"action": action, "state": state, "allowed": ", ".join(allowed)}


@pytest.mark.parametrize(
    ("state", "paused", "buttons"),
    [
        (State.DRAFT, False, [Act.START, Act.ARCHIVE]),
        (State.RUNNING, False, [Act.PAUSE, Act.STOP]),
        (State.RUNNING, True, [Act.RESUME, Act.STOP]),
        (State.STOPPED, False, [Act.ARCHIVE]),
        (State.ARCHIVED, False, [Act.RESTORE]),
    ],
)
def test_buttons(state: State, paused: bool, buttons: list[Act]) -> None:
    assert lifecycle.allowed_actions(state, paused=paused) == buttons


def test_what_is_frozen() -> None:
    everything = ["name", "hypothesis", "variants", "coverage", "layer_id", "campaign_id", "holdout"]
    assert lifecycle.frozen(State.DRAFT, everything) == []
    assert lifecycle.frozen(State.RUNNING, everything) == ["campaign_id", "holdout", "layer_id"]
    assert lifecycle.frozen(State.STOPPED, everything) == [
        "campaign_id", "coverage", "holdout", "layer_id", "variants",
    ]  # fmt: skip
    assert lifecycle.frozen(State.ARCHIVED, ["name"]) == ["name"]


def test_a_clock_that_went_back_turns_no_order_around() -> None:
    later = AT + timedelta(hours=1)
    assert lifecycle.not_before(AT, later, None) == later
    assert lifecycle.not_before(later, AT, None) == later
    assert lifecycle.not_before(AT) == AT


def test_keys_are_made_of_names() -> None:
    assert lifecycle.key_stem("Grüner Button, 2. Versuch!") == "gruner-button-2-versuch"
    assert lifecycle.key_stem("緑のボタン") == "experiment"
    assert len(lifecycle.key_stem("x" * 200)) == 60
    assert lifecycle.free_key("a", set()) == "a"
    assert lifecycle.free_key("a", {"a", "a-2", "a-b"}) == "a-3"


def test_copies_have_free_names_and_keys_that_fit() -> None:
    assert lifecycle.copy_name("Button", {"Button"}) == "Button (2)"
    assert lifecycle.copy_name("Button (2)", {"Button", "Button (2)"}) == "Button (3)"
    long = "x" * 200
    copied = lifecycle.copy_name(long, {long})
    assert (len(copied), copied[-4:]) == (200, " (2)")
    assert long.startswith(lifecycle.name_stem(long))
    assert copied.startswith(lifecycle.name_stem(long))
    assert lifecycle.copied_key_stem("button-2") == "button"
    assert len(lifecycle.free_key(lifecycle.copied_key_stem("k" * 100), {"k" * 90})) <= lifecycle.KEY_MAX


def test_names_sort_as_people_expect() -> None:
    assert sorted(["b", "Ä", "a", "Z"], key=sort_key) == ["Ä", "a", "b", "Z"]
