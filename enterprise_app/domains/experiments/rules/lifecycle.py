"""How experiments move, what of them may change when, what they are called."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime

from ..errors import wrong_state
from ..schemas import NAME_MAX
from ..vocabulary import ExperimentAction, ExperimentState

KEY_MAX = 100
_STEM_MAX = 60
_SUFFIX_MAX = 10

STARTS: dict[ExperimentAction, tuple[ExperimentState, ...]] = {
    ExperimentAction.START: (ExperimentState.DRAFT,),
    ExperimentAction.PAUSE: (ExperimentState.RUNNING,),
    ExperimentAction.RESUME: (ExperimentState.RUNNING,),
    ExperimentAction.STOP: (ExperimentState.RUNNING,),
    ExperimentAction.ARCHIVE: (ExperimentState.DRAFT, ExperimentState.STOPPED),
    ExperimentAction.RESTORE: (ExperimentState.ARCHIVED,),
}
"""Action → the states it starts from."""

PLANNED = frozenset({"variants", "targeting", "coverage", "metrics", "settings"})
"""What is frozen at the start; a change while it runs makes a new version of the plan."""
_ALWAYS = frozenset({"name", "hypothesis"})
_CHANGEABLE = {
    ExperimentState.RUNNING: PLANNED | _ALWAYS,
    ExperimentState.STOPPED: _ALWAYS,
    ExperimentState.ARCHIVED: frozenset[str](),
}


def check_action(action: ExperimentAction, state: ExperimentState) -> None:
    """Raises Conflict when the action does not start from this state."""
    if state not in STARTS[action]:
        raise wrong_state(action, state, list(STARTS[action]))


def allowed_actions(state: ExperimentState, *, paused: bool) -> list[ExperimentAction]:
    """What can be done from here, for buttons."""
    useless = ExperimentAction.PAUSE if paused else ExperimentAction.RESUME
    return [action for action, starts in STARTS.items() if state in starts and action is not useless]


def frozen(state: ExperimentState, fields: Iterable[str]) -> list[str]:
    """Those of the fields that may not change in this state."""
    if state is ExperimentState.DRAFT:
        return []
    return sorted(set(fields) - _CHANGEABLE[state])


def past_problem(
    action: ExperimentAction, at: datetime, now: datetime, *, served: bool, planned_at: datetime | None
) -> str | None:
    """Why it can't have happened then: the code of the problem. `served`: by our flag, so that we know better;
    `planned_at`: when the present plan began."""
    if served:
        return "experiment_past_served"
    if at > now:
        return "experiment_past_future"
    if action is ExperimentAction.STOP and planned_at is not None and at < planned_at:
        return "experiment_past_order"
    return None


def not_before(at: datetime, *earlier: datetime | None) -> datetime:
    """The moment, or the latest of what happened before it: a clock that went back must not turn an order around."""
    return max([at, *(moment for moment in earlier if moment is not None)])


def key_stem(name: str) -> str:
    """What a key made of the name begins with: Latin letters and digits, `-` between."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_STEM_MAX].rstrip("-") or "experiment"


def free_key(stem: str, taken: Collection[str]) -> str:
    """The stem, or the first free of `stem-2`, `stem-3` …"""
    keys = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return next(key for key in keys if key not in taken)


def name_stem(name: str) -> str:
    """What the names of copies begin with, for looking up which are taken: short enough for every suffix."""
    return re.sub(r" \(\d+\)$", "", name)[: NAME_MAX - _SUFFIX_MAX]


def copied_key_stem(key: str) -> str:
    """What the key of a copy begins with."""
    return re.sub(r"-\d+$", "", key)[: KEY_MAX - _SUFFIX_MAX]


def copy_name(name: str, taken: Collection[str]) -> str:
    """The first free of `name (2)`, `name (3)` …, never longer than a name may be."""
    base = re.sub(r" \(\d+\)$", "", name)
    suffixes = (f" ({number})" for number in range(2, len(taken) + 3))
    return next(n for suffix in suffixes if (n := base[: NAME_MAX - len(suffix)] + suffix) not in taken)
